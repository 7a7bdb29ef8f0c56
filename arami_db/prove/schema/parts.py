"""Views, functions, and the grants and policies of a table."""

from __future__ import annotations

from dataclasses import dataclass, field

from arami_db.policies import TablePolicy


@dataclass(frozen=True)
class Guard:
    """The grants and policies of a table or view.

    Attributes:
        is_secured: whether row level security holds.
        has_hooks: whether a rule or a trigger of statements runs where no row is touched.
        writes: whether a rule or trigger may write elsewhere.
        asks: whether a policy, trigger or default asks for more of who is signed in than the id.
        emptied_by: the roles that default privileges let truncate every new table.
        policies: by name.
        granted: the columns on which a role has a privilege, by "role privilege".
        acts: what rules and the bodies of triggers say, by the command that sets them off.
    """

    is_secured: bool = False
    has_hooks: bool = False
    writes: bool = False
    asks: bool = False
    emptied_by: tuple[str, ...] = ()
    policies: tuple[TablePolicy, ...] = ()
    granted: dict[str, list[str]] = field(default_factory=dict)
    acts: dict[str, str] = field(default_factory=dict)

    def columns(self, role: str, privilege: str) -> list[str]:
        """The columns on which a role has a privilege; all or none for deleting."""
        return self.granted.get(f"{role} {privilege}", [])

    def promises(self, role: str, command: str) -> bool:
        """Whether a role is meant to do something with some rows: granted, and let by a policy."""
        if not self.columns(role, command):
            return False
        return not self.is_secured or any(self.letting(role, command))

    def letting(self, role: str, command: str) -> list[TablePolicy]:
        """The policies that let a role do something."""
        return [
            p
            for p in self.policies
            if p.permissive
            and p.command in {command, "all"}
            and ("public" in p.roles or role in p.roles)
        ]


@dataclass(frozen=True)
class View:
    """A view or materialized view, its uuid columns, and the tables that it reads.

    As_owner tells that it reads tables with row level security with the rights of its owner;
    counts, that it says how many rows there are in all, and no more.
    """

    schema: str
    name: str
    materialized: bool
    ids: tuple[str, ...]
    readable: bool
    reads: tuple[str, ...]
    as_owner: bool
    counts: bool

    @property
    def label(self) -> str:
        """Schema and name, for people."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Argument:
    """An argument that a caller gives: the name and type, and what the type is made of."""

    name: str
    type: str
    base: str
    element: str | None
    labels: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ApiFunction:
    """A function or procedure, and the arguments that a caller gives."""

    schema: str
    name: str
    identity: str
    procedure: bool
    reads_only: bool
    is_definer: bool
    variadic: bool
    required: int
    result: str
    body: str
    in_policy: bool
    arguments: tuple[Argument, ...]
