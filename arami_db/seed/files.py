"""Seed files: development data, safe to insert again."""

from __future__ import annotations

from psycopg import errors

from arami_db import ledger
from arami_db.database.connect import Connection, query
from arami_db.errors import UsageError
from arami_db.files import SqlFile, SqlTree
from arami_db.files.script import Script, load_all
from arami_db.runner.apply import Runner
from arami_db.runner.locked import locked
from arami_db.runner.session import Applied, Session
from arami_db.runner.steps import transaction
from arami_db.seed.recipe import SPAN


def select(tree: SqlTree, names: list[str]) -> tuple[SqlFile, ...]:
    """The seeds by name (test_user), number (1) or both (001_test_user), in order of number.

    Args:
        tree: the SQL directory.
        names: what to look for; empty for all.

    Raises:
        UsageError: no seed has that name.
    """
    chosen: set[int] = set()
    for wanted in names:
        stem = wanted.removesuffix(".sql")
        found = [
            f
            for f in tree.seeds
            if stem in {f.name, f.path.stem} or stem.lstrip("0") == str(f.version)
        ]
        if not found:
            known = ", ".join(file.path.stem for file in tree.seeds) or "none"
            raise UsageError(f"no seed is called {wanted!r}; there is {known}")
        chosen.update(file.version for file in found)
    return tuple(file for file in tree.seeds if not names or file.version in chosen)


def other_users(connection: Connection, tree: SqlTree) -> int:
    """How many users the database holds that no seed speaks of; 0 where there is no such table."""
    seeds = "\n".join(file.text.lower() for file in tree.seeds)
    try:
        row = connection.execute(query("other_users"), {"seeds": seeds, **SPAN}).fetchone()
    except (errors.UndefinedTable, errors.UndefinedColumn):
        return 0
    return int(row[0]) if row else 0


def seed(session: Session, seeds: tuple[SqlFile, ...]) -> tuple[Applied, ...]:
    """Run seeds in order, each in a transaction of its own, not beside a migration run.

    Args:
        session: the database, the options and the report.
        seeds: the files.

    Raises:
        RefusedFileError: a seed cannot be run as it stands; nothing was run.
        FileFailedError: a statement failed; the seeds before it are in.
        LockBusyError, ConnectionFailedError: as they say.
    """
    scripts = load_all(seeds)
    if not scripts:
        return ()
    with locked(session) as runner:
        session.report.plan(len(scripts))
        recorded = ledger.read(runner.connection).exists
        return tuple(_run(runner, script, recorded=recorded) for script in scripts)


def _run(runner: Runner, script: Script, *, recorded: bool) -> Applied:
    event = [ledger.event("applied", script.file)] if recorded else []
    steps = transaction(runner.begin(durable=True), script, last=event)
    with runner.remembering([script]):
        return runner.attempt(script, lambda: runner.send(script, steps))
