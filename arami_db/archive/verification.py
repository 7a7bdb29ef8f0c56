"""Whether live and archive together answer after a run as before it, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from sys import intern

from psycopg.sql import SQL, Composed, Identifier

from arami_db.archive.selection import ARCHIVE, Selection, links
from arami_db.database.connect import AsyncConnection, query

_UNLOGGED = " (perhaps its user did it: the change log does not have this table)"

# By table and primary key: digest and session; two of a row are one too many, where there was one.
Digests = dict[tuple[str, str], list[tuple[int, str]]]


@dataclass(frozen=True)
class ChangedRow:
    """A row that is not as it was.

    Attributes:
        table: the live one.
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
        users: of so many everything was looked at.
        rows: so many rows.
        theirs: so many that the change log says were edited or deleted meanwhile.
        differences: those that nobody changed.
    """

    users: int
    rows: int
    theirs: int
    differences: tuple[ChangedRow, ...]

    @property
    def text(self) -> str:
        """As it is shown and recorded."""
        what = f"{self.rows} rows of {self.users} users"
        if not self.differences:
            return f"{what} answer as before ({self.theirs} changed by their users meanwhile)"
        first, number = self.differences[0], len(self.differences)
        return (
            f"{number} of {what} do not answer as before; the first, {first.table} {first.id},"
            f" {first.problem}"
        )


@dataclass(frozen=True)
class Before:
    """What some users had before a run.

    Attributes:
        users: their ids.
        since: changes from then on are theirs; as text, which DateStyle does not touch.
        digests: of every row.
    """

    users: list[str]
    since: str
    digests: Digests


async def look(connection: AsyncConnection, selection: Selection, most: int) -> Before:
    """Digest what users have who have something to move; ask it with ask().

    Args:
        connection: in a transaction.
        selection: what is to move.
        most: so many users, at random.
    """
    values = {**selection.values, "most": most}
    cursor = await connection.execute(selection.sources("verify_users"), values)
    users, since = await cursor.fetchone() or ([], None)
    return Before(users, since, await _digests(connection, users))


async def compare(connection: AsyncConnection, before: Before) -> Verification:
    """Look again, after the run: a difference is the users' own, or one that there must not be."""
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
    """Rows that are gone, changed or there twice; those that are new are their users'."""
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
