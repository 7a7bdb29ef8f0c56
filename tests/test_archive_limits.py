"""An archive run that meets its limits, a full disk or a new column: it says so and stops."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from .archive_runs import execute, fill, moved, runs, start, state
from .conftest import end, eventually, run_json, scalar

CUTOFF = "2021-01-01"


@pytest.fixture
def small_disk(server: dict[str, str]) -> Iterator[Path]:
    """A file system of a few megabytes that the server may write to."""
    with psycopg.connect(**server, autocommit=True) as connection:  # type: ignore[arg-type]
        row = connection.execute("show data_directory").fetchone()
    data = Path(row[0] if row else "/nowhere")
    if not data.exists():
        pytest.skip("the server is not on this machine")
    root = Path(tempfile.mkdtemp(prefix="arami-test-"))
    root.chmod(0o711)
    disk = root / "disk"
    disk.mkdir()
    owner = data.stat()
    options = f"size=4m,mode=0700,uid={owner.st_uid},gid={owner.st_gid}"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("a file system of a given size can only be made as root")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
        disk.rmdir()
        root.rmdir()


def test_a_full_disk_fails_the_run_and_loses_nothing(database: str, small_disk: Path) -> None:
    fill(database, 2000)
    execute(
        database,
        "update daily_sessions set conversation_transcript ="
        " (select string_agg(md5(id::text || n), '') from generate_series(1, 100) as n)",
    )
    execute(database, f"create tablespace small location '{small_disk}'")
    try:
        execute(database, "alter table daily_sessions_archive set tablespace small")
        failed = end(start(database, "--before", CUTOFF, "--batch-size", "200"), 1)
        assert "53100" in failed.stderr
        assert "No space left on device" in failed.stderr
        archived = scalar(database, "select count(*) from daily_sessions_archive")
        assert 0 < archived < 2000
        assert state(database) == moved(archived, of=2000)
        assert runs(database) == [("archive", "failed")]
        execute(database, "alter table daily_sessions_archive set tablespace pg_default")
        end(start(database, "--before", CUTOFF))
        assert state(database) == moved(2000, of=2000)
    finally:
        execute(database, "alter table daily_sessions_archive set tablespace pg_default")
        execute(database, "drop tablespace small")


def test_a_column_that_appears_on_one_side_stops_the_run_on_both_it_moves_along(
    database: str,
) -> None:
    fill(database, 3000)
    process = start(database, "--before", CUTOFF, "--batch-size", "5")
    eventually("a batch", lambda: scalar(database, "select count(*) from audit.archive_batch"))
    execute(database, "alter table daily_sessions add column mood text default 'calm'")
    failed = end(process, 1)
    assert "column mood is text in public.daily_sessions" in failed.stderr
    told = " ".join(failed.stderr.split())
    assert "What was moved stays moved" in told
    assert "Nothing was moved" not in told  # batches before this one moved some
    archived = scalar(database, "select count(*) from daily_sessions_archive")
    assert 0 < archived < 3000
    assert state(database) == moved(archived, of=3000)
    [run] = run_json("archive", "history", "-d", database)["runs"]
    assert (run["outcome"], run["sessions"]) == ("failed", archived)
    execute(database, "update daily_sessions set mood = 'mood ' || id")
    execute(database, "alter table daily_sessions_archive add column mood text default 'calm'")
    end(start(database, "--before", CUTOFF))
    assert state(database) == moved(3000, of=3000)
    assert (
        scalar(database, "select count(*) from daily_sessions_archive where mood = 'mood ' || id")
        == 3000 - archived
    )
