"""The check constraints of a table and of the domains of its columns, as expressions."""

from __future__ import annotations

from collections.abc import Iterator

from arami_db.policies.catalog import Catalog
from arami_db.policies.expressions.parsing import expression
from arami_db.policies.expressions.tree import Expr, put, walk
from arami_db.policies.resolution.names import resolved
from arami_db.policies.resolution.scopes import of_policy
from arami_db.rows import tables as rows

Check = tuple[Expr, set[str]]  # what must not be false, and the columns that it reads


def checks_of(table: rows.Table, catalog: Catalog) -> list[Check]:
    """The checks of a table, and those of its columns' domains.

    Args:
        table: the table.
        catalog: of the database.
    """
    scope = of_policy(catalog, table.path)
    found = [one for check in table.checks.values() for one in _rules(check)]
    return [(resolved(part, scope), names) for part, names in found]


def _rules(check: rows.Check) -> Iterator[Check]:
    """A table's check, or that of a domain for each column of it, and the columns it reads."""
    if not check.definition.startswith("CHECK"):
        return
    part = expression(check.definition[5:].strip())
    value = Expr("column", path=("value",))
    if value not in walk(part):
        yield part, set(check.columns)
        return
    for name in check.columns:
        yield put(part, value, Expr("column", path=(name,))), {name}
