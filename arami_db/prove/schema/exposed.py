"""What the API exposes, with the grants and policies for each role: the rows of the matrix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from arami_db.prove.attempts.actors import API_ROLES, PRIVILEGES
from arami_db.prove.schema.parts import Guard
from arami_db.prove.schema.reading import ExposedSchema


@dataclass(frozen=True)
class Permission:
    """What lets a role do something: a grant, and the permissive policies that apply."""

    role: str
    command: str
    is_granted: bool
    policies: tuple[str, ...]


@dataclass(frozen=True)
class Exposed:
    """Something that the API exposes.

    Attributes:
        name: as people know it, with its schema.
        schema: the schema.
        kind: table, view, materialized view, foreign table, function or procedure.
        is_owned: whether its rows are somebody's, as far as a policy or a key says.
        is_secured: whether row level security holds for it.
        permissions: what lets roles do what; none for functions.
    """

    name: str
    schema: str
    kind: str
    is_owned: bool
    is_secured: bool
    permissions: tuple[Permission, ...] = ()

    def permission(self, role: str, command: str) -> Permission | None:
        """What lets a role do something; None where nothing is known of it."""
        return next((r for r in self.permissions if (r.role, r.command) == (role, command)), None)


def exposed(schemas: Iterable[ExposedSchema]) -> tuple[Exposed, ...]:
    """All that is exposed, tables first, then views, then functions, by name.

    Args:
        schemas: what was read; more than once on Citus, each time in part.
    """
    found = {one.name: one for schema in schemas for one in _of(schema)}
    order = ("table", "view", "materialized view", "foreign table")
    return tuple(sorted(found.values(), key=lambda o: (o.kind not in order, o.kind, o.name)))


def _of(schema: ExposedSchema) -> Iterator[Exposed]:
    owned = {table.path for table in schema.owned}
    views = {(view.schema, view.name): view for view in schema.views}
    for path, guard in schema.guards.items():
        if path[0] not in schema.exposed:
            continue
        kind = "table" if path in schema.tables else "foreign table"
        if path in views:
            kind = "materialized view" if views[path].materialized else "view"
        is_owned = path in owned or kind != "table"
        yield Exposed(
            ".".join(path), path[0], kind, is_owned, guard.is_secured, _permissions(guard)
        )
    for function in schema.functions:
        kind = "procedure" if function.procedure else "function"
        yield Exposed(function.identity, function.schema, kind, is_owned=True, is_secured=False)


def _permissions(guard: Guard) -> tuple[Permission, ...]:
    return tuple(
        Permission(
            role,
            command,
            bool(guard.columns(role, command)),
            tuple(policy.name for policy in guard.letting(role, command)),
        )
        for role in API_ROLES
        for command in PRIVILEGES
    )
