"""Values with which a row passes the checks of its table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from arami_db.database.connect import Connection
from arami_db.policies.catalog import Catalog
from arami_db.policies.expressions.tree import TRUE, Expr, joined, literal
from arami_db.policies.resolution.checks import checks_of
from arami_db.policies.search.backtracking import Search
from arami_db.policies.search.evaluator import Evaluator
from arami_db.policies.search.goals import Goal
from arami_db.policies.search.places import ROW
from arami_db.policies.search.worlds import CaseWorld
from arami_db.rows.tables import Table

_WORLDS = 24  # measured for one row


def valid(
    connection: Connection,
    catalog: Catalog,
    table: Table,
    given: Mapping[str, str | None],
    unlike: Iterable[Mapping[str, str | None]],
) -> dict[str, str | None]:
    """Values for the columns that a table's checks read, with which none of them is false.

    Args:
        connection: in a transaction.
        catalog: of the database.
        table: the table.
        given: columns that have a value already.
        unlike: columns of keys with values, one of which must be another.

    Returns:
        The values by column, those given among them; empty where none were found.
    """
    server, env = Evaluator(connection, catalog.tables), {table.name: ROW}
    checks = [Expr("test", "not false", (check,)) for check, _ in checks_of(table, catalog)]
    others = [
        joined("or", tuple(_differs(table, name, value) for name, value in row.items()))
        for row in unlike
        if row and None not in row.values()
    ]
    goals: list[Goal] = [(part, env) for part in (*checks, *others)]
    begin = CaseWorld({ROW: table}, {(ROW, name): value for name, value in given.items()})
    for _, world in zip(range(_WORLDS), Search(server).worlds(begin, goals), strict=False):
        if server.is_true(TRUE, world, (*checks, *others)):
            return world.row(ROW)
    return {}


def _differs(table: Table, name: str, value: str | None) -> Expr:
    return Expr("op", "<>", (Expr("column", path=(table.name, name)), literal(value)))
