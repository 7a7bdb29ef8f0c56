"""Erasing a person: all rows about them in one transaction, which proves that none is left."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from psycopg.sql import SQL, Identifier

from arami_db.database.backoff import backoff
from arami_db.database.connect import Connection, query
from arami_db.errors import LockBusyError, PlatformError
from arami_db.userdata.conditions import Conditions, source
from arami_db.userdata.finding import find, unknown
from arami_db.userdata.model import Holdings, UserTable
from arami_db.userdata.removing import remove
from arami_db.userdata.transaction import BUSY, changing, record, require_record

_TRIES = 4
_FILES = (
    "Delete these files first, through the API of Supabase Storage: SQL would delete what is known"
    " of them and leave the files."
)


@dataclass(frozen=True)
class Change:
    """What became of one table's rows.

    Attributes:
        table: schema and name.
        deleted: rows that went, triggers' and cascades' included.
        changed: rows that stay, without what referred to the person.
    """

    table: str
    deleted: int
    changed: int


@dataclass(frozen=True)
class Erased:
    """What was erased, or would be.

    Attributes:
        record: the number of its row in audit.user_data_run; None where nothing was done.
        tables: those that changed.
        proved: how many tables were asked in the end, and have no row about the person.
        not_looked_into: tables that this role may not read and no key reaches.
    """

    record: int | None
    tables: tuple[Change, ...]
    proved: int
    not_looked_into: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many rows went."""
        return sum(change.deleted for change in self.tables)


def erase(
    connection: Connection,
    person: str,
    *,
    lock_timeout: str,
    note: Callable[[str], None],
    dry: bool = False,
) -> Erased:
    """Erase a person, or find out what that would do by doing it and rolling it back.

    Args:
        connection: an idle one, of a role that sees all rows and may delete them.
        person: the id of a user.
        lock_timeout: how long to wait for a lock that somebody else holds, as Postgres takes it.
        note: told when it is tried again.
        dry: whether it is rolled back.

    Raises:
        PendingError: the tables are not there.
        PlatformError: this role may not see or do what is needed.
        LockBusyError: somebody held a lock on these rows all the time.
        AramiError: nobody has this id; rows are not only this person's; a trigger keeps rows.
        ConnectionFailedError: the connection broke.
    """
    require_record(connection)
    for failures in range(_TRIES):
        try:
            with changing(connection, lock_timeout=lock_timeout, undone=dry):
                return _erase(connection, person, dry=dry)
        except BUSY as error:
            if failures == _TRIES - 1:
                raise LockBusyError(
                    f"somebody holds a lock on this person's rows: {error.diag.message_primary}",
                    hint="Nothing was erased. Run it again; `arami-db monitor locks` shows who.",
                ) from error
            pause = backoff(failures)
            note(f"{error.diag.message_primary}; trying again in {pause:.1f} s")
            time.sleep(pause)
    raise AssertionError


def _erase(connection: Connection, person: str, *, dry: bool) -> Erased:
    before = _counted(connection)
    find(connection)  # says what this role lacks, before a lock does in fewer words
    _lock(connection, person)
    holdings = find(connection)
    _require_no_files(connection, Conditions(holdings, person))
    conditions = Conditions(holdings, person, erasing=True)
    elsewhere = _counted_elsewhere(connection, conditions)
    lines = {**remove(connection, conditions), **elsewhere}
    changes = _changes(_counted(connection) - before, holdings, lines)
    if not changes:
        raise unknown(Conditions(holdings, person))
    rows = sum(change.deleted for change in changes)
    number = None if dry else record(connection, "erase", tables=len(changes), rows=rows)
    unseen = tuple(str(table) for table in holdings.claimed if not table.is_readable)
    return Erased(number, changes, len(holdings.asked), unseen)


def _lock(connection: Connection, person: str) -> None:
    """Hold login and profile, so that nobody adds rows that refer to them meanwhile."""
    may_lock = "coalesce(has_table_privilege(to_regclass(%s), 'update'), false)"
    for name in ("auth.users", "public.users"):
        [(may,)] = connection.execute(f"select {may_lock}".encode(), [name]).fetchall()
        if may:
            schema, table = name.split(".")
            statement = SQL("select 1 from {} where id = %s for update")
            connection.execute(statement.format(Identifier(schema, table)), [person])


def _require_no_files(connection: Connection, conditions: Conditions) -> None:
    """Refuse to delete what is known of files that SQL cannot delete.

    Raises:
        PlatformError: there are such.
    """
    for table in (t for t in conditions.holdings.asked if t.is_outside):
        count = SQL("select count(*) from {} where {}")
        asked_of = count.format(source(table, "a"), conditions.theirs(table))
        [(rows,)] = connection.execute(asked_of).fetchall()
        if rows:
            raise PlatformError(f"{table} has {rows} rows of this person", hint=_FILES)


def _counted(connection: Connection) -> Counter[tuple[int, str]]:
    """How many rows this connection has deleted and changed, by table, as the server counts.

    Cascades and triggers are in it; and so is what a transaction just before did, for a while.
    """
    found = Counter[tuple[int, str]]()
    for relation, deleted, changed in connection.execute(query("userdata_changes")).fetchall():
        found.update({(relation, "deleted"): deleted, (relation, "changed"): changed})
    return found


def _counted_elsewhere(connection: Connection, conditions: Conditions) -> dict[UserTable, int]:
    """How many rows about the person workers have, whose servers count for themselves."""
    asked = [t for t in conditions.holdings.asked if t.is_distributed]
    counts = dict[UserTable, int]()
    for table in asked:
        count = SQL("select count(*) from {} where {}")
        own = conditions.says_theirs(table) if table.is_log else conditions.theirs(table)
        [(counts[table],)] = connection.execute(count.format(source(table, "a"), own)).fetchall()
    return counts


def _changes(
    counted: Counter[tuple[int, str]], holdings: Holdings, lines: Mapping[UserTable, int]
) -> tuple[Change, ...]:
    """What became of which tables; of a log, lines that came and went meanwhile do not count."""
    changes = [
        Change(
            str(table),
            lines.get(table, counted[table.oid, "deleted"]),
            counted[table.oid, "changed"],
        )
        for table in holdings.tables.values()
    ]
    return tuple(change for change in changes if change.deleted or change.changed)
