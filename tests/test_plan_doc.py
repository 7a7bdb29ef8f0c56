"""docs/plan.md: every example is of the class it stands under, and safer ways are as shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from arami_db.database.connect import connect
from arami_db.files.split import split
from arami_db.plan.model import Observed
from tests.conftest import made
from tests.test_plan import observe, running, worst_of

PAGE = (Path(__file__).parents[1] / "docs" / "plan.md").read_text(encoding="utf-8")
TABLES, *EXAMPLES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
SECTIONS = re.findall(r"### `([\w-]+)`\n(.*?)(?=\n##)", PAGE, re.DOTALL)
SAFER = re.compile(r"(batches\$|not valid;)", re.IGNORECASE)


def cases() -> Iterator[tuple[str, str, str | None]]:
    """Each class, a migration, and the safer way that follows it."""
    for effect, text in SECTIONS:
        blocks = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
        for block, following in zip(blocks, [*blocks[1:], ""], strict=True):
            if not SAFER.search(block):
                yield effect, block, following if SAFER.search(following) else None


@pytest.fixture
def tables(server: dict[str, str]) -> Iterator[str]:
    """A database with the page's tables."""
    with made(server) as conninfo:
        with closing(connect(conninfo)) as connection:
            connection.execute(TABLES.encode())
        yield conninfo


def test_every_class_has_an_example() -> None:
    assert [effect for effect, _ in SECTIONS] == list(dict.fromkeys(e for e, *_ in cases()))
    assert sum(1 for *_, safer in cases() if safer) == len(EXAMPLES) - len(list(cases())) == 3


@pytest.mark.parametrize(("effect", "migration", "safer"), list(cases()))
def test_an_example_does_what_the_page_says(
    tables: str, tmp_path: Path, effect: str, migration: str, safer: str | None
) -> None:
    with running(tables) as run:
        found = observe(run, tmp_path / "002_example.sql", migration)
    worst: Observed = worst_of(found)
    assert worst.effect == effect
    if safer is not None:
        assert worst.safer
        assert plain(worst.safer) == plain(safer)


def plain(sql: str) -> list[str]:
    """The statements of a script, whatever their blanks and capitals."""
    return [re.sub(r"\s+", " ", one.text).lower() for one in split(sql)]
