"""What a view or function was before it was dropped, and which of them a statement creates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from postgast import to_drop

from arami_db.files.lexical import quoted

if TYPE_CHECKING:
    from arami_db.files.script import Statement


@dataclass(frozen=True)
class Dropped:
    """A row of rebuild_affected.sql; kind is None for what cannot be re-created from here."""

    kind: str | None
    description: str
    name: str
    identity: str
    definition: str
    owner: str
    acl: list[str]
    extras: list[str]
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
    text = quoted((relation.schemaname, relation.relname))
    return Name(text, relation.relname, is_function=False)


def is_replacement(statement: Statement) -> bool:
    """Whether it is CREATE OR REPLACE of a view or function."""
    node = statement.node
    return bool(node.view_stmt.replace or node.create_function_stmt.replace)
