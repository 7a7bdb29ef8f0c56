"""A first run into a database that is somebody else's already."""

from __future__ import annotations

from arami_db.database.connect import Connection, query
from arami_db.errors import UsageError
from arami_db.files import SqlTree

_SHOWN = 10


def refuse_foreign_tables(connection: Connection, tree: SqlTree) -> None:
    """Refuse to begin in a database that holds tables which no file makes.

    Args:
        connection: to a database without any migration in its ledger.
        tree: the SQL files.

    Raises:
        UsageError: names the tables.
    """
    tables = [str(name) for (name,) in connection.execute(query("public_tables"))]
    if not tables:
        return
    from arami_db.files.definitions import Definitions

    made = Definitions((*tree.migrations, *tree.views))
    foreign = [name for name in tables if made.place(name, "table") is None]
    if not foreign:
        return
    shown = ", ".join(foreign[:_SHOWN])
    more = f" and {len(foreign) - _SHOWN} more" if len(foreign) > _SHOWN else ""
    raise UsageError(
        f"{connection.info.dbname} holds tables that no file in {tree.root} makes: {shown}{more}",
        hint="Check that it is the right database. `arami-db baseline N` adopts one that holds the"
        " first migrations;\n      --into-existing migrates beside those tables.",
    )
