"""What files create that may already exist: roles, schemas, extensions, publications."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from postgast.pg_query_pb2 import (
    OBJECT_FUNCTION,
    OBJECT_SCHEMA,
    OBJECT_SEQUENCE,
    OBJECT_TABLE,
    OBJECT_TYPE,
)

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import AlterDefaultPrivilegesStmt, Node

    from arami_db.files.script import Script

# The codes of pg_default_acl.defaclobjtype.
_TYPES = {
    OBJECT_TABLE: "r",
    OBJECT_SEQUENCE: "S",
    OBJECT_FUNCTION: "f",
    OBJECT_TYPE: "T",
    OBJECT_SCHEMA: "n",
}


@dataclass(frozen=True)
class Makes:
    """What files create.

    Attributes:
        roles, schemas, extensions, publications: the names of those that must not exist yet.
        privileges: the default privileges they grant: schema (empty for all), type of object and
            role, such as "public r anon".
    """

    roles: tuple[str, ...]
    schemas: tuple[str, ...]
    extensions: tuple[str, ...]
    publications: tuple[str, ...]
    privileges: tuple[str, ...]


def makes(scripts: Iterable[Script]) -> Makes:
    """Read it from the statements; what blocks and functions create is not seen.

    Args:
        scripts: the files.
    """
    nodes = [statement.node for script in scripts for statement in script.statements]
    return Makes(
        roles=tuple(n.create_role_stmt.role for n in nodes if n.HasField("create_role_stmt")),
        schemas=tuple(name for n in nodes if (name := _schema(n))),
        extensions=tuple(
            n.create_extension_stmt.extname
            for n in nodes
            if n.HasField("create_extension_stmt") and not n.create_extension_stmt.if_not_exists
        ),
        publications=tuple(
            n.create_publication_stmt.pubname
            for n in nodes
            if n.HasField("create_publication_stmt")
        ),
        privileges=tuple(
            changed
            for n in nodes
            if n.HasField("alter_default_privileges_stmt")
            for changed in _privileges(n.alter_default_privileges_stmt)
        ),
    )


def _schema(node: Node) -> str:
    """The schema that a statement creates, or the schema of a table that it creates."""
    if node.HasField("create_stmt"):
        return str(node.create_stmt.relation.schemaname)
    made = node.HasField("create_schema_stmt") and not node.create_schema_stmt.if_not_exists
    return str(node.create_schema_stmt.schemaname) if made else ""


def _privileges(node: AlterDefaultPrivilegesStmt) -> Iterator[str]:
    """What is granted; a revoked privilege may have existed before."""
    if not node.action.is_grant:
        return
    named = [o.def_elem.arg.list.items for o in node.options if o.def_elem.defname == "schemas"]
    schemas = [item.string.sval for items in named for item in items] or [""]
    for schema, grantee in product(schemas, node.action.grantees):
        # A role without a name is PUBLIC.
        name = grantee.role_spec.rolename or "public"
        yield f"{schema} {_TYPES.get(node.action.objtype, '')} {name}"
