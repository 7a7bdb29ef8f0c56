"""Migrations that `supabase db push` has applied, and that the ledger does not have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arami_db.database.connect import query
from arami_db.errors import LedgerError
from arami_db.files.exported import Header, headers
from arami_db.ledger.plan import Entry, Plan

if TYPE_CHECKING:
    from arami_db.database.connect import Connection
    from arami_db.files import SqlFile
    from arami_db.runner.session import Session

_TABLE = "supabase_migrations.schema_migrations"


@dataclass(frozen=True)
class _Row:
    """One of the Supabase CLI's ledger."""

    name: str | None
    has_statements: bool
    headers: tuple[Header, ...]


def refuse_pushed(session: Session, plan: Plan, pending: Sequence[SqlFile]) -> None:
    """Refuse to run what the Supabase CLI says it has applied.

    Args:
        session: the database, and the report.
        plan: all files beside the ledger.
        pending: the files to run.

    Raises:
        LedgerError: names them, and the baseline that enters them.
    """
    waiting = {file.version for file in pending if file.kind == "migration"}
    if not waiting or (rows := _read(session)) is None:
        return
    entries = [entry for entry in plan.entries if entry.kind == "migration" and entry.file]
    pushed = _pushed(rows, [entry.file for entry in entries if entry.file])
    found = [entry for entry in entries if entry.version in waiting & pushed]
    if not found:
        return
    which = found[0].label if len(found) == 1 else f"{found[0].label} to {found[-1].label}"
    number = f" ({len(found)} of them)" if len(found) > 2 else ""
    raise LedgerError(
        f"the Supabase CLI has applied {which}{number} here, as {_TABLE} says, and the ledger of"
        f" arami-db does not have {'it' if len(found) == 1 else 'them'}",
        hint=_way_out(entries, pushed),
    )


def _read(session: Session) -> list[_Row] | None:
    connection: Connection = session.connection
    found = connection.execute(query("supabase_ledger")).fetchone()
    if found is None:
        return None
    if not found[0]:
        session.report.note(
            f"{_TABLE} is there, and this role may not read it: where `supabase db push` applied"
            " these files, `arami-db baseline N` enters them"
        )
        return None
    return [
        _Row(name, has_statements, tuple(headers("\n".join(lines))))
        for name, has_statements, lines in connection.execute(query("supabase_pushed"))
    ]


def _pushed(rows: Sequence[_Row], files: Sequence[SqlFile]) -> set[int]:
    """The versions of the files that rows are known to hold.

    Rows without statements have only a name, which another migration may have as well: they count
    where the files from the first on are all there.
    """
    lines = [line for row in rows for line in row.headers if line.kind == "migration"]
    pushed = {file.version for file in files if _holds(lines, file)}
    names = {row.name for row in rows if not row.has_statements}
    for file in files:
        if file.version not in pushed and file.name not in names:
            break
        pushed.add(file.version)
    return pushed


def _holds(lines: Sequence[Header], file: SqlFile) -> bool:
    """Whether all parts of a file are there: as it is, or as it was before it was edited."""
    own = [
        line
        for line in lines
        if line.checksum == file.checksum or (line.version, line.name) == (file.version, file.name)
    ]
    return bool(own) and len({line.part for line in own}) >= own[-1].parts


def _way_out(entries: Sequence[Entry], pushed: set[int]) -> str:
    """The baseline up to the last migration before which none is missing."""
    last = None
    for entry in entries:
        if entry.row is None and entry.version not in pushed:
            break
        last = entry if entry.version in pushed else last
    if last is None or last.row is not None:
        missing = next(e for e in entries if e.row is None and e.version not in pushed)
        return (
            f"{missing.label} is missing among them: let `supabase db push` apply it, then enter"
            " them with `arami-db baseline N`."
        )
    return (
        f"Enter what is there, which runs nothing: arami-db baseline {last.version}\n      Then"
        " `arami-db migrate` goes on. docs/supabase.md says when to use which tool."
    )
