"""Whether live and archive together hold the same rows after a run as before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from sys import intern

from psycopg.sql import SQL, Composed, Identifier

from arami_db.archive.selection import ARCHIVE, Selection, links
from arami_db.database.connect import AsyncConnection, query

_UNLOGGED = " (perhaps its user did it: the change log does not have this table)"

# By table and primary key: digest and session; a second digest of a row means a duplicate.
Digests = dict[tuple[str, str], list[tuple[int, str]]]


@dataclass(frozen=True)
class ChangedRow:
    """A row that differs.

    Attributes:
        table: the live table.
        id: its primary key.
        problem: what is wrong with it.
    """

    table: str
    id: str
    problem: str


@dataclass(frozen=True)
class Verification:
    """What live and archive hold together after a run, compared with before.

    Attributes:
        users: how many users were compared.
        rows: how many rows were compared.
        theirs: how many rows were edited or deleted meanwhile, according to the change log.
        differences: rows that differ without a change in that log.
    """

    users: int
    rows: int
    theirs: int
    differences: tuple[ChangedRow, ...]

    @property
    def text(self) -> str:
        """The result as it is shown and recorded."""
        what = f"{self.rows} rows of {self.users} users"
        if not self.differences:
            return f"{what} are as before ({self.theirs} changed by their users meanwhile)"
        first, number = self.differences[0], len(self.differences)
        return (
            f"{number} of {what} are not as before; the first, {first.table} {first.id},"
            f" {first.problem}"
        )


@dataclass(frozen=True)
class Before:
    """What some users had before a run.

    Attributes:
        users: their ids.
        since: later changes are the users' own; as text, which DateStyle does not affect.
        digests: the digest of every row.
    """

    users: list[str]
    since: str
    digests: Digests


async def look(connection: AsyncConnection, selection: Selection, most: int) -> Before:
    """Digest all rows of users who have sessions to move; pass it to ask().

    Args:
        connection: in a transaction.
        selection: what is to be moved.
        most: how many users at most, chosen at random.
    """
    values = {**selection.values, "most": most}
    cursor = await connection.execute(selection.sources("verify_users"), values)
    users, since = await cursor.fetchone() or ([], None)
    return Before(users, since, await _digests(connection, users))


async def compare(connection: AsyncConnection, before: Before) -> Verification:
    """Compare after the run: a difference is a change by a user, or an error."""
    after = await _digests(connection, before.users)
    found = dict(_differences(before.digests, after))
    # A deleted session takes its rows in other tables along; the log may name only the session.
    sessions = {place: before.digests[place][0][1] for place in found}
    cursor = await connection.execute(
        "select distinct row_id::text, operation from audit.change_log"
        " where occurred_at >= %s::timestamptz and row_id::text = any(%s)",
        [before.since, [*sessions.values(), *(key for _, key in found)]],
    )
    theirs = set(await cursor.fetchall())
    unlogged = {link.live for link in await links(connection, ARCHIVE) if not link.is_logged}
    left = tuple(
        ChangedRow(*place, problem + (_UNLOGGED if place[0] in unlogged else ""))
        for place, problem in found.items()
        if theirs.isdisjoint(
            [(place[1], "update"), (place[1], "delete"), (sessions[place], "delete")]
        )
    )
    return Verification(len(before.users), len(before.digests), len(found) - len(left), left)


def _differences(before: Digests, after: Digests) -> Iterator[tuple[tuple[str, str], str]]:
    """Rows that are missing, changed or duplicated; new rows were added by users."""
    for place, digests in before.items():
        if place not in after:
            yield place, "is gone"
        elif len(after[place]) > len(digests):
            yield place, "is there twice"
        elif after[place] != digests:
            yield place, "has changed"


async def _digests(connection: AsyncConnection, users: list[str]) -> Digests:
    found: Digests = {}
    for link in await links(connection, ARCHIVE):
        for table, session, user, source in (
            (link.source, link.source_session, link.source_user, "daily_sessions"),
            (link.target, link.target_session, link.target_user, "daily_sessions_archive"),
        ):
            columns = _of_row(
                link.columns if link.source != link.target else [*link.columns, session]
            )
            whole = SQL("hashtextextended(row({})::text, 0)").format(columns)
            asking = SQL(query("verify_rows")).format(
                key=_of_row(link.keys) if link.keys else whole,
                columns=columns,
                child=SQL(table),
                sessions=Identifier("public", source),
                belongs=link.belongs(session, user),
            )
            cursor = await connection.execute(asking, {"users": users})
            async for key, digest, of_session in cursor:
                found.setdefault((link.live, key), []).append((digest, intern(of_session)))
    return found


def _of_row(names: list[str]) -> Composed:
    return SQL(", ").join(Identifier("c", name) for name in names)
