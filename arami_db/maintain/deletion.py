"""Deleting old rows of the record, batch by batch, and recording the deletion.

Each batch of rows is its own transaction, which also records in audit.archive_run how much is
deleted so far: a log that could be shortened without a trace would prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from arami_db import ledger
from arami_db.database.connect import Connection, query
from arami_db.database.execute import no_time_limit
from arami_db.errors import BatchError

AGAIN = "What was deleted before is recorded and stays deleted; run it again to continue."
_SIZE = 10_000  # rows a transaction: about a tenth of a second
_CHANGES, _BATCHES = "audit.change_log", "audit.archive_batch"

Progress = Callable[[str, int, int], None]


class Deletion:
    """One run of the deletion.

    Attributes:
        run_id: its row.
        at: the current table.
        deleted: rows deleted and committed so far, by table.
    """

    def __init__(
        self, connection: Connection, cutoff: str, on_progress: Progress, rows: dict[str, int]
    ) -> None:
        """Prepare."""
        self._connection, self._cutoff = connection, cutoff
        self._on_progress, self._rows = on_progress, rows
        self.run_id = 0
        self.at = "audit.archive_run"
        self.deleted = dict.fromkeys(rows, 0)

    def run(self) -> None:
        """Delete batch after batch until nothing is left."""
        with transaction(self._connection):
            values = {"cutoff": self._cutoff, "message": self.message, **ledger.actor()}
            row = self._connection.execute(query("retention_begin"), values).fetchone()
            assert row is not None  # noqa: S101
            self.run_id = row[0]
        self._adopt()
        self._table(_BATCHES, "retention_batches")
        self._table(_CHANGES, "retention_changes")
        with transaction(self._connection):
            self._record("done", self.deleted)

    @property
    def message(self) -> str:
        """How much is deleted, as text."""
        return _message(self.deleted)

    def _adopt(self) -> None:
        self.at = _BATCHES
        adopted = 1
        while adopted:
            with self._alone():
                values = {"cutoff": self._cutoff}
                adopted = self._connection.execute(query("retention_adopt"), values).rowcount

    def _table(self, table: str, name: str) -> None:
        self.at = table
        picked, since = _SIZE, "-infinity"
        while picked == _SIZE:
            values = {"cutoff": self._cutoff, "size": _SIZE, "since": since}
            with self._alone():
                picked, gone, last = self._connection.execute(query(name), values).fetchone() or ()
                if gone != picked:
                    raise BatchError(
                        f"{table}: {picked - gone} of {picked} rows stay: a trigger or a rule of"
                        " the application keeps them",
                        hint=AGAIN,
                    )
                deleted = {**self.deleted, table: self.deleted[table] + gone}
                self._record("stopped early", deleted)
            self.deleted = deleted
            since = last or since
            self._on_progress(table, deleted[table], self._rows[table])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """A transaction that locks out other deletions and changes of a run."""
        with transaction(self._connection):
            self._connection.execute("lock table audit.archive_run in share row exclusive mode")
            yield

    def _record(self, outcome: str, deleted: dict[str, int]) -> None:
        values = {"run_id": self.run_id, "outcome": outcome, "message": _message(deleted)}
        self._connection.execute(query("retention_record"), values)


def _message(deleted: dict[str, int]) -> str:
    return f"deleted {deleted[_CHANGES]} changes and {deleted[_BATCHES]} batches"


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """A transaction with our own settings; rows that row level security hides are an error."""
    limits = (
        "set local timezone = 'UTC'",
        "set local row_security = off",
        "set local lock_timeout = '5s'",
        "set local statement_timeout = 0",
        *no_time_limit(connection),
    )
    with connection.transaction():
        connection.execute("; ".join(limits).encode())
        yield
