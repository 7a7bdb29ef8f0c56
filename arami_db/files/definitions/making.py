"""The statement that creates an object, for objects that facts describe only partly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as tree

from arami_db.files.definitions import names
from arami_db.files.definitions.statements import said

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

    from arami_db.files.script import Script

_DEFINED = {
    tree.OBJECT_AGGREGATE: "aggregate",
    tree.OBJECT_OPERATOR: "operator",
    tree.OBJECT_COLLATION: "collation",
    tree.OBJECT_TYPE: "type",
    tree.OBJECT_TSCONFIGURATION: "text search configuration",
    tree.OBJECT_TSDICTIONARY: "text search dictionary",
}
_MADE = {
    "create_event_trig_stmt": "event trigger",
    "create_publication_stmt": "publication",
    "create_foreign_table_stmt": "foreign table",
    "create_domain_stmt": "type",
}


class Stated:
    """The statements of files that create objects which facts alone cannot restore."""

    def __init__(self, scripts: Iterable[Script]) -> None:
        """Read the statements.

        Args:
            scripts: the files, in the order in which they are applied.
        """
        self._found: dict[tuple[str, str], list[str]] = {}
        for script in scripts:
            for statement in script.statements:
                for key in _made(statement.node):
                    self._found.setdefault(key, []).append(f"{statement.text.strip()};")

    def of(self, kind: str, name: str) -> str | None:
        """The last statement that creates an object; None where there is none.

        Args:
            kind: its kind, as in facts.
            name: its name, as in facts.
        """
        found = self._found.get((kind, name)) or self._found.get((kind, name.partition("(")[0]))
        return found[-1] if found else None


def _made(node: Node) -> Iterator[tuple[str, str]]:
    which = node.WhichOneof("node") or ""
    if which == "define_stmt" and node.define_stmt.kind in _DEFINED:
        parts = names.strings(node.define_stmt.defnames)
        yield _DEFINED[node.define_stmt.kind], _qualified(parts)
    elif which == "create_range_stmt":
        yield "type", _qualified(names.strings(node.create_range_stmt.type_name))
    elif which == "create_cast_stmt":
        cast = node.create_cast_stmt
        between = names.type_name(cast.sourcetype), names.type_name(cast.targettype)
        yield "cast", "({} as {})".format(*between)
    elif which == "create_user_mapping_stmt":
        mapping = node.create_user_mapping_stmt
        whom = names.quoted(mapping.user.rolename) if mapping.user.rolename else "public"
        yield "user mapping", f"for {whom} server {names.quoted(mapping.servername)}"
    elif which == "create_foreign_server_stmt":
        yield "server", names.quoted(node.create_foreign_server_stmt.servername)
    elif which in _MADE:
        yield from ((_MADE[which], key.name) for key, _ in said(node) if not key.aspect)


def _qualified(parts: list[str]) -> str:
    # The name of an operator is not an identifier.
    if parts and not parts[-1][:1].isalnum() and parts[-1][:1] not in {"_", '"'}:
        return ".".join([*(parts[:-1] or ["public"]), parts[-1]])
    return names.qualified(*parts)
