"""Adopting a database that was made by hand."""

from __future__ import annotations

import json

from arami_db import ledger
from arami_db.adopt.entries import Adopted, enter, write
from arami_db.database.connect import Connection, query
from arami_db.errors import LedgerError, UsageError
from arami_db.files import SqlFile, SqlTree
from arami_db.files.objects import objects_of
from arami_db.files.script import load_all
from arami_db.runner.locked import locked
from arami_db.runner.session import Session

_SHOWN = 20


def baseline(session: Session, tree: SqlTree, version: int) -> tuple[Adopted, ...]:
    """Enter all migrations up to a version as applied, without running them.

    Args:
        session: the database, the options and the report.
        tree: the SQL files.
        version: the last migration the database already holds.

    Returns:
        What was entered; nothing when the same baseline is there already.

    Raises:
        UsageError: there is no such version.
        LedgerError: the ledger has other rows, or objects of the migrations are missing.
    """
    files = tuple(file for file in tree.migrations if file.version <= version)
    if version not in {file.version for file in files}:
        raise UsageError(f"no migration {version} in {tree.root / 'migrations'}")
    with locked(session) as runner:
        state = ledger.read(runner.connection)
        if _is_done(state, files):
            return ()
        _require_objects(runner.connection, files)
        if not state.exists:
            ledger.create(runner.connection)
        steps = [step for f in files for step in enter(f, origin="baseline", event="baselined")]
        write(runner.connection, steps)
    return tuple(Adopted("baselined", file.label) for file in files)


def _is_done(state: ledger.Ledger, files: tuple[SqlFile, ...]) -> bool:
    """Whether this very baseline is there; refuse any other ledger."""
    rows = {key: row.checksum for key, row in state.rows.items() if key[0] == "migration"}
    if not rows:
        return False
    if rows == {(file.kind, file.version): file.checksum for file in files}:
        return True
    latest = max(number for _, number in rows)
    raise LedgerError(
        f"the ledger already holds {len(rows)} migrations, up to {latest}",
        hint="A baseline is for a database without a ledger; use `arami-db migrate`,"
        " or `arami-db repair --applied N` for single versions.",
    )


def _require_objects(connection: Connection, files: tuple[SqlFile, ...]) -> None:
    expected = objects_of(load_all(files))
    missing = connection.execute(
        query("missing_objects"),
        {
            "kinds": [o.kind for o in expected],
            "tables": [o.table for o in expected],
            "names": [o.label for o in expected],
            "types": [json.dumps(o.types) for o in expected],
        },
    ).fetchall()
    if not missing:
        return
    lines = [f"{kind} {table + ': ' if table else ''}{name}" for kind, table, name in missing]
    if len(lines) > _SHOWN:
        lines = [*lines[:_SHOWN], f"and {len(lines) - _SHOWN} more"]
    raise LedgerError(
        f"this database does not hold what those migrations create; {len(missing)} of"
        f" {len(expected)} objects are missing:\n  " + "\n  ".join(lines),
        hint="Create them, or name an earlier version.",
    )
