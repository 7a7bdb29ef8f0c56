"""What a view or function was before it was dropped, and which of them a statement creates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from postgast import to_drop
from postgast.pg_query_pb2 import OBJECT_MATVIEW, OBJECT_RULE, OBJECT_TRIGGER

from arami_db.files.rules import relation_name

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

    from arami_db.files.script import Script, Statement


@dataclass(frozen=True)
class Dropped:
    """A row of rebuild_affected.sql; kind is None for what cannot be re-created from here.

    Extras are of the object itself. Attachments are what a file may create or drop by itself, such
    as indexes: each a name, a statement, and for an index its definition without the name.
    """

    kind: str | None
    description: str
    name: str
    identity: str
    definition: str
    owner: str | None
    acl: list[str] | None
    extras: list[str]
    attachments: list[tuple[str, str, str | None]]
    comment: str | None

    @property
    def grants(self) -> dict[str, Any]:
        """The parameters of rebuild_grants.sql."""
        is_function = self.kind in {"function", "procedure"}
        kind = self.kind if is_function else "table"
        named = {"is_function": is_function, "kind": kind, "identity": self.identity}
        return {**named, "acl": self.acl}


@dataclass(frozen=True)
class Name:
    """What a statement creates: its name as SQL, that name's last part, and if it is callable."""

    text: str
    last: str
    is_function: bool


def created_name(statement: Statement) -> Name | None:
    """The view, materialized view or function a statement creates, if it does."""
    node = statement.node
    match node.WhichOneof("node"):
        case "view_stmt":
            relation = node.view_stmt.view
        case "create_table_as_stmt":
            relation = node.create_table_as_stmt.into.rel
        case "create_function_stmt":
            last = node.create_function_stmt.funcname[-1].string.sval
            return Name(to_drop(statement.text).split(" ", 2)[2], last, is_function=True)
        case _:
            return None
    text = relation_name(relation)
    return Name(text, relation.relname, is_function=False)


def creates_materialized(statement: Statement) -> bool:
    """Whether it is CREATE MATERIALIZED VIEW, which has no OR REPLACE."""
    return bool(statement.node.create_table_as_stmt.objtype == OBJECT_MATVIEW)


def skips_what_exists(statement: Statement) -> bool:
    """Whether it is CREATE MATERIALIZED VIEW IF NOT EXISTS."""
    return creates_materialized(statement) and statement.node.create_table_as_stmt.if_not_exists


def is_replacement(statement: Statement) -> bool:
    """Whether it is CREATE OR REPLACE of a view or function, or of a materialized view."""
    node = statement.node
    replaces = bool(node.view_stmt.replace or node.create_function_stmt.replace)
    return replaces or creates_materialized(statement)


def dropped_names(script: Script) -> set[str]:
    """The last parts of the names of what a file drops."""
    names = set[str]()
    for statement in script.statements:
        for dropped in statement.node.drop_stmt.objects:
            parts = dropped.list.items or dropped.object_with_args.objname or [dropped]
            names.add(parts[-1].string.sval)
    return names


def attached_names(script: Script, relation: str) -> set[str]:
    """The indexes, statistics, triggers and rules of a relation that a file creates or drops.

    An index without a name has an empty one.

    Args:
        script: the file.
        relation: the last part of its name.
    """
    names = set[str]()
    for statement in script.statements:
        node = statement.node
        for made, name in (
            (node.index_stmt, node.index_stmt.idxname),
            (node.create_trig_stmt, node.create_trig_stmt.trigname),
            (node.rule_stmt, node.rule_stmt.rulename),
        ):
            if made.relation.relname == relation:
                names.add(name)
        names |= {part.string.sval for part in node.create_stats_stmt.defnames[-1:]}
        names |= _dropped_from(node, relation)
    return names


def _dropped_from(node: Node, relation: str) -> set[str]:
    """What a DROP names: anything of its own name, or what it names on the relation."""
    names = set[str]()
    for dropped in node.drop_stmt.objects:
        parts = [part.string.sval for part in dropped.list.items]
        on_relation = node.drop_stmt.remove_type in {OBJECT_TRIGGER, OBJECT_RULE}
        if parts and (not on_relation or parts[-2] == relation):
            names.add(parts[-1])
    return names
