"""Worlds: what a case sets, put together value by value."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from arami_db.policies.claims import claim_of, descend
from arami_db.policies.model import ATTACKER, ATTACKER_EMAIL
from arami_db.policies.tree import Expr
from arami_db.rows.tables import Column, Table

# Where a value is: a row's column, one of "claims", or of "settings"; then keys of JSON in it.
Place = tuple[str, ...]
Value = object  # text as Postgres reads it, or None; under a key whatever JSON has
Env = Mapping[str, str]  # the name of a row in a condition: which row of the world it is
ROW = "row"
_MISSING = object()
_TRUTHS = {"t": "true", "true": "true", "f": "false", "false": "false"}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*", re.IGNORECASE)
_CHANGING = {"lower", "upper", "btrim", "trim"}
_WHOLE = {"smallint", "integer", "bigint"}


@dataclass(frozen=True)
class World:
    """Values by place, and of which table each row is; the policy's own is the row "row".

    Attributes:
        tables: of each row.
        values: what is set.
        usual: claims that are so unless set.
    """

    tables: Mapping[str, Table]
    values: Mapping[Place, Value] = field(default_factory=dict)
    usual: Mapping[Place, Value] = field(default_factory=dict)

    def get(self, place: Place) -> Value:
        """The value at a place; `missing` where there is none.

        Args:
            place: of a column, claim or setting, or of a key in it.
        """
        if place in self.values:
            return self.values[place]
        for length in range(len(place) - 1, 1, -1):
            whole = self.values.get(place[:length], _MISSING)
            if whole is not _MISSING:
                return _at(whole, place[length:])
        if any(known[: len(place)] == place for known in self.values):
            return self.document(place)
        return self.usual.get(place, _MISSING)

    def has(self, place: Place) -> bool:
        """Whether there is a value at a place.

        Args:
            place: as in get().
        """
        return self.get(place) is not _MISSING

    def with_row(self, table: Table) -> tuple[World, str]:
        """The world with one more row, and the row's name.

        Args:
            table: whose row.
        """
        name = str(len(self.tables))
        return replace(self, tables={**self.tables, name: table}), name

    def column(self, place: Place) -> Column | None:
        """The column that a place is, or is in.

        Args:
            place: as in get().
        """
        table = self.tables.get(place[0])
        return table.columns.get(place[1]) if table else None

    def put(self, place: Place, value: Value) -> World | None:
        """The world with a value; None where the place has another, or cannot have this one.

        Args:
            place: as in get().
            value: the value.
        """
        column = self.column(place)
        if column is not None and len(place) == 2:
            value = fitting(column, value)
            if value is _MISSING:
                return None
        known = self.get(place)
        if known is _MISSING or (place not in self.values and place in self.usual):
            if any(place[:length] in self.values for length in range(2, len(place))):
                return None
            return replace(self, values={**self.values, place: value})
        return self if known == value else None

    def document(self, place: Place) -> Value:
        """All that is set below a place, as one JSON document.

        Args:
            place: a column, setting, or key.
        """
        made: dict[str, object] = {}
        for known, value in self.values.items():
            if len(known) > len(place) and known[: len(place)] == place:
                inside = made
                for key in known[len(place) : -1]:
                    inside = inside.setdefault(key, {})  # type: ignore[assignment]
                inside[known[-1]] = value
        return made

    def row(self, name: str) -> dict[str, str | None]:
        """The columns that are set of a row, as text.

        Args:
            name: which row.
        """
        columns = dict.fromkeys(place[1] for place in self.values if place[0] == name)
        return {column: as_text(self.get((name, column))) for column in columns}

    @property
    def claims(self) -> dict[str, object]:
        """The claims that are set, and not the usual ones."""
        roots = dict.fromkeys(p[1] for p in self.values if p[0] == "claims")
        return {root: self.get(("claims", root)) for root in roots}

    @property
    def all_claims(self) -> dict[str, object]:
        """The claims that are set, and the usual ones besides."""
        usual = {place[1]: value for place, value in self.usual.items()}
        return {k: v for k, v in {**usual, **self.claims}.items() if v is not None}

    @property
    def settings(self) -> dict[str, str]:
        """The settings besides the claims."""
        names = dict.fromkeys(p[1] for p in self.values if p[0] == "settings")
        return {name: as_text(self.get(("settings", name))) or "" for name in names}


def usual_claims(roles: tuple[str, ...]) -> dict[Place, Value]:
    """What the attacker's JWT holds unless a case says otherwise.

    Args:
        roles: whom the policy is for.
    """
    if roles == ("anon",):
        return {("claims", "role"): "anon", ("claims", "sub"): None, ("claims", "email"): None}
    role = "authenticated" if {"public", "authenticated"} & set(roles) else roles[0]
    claims = {"sub": ATTACKER, "role": role, "email": ATTACKER_EMAIL}
    return {("claims", name): value for name, value in claims.items()}


def as_text(value: Value) -> str | None:
    """A value as Postgres reads it: what is no text is JSON.

    Args:
        value: the value.
    """
    return value if value is None or isinstance(value, str) else json.dumps(value)


def place_of(part: Expr, env: Env) -> Place | None:
    """The place that an expression reads; None where it is none.

    Args:
        part: the expression.
        env: which row each name is.
    """
    while part.kind == "cast":
        part = part.args[0]
    if part.kind == "call" and part.path[-1] in _CHANGING:
        return None
    claim = claim_of(part)
    if claim is not None:
        place = ("settings", claim.setting, *claim.path) if claim.setting else None
        return place or ("claims", *claim.path)
    inner, path = descend(part)
    if inner.kind == "column" and len(inner.path) == 2 and inner.path[0] in env:
        return (env[inner.path[0]], inner.path[1], *path)
    return None


def fitting(column: Column, value: Value) -> Value:
    """A value as a column can have it; `missing` where it cannot.

    Args:
        column: the column.
        value: the value.
    """
    text = as_text(value)
    if text is None:
        return _MISSING if column.required else None
    if column.labels:
        return text if text in column.labels else _MISSING
    if column.type == "boolean":
        return _TRUTHS.get(text, _MISSING)
    if column.type == "uuid":
        return text.lower() if _UUID.fullmatch(text) else _MISSING
    if column.category == "N" and not _NUMBER.fullmatch(text):
        return _MISSING
    if column.type in _WHOLE and not text.strip().lstrip("-+").isdigit():
        return text[:-2] if text.endswith(".0") else _MISSING
    if column.length is not None and len(text) > column.length:
        return _MISSING
    return value


def is_missing(value: Value) -> bool:
    """Whether there is no value: null is one.

    Args:
        value: as get() and fitting() return it.
    """
    return value is _MISSING


def _at(whole: Value, path: tuple[str, ...]) -> Value:
    """What JSON has under some keys; null where it lacks one."""
    try:
        found = json.loads(whole) if isinstance(whole, str) else whole
    except ValueError:
        return None
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found
