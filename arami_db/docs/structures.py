"""What JSON columns take, as found by asking their own checks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
from postgast import walk
from postgast.pg_query_pb2 import CONSTR_CHECK
from psycopg.sql import SQL, Identifier

from arami_db.docs import candidates
from arami_db.docs.definitions import Keys
from arami_db.docs.facts import Facts
from arami_db.docs.parsing import strings, text
from arami_db.docs.parts import JsonKey, Structure
from arami_db.facts.names import unquoted

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

    from arami_db.database.connect import Connection

Accepts = Callable[[Any], bool]
_KINDS = {str: "text", bool: "true or false", int: "number", float: "number", list: "array"}
JSON = ("json", "jsonb")
_IMMUTABLE = """
    select proname from pg_catalog.pg_proc where pronamespace = 'pg_catalog'::regnamespace
    group by proname having bool_and(provolatile = 'i' and not prosecdef)
"""


def structures(
    connection: Connection,
    facts: Facts,
    constraints: Mapping[str, tuple[Keys, ...]],
    *,
    is_ours: bool,
) -> dict[tuple[str, str], Structure]:
    """The structure of each JSON column of a table that has a check, or an example in its comment.

    Args:
        connection: in a transaction that facts are asked in, so that only pg_catalog is searched.
        facts: of the database.
        constraints: those of each table.
        is_ours: whether the database is a throw-away one. Else checks are asked only where nothing
            runs for it but immutable functions of Postgres's own: whoever owns a table may have any
            function in its checks, and would have it run as whoever asks.

    Returns:
        The structures by table and column.
    """
    found = {}
    harmless = None if is_ours else {str(name) for (name,) in connection.execute(_IMMUTABLE)}
    for table in constraints:
        for name, stated in facts.parts("column", table):
            if stated.get("type") not in JSON:
                continue
            asked, unasked = _checks(constraints[table], unquoted(name), harmless)
            made = _structure(connection, facts, name, stated["type"], asked)
            found[table, name] = replace(made, unasked=unasked)
    return found


def _checks(
    keys: tuple[Keys, ...], column: str, harmless: set[str] | None
) -> tuple[list[tuple[str, Node]], tuple[str, ...]]:
    """The checks on a column: those that can be asked about a value, and the names of the rest."""
    asked, unasked = [], []
    for key in keys:
        if key.parsed is None or not key.is_a(CONSTR_CHECK):
            continue
        node = key.parsed.raw_expr
        if (columns := _columns(node)) == {column} and _may_run(node, harmless):
            asked.append((key.name, node))
        elif column in columns:
            unasked.append(key.name)
    return asked, tuple(unasked)


def _structure(
    connection: Connection, facts: Facts, name: str, kind: str, checks: list[tuple[str, Node]]
) -> Structure:
    conditions = [text(node) for _, node in checks]

    def accepts(value: Any) -> bool:
        return _asked(connection, name, kind, conditions, value)

    own_first = sorted(facts.of("column").items(), key=lambda item: "comment" not in item[1])
    told = (
        value
        for column, stated in own_first
        if column.endswith(f".{name}") and stated.get("type") in JSON
        for value in candidates.in_comment(stated.get("comment"))
    )
    tried = [*told, *(candidates.made(conditions) if checks else ())]
    example = next(filter(accepts, tried), None)
    if example is not None and isinstance(example, list) and checks:
        mixed = [*example, "text"]
        has_text = any(isinstance(one, str) for one in example)
        example = mixed if not has_text and accepts(mixed) else example
    constraint = ", ".join(one for one, _ in checks) or None
    if example is None:
        return Structure(constraint, None)
    laid_out = json.dumps(example, indent=2, ensure_ascii=False)
    if not checks:
        return Structure(None, laid_out, isinstance(example, list))
    return _probed(constraint, example, accepts, candidates.keys_of(conditions))


def _probed(
    constraint: str | None, example: Any, accepts: Accepts, found: tuple[candidates.Found, ...]
) -> Structure:
    """What the check says when keys of the example are left out, added or changed."""
    is_array = isinstance(example, list)
    inner = example[0] if is_array and example else example
    bounds = {key.name: key.bounds for key in found}

    def changed(**keys: Any) -> Any:
        value = {k: v for k, v in {**inner, **keys}.items() if v is not ...}
        return [value, *example[1:]] if is_array else value

    others = not isinstance(inner, dict) or accepts(changed(**{"a key that nobody has": 1}))
    values = dict(inner) if isinstance(inner, dict) else {}
    if not others:
        for key in found:
            fitting = (value for value in key.values if accepts(changed(**{key.name: value})))
            if key.name not in values and (value := next(fitting, ...)) is not ...:
                values[key.name] = value
    keys = []
    for name, value in values.items():
        required = name in inner and not accepts(changed(**{name: ...}))
        kind = _kind(name, value, lambda **new: accepts(changed(**new)), bounds.get(name, ()))
        keys.append(JsonKey(name, kind, required))
    laid_out = json.dumps(example, indent=2, ensure_ascii=False)
    return Structure(constraint, laid_out, is_array, tuple(keys), others)


def _kind(key: str, value: Any, accepts: Callable[..., bool], bounds: tuple[float, ...]) -> str:
    """The type of a key's value; "any" where values of another are accepted, too."""
    others: list[Any] = ["text", 1.5, True, [], {}]
    if any(accepts(**{key: other}) for other in others if not _same(other, value)):
        return "any"
    kind = _KINDS.get(type(value), "object")
    if isinstance(value, list) and value and not accepts(**{key: [{}]}):
        kind = f"array of {_KINDS.get(type(value[0]), 'object')}"
    if kind == "number" and len(bounds) == 2:
        low, high = sorted(bounds)
        inside = accepts(**{key: low}) and accepts(**{key: high})
        if inside and not accepts(**{key: low - 0.001}) and not accepts(**{key: high + 0.001}):
            kind = f"number, {low:g} to {high:g}"
    return f"{kind} or null" if accepts(**{key: None}) else kind


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return isinstance(one, bool) and isinstance(other, bool)
    if isinstance(one, int | float) and isinstance(other, int | float):
        return True
    return type(one) is type(other)


def _asked(connection: Connection, name: str, kind: str, conditions: list[str], value: Any) -> bool:
    """Whether all conditions are true of a value; one that fails with an error is not."""
    if not conditions:
        return True
    test = SQL(" and ".join(f"({one.replace('%', '%%')}) is true" for one in conditions))
    row = SQL("(select %s::pg_catalog.{} as {}) as given").format(
        SQL(kind), Identifier(unquoted(name))
    )
    try:
        with connection.transaction():
            written = json.dumps(value)
            found = connection.execute(SQL("select {} from {}").format(test, row), [written])
            return bool((found.fetchone() or [False])[0])
    except psycopg.Error:
        if connection.closed:
            raise
        return False


def _columns(node: Node) -> set[str]:
    """The columns that an expression names."""
    return {
        text_of for found in _nodes(node, "ColumnRef") for text_of in strings(found.fields)[-1:]
    }


def _may_run(node: Node, harmless: set[str] | None) -> bool:
    """Whether an expression runs nothing but functions that are known; None where any may run.

    A name without a schema is of pg_catalog, where alone they are looked for.
    """
    if harmless is None:
        return True
    called = [strings(found.funcname) for found in _nodes(node, "FuncCall")]
    named = [strings(found.names) for found in _nodes(node, "TypeName")]
    named += [strings(found.name) for found in _nodes(node, "A_Expr")]
    are_own = all(len(name) == 1 or name[0] == "pg_catalog" for name in (*called, *named))
    return (
        are_own and {name[-1] for name in called} <= harmless and not any(_nodes(node, "SubLink"))
    )


def _nodes(node: Node, kind: str) -> Iterator[Any]:
    return (found for _, found in walk(node) if type(found).__name__ == kind)
