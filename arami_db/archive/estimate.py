"""What a run would move, and why it would refuse to; nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.sql import SQL, Composable, Identifier, Literal

from arami_db.archive.selection import Selection, links
from arami_db.database.connect import AsyncConnection, query
from arami_db.errors import BatchError

_SESSIONS = "public.daily_sessions"
_SAMPLE = 100_000  # sessions
# Bytes of WAL for each byte and each row that moves, with their indexes, as measured with short,
# long and few very long transcripts; full pages after checkpoints come on top.
_WAL_OF_A_BYTE, _WAL_OF_A_ROW = 1.1, 510


@dataclass(frozen=True)
class ArchiveObstacle:
    """Something in the catalog that makes every batch fail.

    Attributes:
        object: which trigger, rule, column or foreign key.
        problem: what it would do.
        remedy: how to fix it.
    """

    object: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """All three, as text."""
        return f"{self.object}: {self.problem}. {self.remedy}"


@dataclass(frozen=True)
class Estimate:
    """What a run would move, from counts and a sample; nothing was written.

    Attributes:
        selection: what would be moved.
        sessions: how many sessions would move.
        rows: the rows that would move with them, by live table.
        bytes: the size of all of that as stored, without indexes; from a sample.
        oldest, newest: created_at of the first and the last of them; None when there is none.
        seconds: how long it would take at the rate of past runs; None without past runs.
        wal: bytes that will be written to the WAL, roughly.
        disk: bytes that the target tables will grow by, indexes included; the source tables free
            none before they are vacuumed, and then only for new rows of their own.
        obstacles: why a run would refuse.
        unknown: what a restore names that is not in the archive, and why.
    """

    selection: Selection
    sessions: int
    rows: dict[str, int]
    bytes: int
    oldest: str | None
    newest: str | None
    seconds: float | None
    wal: int
    disk: int
    obstacles: tuple[ArchiveObstacle, ...]
    unknown: tuple[str, ...]


class ObstacleError(BatchError):
    """An object in the catalog makes every batch fail; nothing was moved."""

    sqlstate = "55000"

    def __init__(self, found: Sequence[ArchiveObstacle]) -> None:
        """Name every obstacle."""
        self.obstacles = found
        super().__init__(
            "nothing was moved: sessions cannot be archived or restored completely here\n"
            + "\n".join(f"  {obstacle}" for obstacle in found),
            hint="docs/operations.md says how an application's tables and triggers move with them.",
        )


async def obstacles(connection: AsyncConnection, kind: str) -> list[ArchiveObstacle]:
    """What would make every batch fail."""
    cursor = await connection.execute(
        "select object, problem, remedy from audit.archive_obstacles(%s)", [kind]
    )
    return [ArchiveObstacle(*row) async for row in cursor]


async def estimate(connection: AsyncConnection, selection: Selection) -> Estimate:
    """How much there is to move, what that costs, and the obstacles."""
    await connection.execute("set transaction read only")
    cursor = await connection.execute(selection.sources("movable_estimate"), selection.values)
    sessions, oldest, newest, seconds = await cursor.fetchone() or (0, None, None, None)
    rows, size, indexes = Counter[str](), 0.0, 0.0
    share = min(1.0, _SAMPLE / max(sessions, 1))
    for live, number, stored, indexed in await _tables(connection, selection, share):
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
    connection: AsyncConnection, selection: Selection, share: float
) -> list[tuple[str, int, float, float]]:
    """Each table that moves with the sessions: its live name, rows, bytes, and bytes of indexes."""
    values = {**selection.values, "share": share}
    found = []
    for link in await links(connection, selection.kind):
        sizes: list[Composable] = [SQL("0")]
        if link.source != link.target:  # else rows stay where they are
            columns = [Identifier("c", name) for name in link.columns]
            sizes = [SQL("coalesce(pg_column_size({}), 0)").format(name) for name in columns]
            sizes.append(SQL("28"))
        counting = SQL(query("movable_rows")).format(
            sessions=Identifier("public", selection.source),
            child=SQL(link.source),
            name=Literal(link.source),
            belongs=link.belongs(link.source_session, link.source_user),
            size=SQL(" + ").join(sizes),
        )
        row = await (await connection.execute(counting, values)).fetchone()
        found.append((link.live, *(row or (0, 0.0, 0.0))))
    return found
