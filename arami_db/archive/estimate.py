"""What a run would move, and what would make it refuse; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.sql import SQL, Identifier

from arami_db.archive.model import Estimate
from arami_db.archive.selection import Selection
from arami_db.database.connect import AsyncConnection, query
from arami_db.errors import BatchError


@dataclass(frozen=True)
class Obstacle:
    """Something in the catalog that makes every batch fail.

    Attributes:
        object: which trigger, rule, column or foreign key.
        problem: what it would do.
        remedy: the way out.
    """

    object: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """All three, for people."""
        return f"{self.object}: {self.problem}. {self.remedy}"


class ObstacleError(BatchError):
    """Something in the catalog makes every batch fail; nothing was moved."""

    sqlstate = "55000"

    def __init__(self, found: list[Obstacle]) -> None:
        """Name everything that was found."""
        self.obstacles = found
        super().__init__(
            "nothing was moved: this database has what moving sessions would change or leave"
            " behind\n" + "\n".join(f"  {obstacle}" for obstacle in found),
            hint="docs/operations.md says how tables and triggers of an application go along.",
        )


async def obstacles(connection: AsyncConnection, kind: str) -> None:
    """Look whether a run could move anything at all.

    Args:
        connection: in unfiltered().
        kind: "archive" or "restore".

    Raises:
        ObstacleError: it could not.
    """
    cursor = await connection.execute(
        "select object, problem, remedy from audit.archive_obstacles(%s)", [kind]
    )
    if found := [Obstacle(*row) async for row in cursor]:
        raise ObstacleError(found)


async def estimate(connection: AsyncConnection, selection: Selection) -> Estimate:
    """What there is to move, and how long that may take; ask it in unfiltered()."""
    await connection.execute("set transaction read only")
    cursor = await connection.execute(selection.sources("movable_estimate"), selection.values)
    sessions, size, oldest, newest, seconds = await cursor.fetchone() or (0, 0, None, None, None)
    rows: dict[str, int] = {}
    cursor = await connection.execute(query("movable_links"), {"kind": selection.kind})
    for live, schema, table, session in await cursor.fetchall():
        counting = SQL(query("movable_rows")).format(
            sessions=Identifier("public", selection.source),
            child=Identifier(schema, table),
            session=Identifier(session),
        )
        found = await (await connection.execute(counting, selection.values)).fetchone()
        number, bytes_each = found or (0, 0)
        size += number * bytes_each
        if number:
            rows[live] = rows.get(live, 0) + number
    return Estimate(
        selection.kind, selection.cutoff, selection.text,
        sessions, rows, round(size), oldest, newest, seconds,
    )  # fmt: skip
