"""Write the tree of an expression as SQL."""

from __future__ import annotations

from collections.abc import Callable

from arami_db.files.definitions.names import quoted
from arami_db.policies.expressions.tree import Expr, Query, Source
from arami_db.rows.tables import Path

_GRAMMAR = {"coalesce", "nullif", "greatest", "least"}  # no functions, and no names in quotes
Wording = Callable[[Path], str]


def table_name(path: Path) -> str:
    """A table as SQL names it.

    Args:
        path: schema and name.
    """
    return ".".join(map(quoted, path))


def text(part: Expr, wording: Wording = table_name) -> str:
    """An expression as SQL.

    Args:
        part: the expression.
        wording: how tables are named.
    """
    match part.kind:
        case "const" | "opaque":
            return part.name
        case "param":
            return f"${part.name}"
        case "column":
            return ".".join(map(quoted, part.path))
        case "star":
            return ".".join([*map(quoted, part.path), "*"])
        case "exists" | "scalar" | "in" | "list":
            return _of_query(part, wording)
        case "call":
            return _call(part, wording)
        case "case":
            return _case([text(arg, wording) for arg in part.args])
    return _of_operands(part, wording, [inner(arg, wording) for arg in part.args])


def _of_operands(part: Expr, wording: Wording, args: list[str]) -> str:
    match part.kind:
        case "and" | "or":
            return f" {part.kind} ".join(args)
        case "not":
            return f"not {args[0]}"
        case "test":
            return f"{args[0]} is {part.name}" + (f" {args[1]}" if args[1:] else "")
        case "any" | "all":
            return _of_listed(part, args[0], wording)
        case "op":
            return f"{args[0]} {part.name} {args[1]}" if args[1:] else f"{part.name} {args[0]}"
        case "named":
            return f"{quoted(part.name)} => {text(part.args[0], wording)}"
        case "cast":
            return f"{args[0]}::{part.name}"
        case "array" | "row":
            listed = ", ".join(text(arg, wording) for arg in part.args)
            return f"array[{listed}]" if part.kind == "array" else f"row({listed})"
        case "index":
            bare = part.args[0].kind in {"column", "index"}
            return f"{args[0] if bare else f'({args[0]})'}[{text(part.args[1], wording)}]"
    return f"({args[0]}).{quoted(part.name)}"


def _of_listed(part: Expr, value: str, wording: Wording) -> str:
    """A comparison with a list; as IN the list has the value's type, where an array has its own."""
    word = {("any", "="): "in", ("all", "<>"): "not in"}.get((part.kind, part.name))
    listed = part.args[1]
    if word and listed.args and listed.kind == "array":
        return f"{value} {word} ({', '.join(text(one, wording) for one in listed.args)})"
    return f"{value} {part.name} {part.kind} ({text(listed, wording)})"


_ALONE = {"const", "column", "call", "exists", "scalar", "list", "array", "row", "case", "index"}


def inner(part: Expr, wording: Wording = table_name) -> str:
    """An expression as SQL within another: in brackets unless it cannot be torn apart.

    Args:
        part: the expression.
        wording: how tables are named.
    """
    written = text(part, wording)
    is_signed = part.kind == "const" and written.startswith("-")
    return written if part.kind in {*_ALONE, "cast"} and not is_signed else f"({written})"


def _call(part: Expr, wording: Wording) -> str:
    args = [text(arg, wording) for arg in part.args]
    if part.name == "keyword":
        return part.path[0]
    if part.name == "variadic":
        args[-1] = f"variadic {args[-1]}"
    if part.name == "distinct":
        args[0] = f"distinct {args[0]}"
    inside = "*" if part.name == "*" else ", ".join(args)
    name = part.path[0] if part.path[0] in _GRAMMAR else ".".join(map(quoted, part.path))
    return f"{name}({inside})"


def _case(args: list[str]) -> str:
    pairs = zip(args[0:-1:2], args[1:-1:2], strict=True)
    written = " ".join(f"when {condition} then {result}" for condition, result in pairs)
    return f"case {written} else {args[-1]} end"


def _of_query(part: Expr, wording: Wording) -> str:
    if part.query is None:  # never made so
        return "null"
    inside = f"({query_text(part.query, wording)})"
    if part.kind == "in":
        return f"{inner(part.args[0], wording)} {part.name} any {inside}"
    return {"exists": "exists ", "list": "array", "scalar": ""}[part.kind] + inside


def query_text(query: Query, wording: Wording = table_name) -> str:
    """A query as SQL.

    Args:
        query: the query.
        wording: how tables are named.
    """
    written = "select distinct" if query.distinct else "select"
    if query.target is not None:
        parts = query.target.args if query.target.kind == "row" else (query.target,)
        written += " " + ", ".join(text(part, wording) for part in parts)
    for place, source in enumerate(query.sources):
        written += _source(source, wording, is_first=place == 0)
    if query.where is not None:
        written += f" where {text(query.where, wording)}"
    return f"{written} {query.tail}".rstrip()


def _source(source: Source, wording: Wording, *, is_first: bool) -> str:
    if source.query is not None:
        named = f"({query_text(source.query, wording)})"
    else:
        named = text(source.call, wording) if source.call else wording(source.table or ("", ""))
    columns = f" ({', '.join(map(quoted, source.columns))})" if source.columns else ""
    named = f"{named} as {quoted(source.alias)}{columns}"
    if is_first:
        return f" from {named}"
    if source.on is None:
        return f" cross join {named}"
    return f" {'left' if source.left else 'inner'} join {named} on {text(source.on, wording)}"
