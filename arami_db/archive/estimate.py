"""What a run would move, and what would make it refuse; nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from psycopg.sql import SQL, Identifier, Literal

from arami_db.archive.model import Estimate, Obstacle
from arami_db.archive.selection import Selection
from arami_db.database.connect import AsyncConnection, query
from arami_db.errors import BatchError

_SESSIONS = "public.daily_sessions"
# Bytes of WAL for each byte and each row that moves, with their indexes, as measured with short,
# long and few very long transcripts; full pages after checkpoints come on top.
_WAL_OF_A_BYTE, _WAL_OF_A_ROW = 1.1, 510


class ObstacleError(BatchError):
    """Something in the catalog makes every batch fail; nothing was moved."""

    sqlstate = "55000"

    def __init__(self, found: Sequence[Obstacle]) -> None:
        """Name everything that was found."""
        self.obstacles = found
        super().__init__(
            "nothing was moved: this database has what moving sessions would change or leave"
            " behind\n" + "\n".join(f"  {obstacle}" for obstacle in found),
            hint="docs/operations.md says how tables and triggers of an application go along.",
        )


async def obstacles(connection: AsyncConnection, kind: str) -> list[Obstacle]:
    """What would make every batch fail; ask it in unfiltered()."""
    cursor = await connection.execute(
        "select object, problem, remedy from audit.archive_obstacles(%s)", [kind]
    )
    return [Obstacle(*row) async for row in cursor]


async def estimate(connection: AsyncConnection, selection: Selection) -> Estimate:
    """What there is to move, how much that takes, and what is in the way; ask in unfiltered()."""
    await connection.execute("set transaction read only")
    cursor = await connection.execute(selection.sources("movable_estimate"), selection.values)
    sessions, oldest, newest, seconds = await cursor.fetchone() or (0, None, None, None)
    rows, size, indexes = Counter[str](), 0.0, 0.0
    for live, number, stored, indexed in await _tables(connection, selection):
        rows[live] += number
        size += stored
        indexes += indexed
    wal = size * _WAL_OF_A_BYTE + rows.total() * _WAL_OF_A_ROW
    del rows[_SESSIONS]
    return Estimate(
        selection,
        sessions,
        dict(+rows),
        round(size),
        oldest,
        newest,
        seconds,
        wal=round(wal),
        disk=round(size + indexes),
        obstacles=tuple(await obstacles(connection, selection.kind)),
        unknown=await selection.unknown(connection),
    )


async def _tables(
    connection: AsyncConnection, selection: Selection
) -> list[tuple[str, int, float, float]]:
    """Of each table that moves along: its live name, rows, bytes, and bytes of indexes."""
    cursor = await connection.execute(query("movable_links"), {"kind": selection.kind})
    found = []
    for live, schema, table, oid, session, columns in await cursor.fetchall():
        sizes = [
            SQL("coalesce(pg_column_size({}), 0)").format(Identifier("c", name)) for name in columns
        ]
        counting = SQL(query("movable_rows")).format(
            sessions=Identifier("public", selection.source),
            child=Identifier(schema, table),
            id=Literal(oid),
            session=Identifier(session),
            size=SQL(" + ").join([SQL("28"), *sizes]) if sizes else SQL("0"),
        )
        row = await (await connection.execute(counting, selection.values)).fetchone()
        found.append((live, *(row or (0, 0.0, 0.0))))
    return found
