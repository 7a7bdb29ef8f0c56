"""Read from the catalog which tables, views and functions the API exposes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from psycopg.rows import dict_row

from arami_db.database.connect import Connection, query
from arami_db.policies import OwnerColumn, Policies, owner_columns
from arami_db.policies import read as read_policies
from arami_db.prove.schema.owners import ACCOUNTS, with_owners
from arami_db.prove.schema.parts import ApiFunction, Argument, Guard, View
from arami_db.prove.schema.policy_owners import by_members, shared, told
from arami_db.rows.tables import Path, Table, in_order, read_tables

# Schemas outside the application: the platform's, and those of this tool.
_PLATFORM = [
    *("information_schema", "auth", "storage", "realtime", "_realtime", "extensions", "vault"),
    *("supabase_functions", "supabase_migrations", "graphql", "graphql_public", "net", "cron"),
    *("pgsodium", "pgsodium_masks", "pgbouncer", "pgmq", "_analytics", "_supavisor", "pgtle"),
    *("repack", "topology", "tiger", "tiger_data", "citus", "columnar", "columnar_internal"),
    *("arami_db", "audit"),
]
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_ANY = 50  # tables, where a body comes to any
# What may tell one who is signed in from another by more than the id.
_SIGNED_IN = re.compile(r"auth\.uid\(\) is not null")
_MORE = re.compile(r"(?!\bauth\.uid\()\b\w+\.\w+\(|current_|session_user|user_name|setting")


@dataclass(frozen=True)
class ExposedSchema:
    """What the API exposes; tables by path, parents before their children.

    Tables of schemas that the API does not expose get rows, too: views and functions read them.
    """

    exposed: tuple[str, ...]
    tables: dict[Path, Table]
    guards: dict[Path, Guard]
    views: tuple[View, ...]
    functions: tuple[ApiFunction, ...]
    policies: Policies
    shared: dict[tuple[Path, str], tuple[Path, str]]
    compared: dict[Path, tuple[OwnerColumn, ...]]

    @cached_property
    def owned(self) -> list[Table]:
        """The exposed tables whose rows belong to somebody."""
        return [t for t in self.tried if t.owners or self._is_asked(t)]

    @cached_property
    def ownerless(self) -> list[Table]:
        """The other exposed tables."""
        return [t for t in self.tried if t not in self.owned]

    @cached_property
    def tried(self) -> list[Table]:
        """The exposed tables; partitions, too, which may be read past their parents."""
        return [t for t in self.tables.values() if t.schema in self.exposed]

    def _is_asked(self, table: Table) -> bool:
        """Whether a policy asks something of the row and of the id at once, in whatever terms."""
        texts = (b.text for p in self.guard(table.path).policies for b in p.branches)
        return any(
            "auth.uid()" in _SIGNED_IN.sub("", text)
            and "select" not in text
            and any(re.search(rf"\b{re.escape(name)}\b", text) for name in table.columns)
            for text in texts
        )

    def guard(self, path: Path) -> Guard:
        """What guards a relation."""
        return self.guards.get(path, Guard())

    @cached_property
    def reaches(self) -> dict[str, tuple[str, ...] | None]:
        """By object, the tables that a write to it may come to; None for all."""
        found: dict[str, tuple[str, ...] | None] = {}
        for table in self.tables.values():
            there = (table, *self.children(table.path))
            acts = any(self.guard(one.path).writes for one in there)
            parts = [
                t.label
                for t in self.tables.values()
                if t.root == table.path or t.path == table.root
            ]
            found[table.label] = None if acts else (*(t.label for t in there), *parts)
        return found

    def named(self, body: str) -> tuple[Table, ...]:
        """The tables that a body names, itself or in what it calls; all of them where it may.

        Args:
            body: of a function, or a rule.
        """
        words, calls = set(_words(body)), set(_calls(body))
        done: set[str] = set()
        while more := calls - done:
            done |= more
            for inner in (text for name in more for text in self._bodies.get(name, ())):
                words |= _words(inner)
                calls |= _calls(inner)
        if "execute" in words and len(self.tables) <= _ANY:
            return tuple(self.tables.values())
        return tuple(t for t in self.tables.values() if _words(t.name) <= words)

    @cached_property
    def _bodies(self) -> dict[str, list[str]]:
        """The bodies of functions by name."""
        found: dict[str, list[str]] = {}
        for (_, name), functions in self.policies.catalog.functions.items():
            found.setdefault(name.lower(), []).extend(one.body for one in functions)
        return found

    def children(self, path: Path) -> list[Table]:
        """The tables whose rows hang on those of a table, however far, the last ones first."""
        reached, found = {path}, []
        for table in self.tables.values():
            if table.path != path and any(k.parent in reached for k in table.foreign_keys):
                reached.add(table.path)
                found.append(table)
        return found[::-1]


def read(connection: Connection) -> ExposedSchema:
    """Read what the connection's database exposes, and whose its rows are.

    Args:
        connection: to the database.

    Raises:
        psycopg.Error: as the server says it.
    """
    schemas = _rows(connection, "prove_schemas", platform=_PLATFORM)
    exposed = [row["name"] for row in schemas if row["is_exposed"]]
    tables = read_tables(connection, [row["name"] for row in schemas], ACCOUNTS[1:])
    policies = read_policies(connection, tables)
    compared = owner_columns(policies)
    of = sorted({path[0] for path in tables} | set(exposed))
    rows = _rows(connection, "prove_guards", of)
    views = _rows(connection, "prove_views", exposed)
    first = {path: tables[path] for path in sorted(tables, key=lambda p: p not in ACCOUNTS[1:])}
    return ExposedSchema(
        tuple(exposed),
        in_order(with_owners(first, {**by_members(tables, policies), **told(compared)})),
        {(r["schema"], r["name"]): _guard(r, policies) for r in rows},
        tuple(View(**{**r, "ids": tuple(r["ids"]), "reads": tuple(r["reads"])}) for r in views),
        tuple(_function(row) for row in _rows(connection, "prove_functions", exposed)),
        policies,
        shared(tables, compared),
        compared,
    )


@cache
def _words(body: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", _COMMENT.sub("", body).lower()))


@cache
def _calls(body: str) -> frozenset[str]:
    return frozenset(re.findall(r"(\w+)\"?\s*\(", _COMMENT.sub("", body).lower()))


def _rows(
    connection: Connection, name: str, schemas: list[str] | None = None, **values: object
) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query(name), {"schemas": schemas, **values}).fetchall()


def _guard(row: dict[str, Any], policies: Policies) -> Guard:
    its = policies.of((row["schema"], row["name"]))
    texts = [clause.text for p in its for clause in (p.using, p.check) if clause is not None]
    texts += [branch.text for p in its for branch in p.branches]
    asks = row["asks"] or any(_MORE.search(text) for text in texts)
    emptied_by = tuple(row["emptied_by"])
    held = (row["is_secured"], row["has_hooks"], row["writes"], asks, emptied_by, its)
    return Guard(*held, row["granted"], row["acts"])


def _function(row: dict[str, Any]) -> ApiFunction:
    arguments = tuple(
        Argument(**{**a, "labels": tuple(a["labels"]), "fields": tuple(map(tuple, a["fields"]))})
        for a in row["arguments"]
    )
    return ApiFunction(**{**row, "arguments": arguments})
