"""A command of a warm process does what a command with its own Python start does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import warm
from tests.conftest import LIMIT, clean_environment, start_cli

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (0, ["--version"]),
        (0, ["migrate", "--help"]),
        (2, ["no-such-command"]),
        (2, ["status"]),
        (7, ["status", "-d", "host=127.0.0.1 port=1", "--format", "json"]),
    ],
)
def test_it_says_and_returns_what_a_process_of_its_own_does(
    code: int, arguments: list[str]
) -> None:
    cold = start_cli(*arguments)
    said = cold.communicate(timeout=LIMIT)
    found = warm.run(arguments, clean_environment(), LIMIT)
    assert (found.returncode, found.stdout, found.stderr) == (code, *said)
    assert cold.returncode == code


def test_it_has_an_environment_and_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "arami-db.toml").write_text('lock-timeout = "soon"\n')
    monkeypatch.chdir(tmp_path)
    wrong = warm.run(["config"], clean_environment(), LIMIT)
    assert (wrong.returncode, "arami-db.toml" in wrong.stderr) == (2, True)
    monkeypatch.chdir("/")
    named = {"DATABASE_URL": "host=127.0.0.1 port=1 dbname=of_one_call"}
    assert "of_one_call" in warm.run(["config"], clean_environment(**named), LIMIT).stdout
    assert "of_one_call" not in warm.run(["config"], clean_environment(), LIMIT).stdout
