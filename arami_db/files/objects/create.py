"""What a statement creates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from postgast.pg_query_pb2 import (
    CONSTR_CHECK,
    CONSTR_EXCLUSION,
    CONSTR_FOREIGN,
    CONSTR_PRIMARY,
    CONSTR_UNIQUE,
    FUNC_PARAM_OUT,
    FUNC_PARAM_TABLE,
    OBJECT_MATVIEW,
)

from arami_db.files.objects.model import Argument, Known, Name, Object
from arami_db.files.objects.names import argument, columns, mentions, parts, relation

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import (
        ColumnDef,
        Constraint,
        CreateFunctionStmt,
        CreateSchemaStmt,
        CreateSeqStmt,
        CreateStmt,
        CreateTableAsStmt,
        IndexStmt,
        Node,
        SelectStmt,
    )

# A named `not null` or `default` leaves no constraint of that name behind, not on every server.
_LASTING = {CONSTR_CHECK, CONSTR_EXCLUSION, CONSTR_FOREIGN, CONSTR_PRIMARY, CONSTR_UNIQUE}


def column(table: Name, node: ColumnDef) -> list[Object]:
    """A column and the named constraints written beside it."""
    found = [Object("column", (node.colname,), table, mentions(node.type_name))]
    for item in node.constraints:
        for made in constraint(table, item.constraint):
            made.mentions |= {("column", (node.colname,))}
            found.append(made)
    return found


def constraint(table: Name, node: Constraint) -> list[Object]:
    """A constraint, when it has a name of its own."""
    if not node.conname or node.contype not in _LASTING:
        return []
    return [Object("constraint", (node.conname,), table, mentions(node))]


def owner(known: Known, options: Iterable[Node]) -> tuple[Name, list[tuple[str, Name]]] | None:
    """The table and column a sequence is made to belong to, `none` being no table."""
    for option in options:
        if option.def_elem.defname == "owned_by":
            items = option.def_elem.arg.list.items
            table = parts(items[:-1])
            return (known.table(table), columns(items[-1:])) if table else ((), [])
    return None


def _table(known: Known, node: CreateStmt) -> list[Object]:
    table = known.home(relation(node.relation))
    if node.if_not_exists and any(o.name == table for o in known.find(table)):
        return []
    parent: Name = ()
    if node.HasField("partbound"):
        parent = known.table(relation(node.inh_relations[0].range_var))
    found = [Object("table", table, parent, mentions(*node.inh_relations, node.of_typename))]
    for element in node.table_elts:
        if element.HasField("column_def"):
            found += column(table, element.column_def)
        elif element.HasField("constraint"):
            found += constraint(table, element.constraint)
    return found


def _table_as(known: Known, node: CreateTableAsStmt) -> list[Object]:
    kind, used = "table", mentions()
    if node.objtype == OBJECT_MATVIEW:
        kind, used = "materialized view", mentions(node.query)
    return [Object(kind, known.home(relation(node.into.rel)), mentions=used)]


def _select_into(known: Known, node: SelectStmt) -> list[Object]:
    if not node.HasField("into_clause"):
        return []
    return [Object("table", known.home(relation(node.into_clause.rel)))]


def _index(known: Known, node: IndexStmt) -> list[Object]:
    table = known.table(relation(node.relation))
    name = (*table[:-1], node.idxname)
    return [Object("index", name, table, mentions(node))] if node.idxname else []


def _sequence(known: Known, node: CreateSeqStmt) -> list[Object]:
    table, used = owner(known, node.options) or ((), [])
    return [Object("sequence", known.home(relation(node.sequence)), table, frozenset(used))]


def _function(known: Known, node: CreateFunctionStmt) -> list[Object]:
    parameters = [p.function_parameter for p in node.parameters]
    called = [p.arg_type for p in parameters if p.mode not in {FUNC_PARAM_OUT, FUNC_PARAM_TABLE}]
    # The server looks no function up by `table.column%type`.
    if any(kind.pct_type for kind in called):
        return []
    name = known.home(parts(node.funcname))
    arguments = tuple(_resolved(known, argument(kind)) for kind in called)
    return [Object("function", name, mentions=mentions(node), arguments=arguments)]


def _resolved(known: Known, one: Argument) -> Argument:
    # Without a search_path of its own, the server reads the type as the script did.
    found = known.find(one.name) if known.path else []
    return one._replace(name=found[0].name) if found else one


def _schema(known: Known, node: CreateSchemaStmt) -> list[Object]:
    name = node.schemaname or node.authrole.rolename
    if not name:
        return []
    path, known.path = known.path, (name,)
    known.add([Object("schema", (name,), mentions=mentions(node.authrole))])
    for element in node.schema_elts:
        kind = element.WhichOneof("node") or ""
        if kind in CREATORS:
            known.add(CREATORS[kind](known, getattr(element, kind)))
    known.path = path
    return []


def _part(known: Known, kind: str, table: Name, name: str, node: Any) -> list[Object]:
    return [Object(kind, (name,), known.table(table), mentions(node))]


def _type(known: Known, name: Name, node: Any) -> list[Object]:
    return [Object("type", known.home(name), mentions=mentions(node))]


def _composite(known: Known, node: Any) -> list[Object]:
    name = known.home(relation(node.typevar))
    found = [Object("type", name)]
    for item in node.coldeflist:
        found += column(name, item.column_def)
    return found


CREATORS: dict[str, Callable[[Known, Any], list[Object]]] = {
    "create_stmt": _table,
    "create_foreign_table_stmt": lambda known, node: _table(known, node.base_stmt),
    "create_table_as_stmt": _table_as,
    "select_stmt": _select_into,
    "view_stmt": lambda known, node: [
        Object("view", known.home(relation(node.view)), mentions=mentions(node.query))
    ],
    "index_stmt": _index,
    "create_seq_stmt": _sequence,
    "create_function_stmt": _function,
    "create_schema_stmt": _schema,
    "create_extension_stmt": lambda _, node: [Object("extension", (node.extname,))],
    "create_enum_stmt": lambda known, node: _type(known, parts(node.type_name), node),
    "create_range_stmt": lambda known, node: _type(known, parts(node.type_name), node),
    "create_domain_stmt": lambda known, node: _type(known, parts(node.domainname), node),
    "composite_type_stmt": _composite,
    "create_trig_stmt": lambda known, node: _part(
        known, "trigger", relation(node.relation), node.trigname, node
    ),
    "create_policy_stmt": lambda known, node: _part(
        known, "policy", relation(node.table), node.policy_name, node
    ),
}
