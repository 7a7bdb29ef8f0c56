"""Places of values: columns, claims, settings, and keys of JSON in each."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from arami_db.policies.expressions.claims import claim_of, descend
from arami_db.policies.expressions.tree import Expr
from arami_db.policies.model import ATTACKER, ATTACKER_EMAIL
from arami_db.rows.tables import Column

# Where a value is: a row's column, one of "claims", or of "settings"; then keys of JSON in it.
Place = tuple[str, ...]
Value = object  # text as Postgres reads it, or None; under a key whatever JSON has
Env = Mapping[str, str]  # the name of a row in a condition: which row of the world it is
ROW = "row"
MISSING = object()
_TRUTHS = {"t": "true", "true": "true", "f": "false", "false": "false"}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*", re.IGNORECASE)
_CHANGING = {"lower", "upper", "btrim", "trim"}
_WIDE = {"numeric", "real", "double precision"}
_WHOLE = {"smallint", "integer", "bigint"}


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
    """A value as Postgres reads it: all but text as JSON.

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
        return MISSING if column.required else None
    if column.labels:
        return text if text in column.labels else MISSING
    if column.type == "boolean":
        return _TRUTHS.get(text, MISSING)
    if column.type == "uuid":
        return text.lower() if _UUID.fullmatch(text) else MISSING
    if column.type in _WIDE and text.lower().lstrip("-") in {"nan", "infinity"}:
        return text
    if column.category == "N" and not _NUMBER.fullmatch(text):
        return MISSING
    if column.type in _WHOLE and not text.strip().lstrip("-+").isdigit():
        return text[:-2] if text.endswith(".0") else MISSING
    if column.length is not None and len(text) > column.length:
        return MISSING
    return value


def at(whole: Value, path: tuple[str, ...]) -> Value:
    """What JSON has under some keys; null where it lacks one.

    Args:
        whole: the document, as text or not.
        path: the keys.
    """
    try:
        found = json.loads(whole) if isinstance(whole, str) else whole
    except ValueError:
        return None
    for key in path:
        if isinstance(found, list) and key[0] == "[" and int(key[1:-1]) < len(found):
            found = found[int(key[1:-1])]
        else:
            found = found.get(key) if isinstance(found, dict) else None
    return found
