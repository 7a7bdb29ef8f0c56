"""Writing the ledger without running a file."""

from __future__ import annotations

from dataclasses import dataclass

from arami_db import ledger
from arami_db.database.connect import Connection, query
from arami_db.database.execute import Step, run_each
from arami_db.files import SqlFile


@dataclass(frozen=True)
class Adopted:
    """A change of the ledger: "baselined", "repaired" or "forgotten", and to which file."""

    what: str
    label: str


def write(connection: Connection, steps: list[Step]) -> None:
    """Run the runner's own statements in one transaction."""
    with connection.transaction():
        run_each(connection, steps)


def enter(file: SqlFile, *, origin: str, event: str, message: str | None = None) -> list[Step]:
    """The statements that enter a file as applied."""
    return [ledger.claim(file, origin), ledger.event(event, file, message=message)]


def forget(kind: str, version: int) -> Step:
    """The statement that takes a version out of the ledger; the history keeps it."""
    return Step(query("ledger_forget"), {"kind": kind, "version": version, **ledger.actor()})
