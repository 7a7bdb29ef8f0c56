"""Names as the facts write them, from parse trees."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from postgast import scan

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import FunctionParameter, Node, ObjectWithArgs, RangeVar, TypeName

_PLAIN = re.compile("[a-z_][a-z0-9_]*")
_PARTS = re.compile(r'"(?:[^"]|"")*"|[^".]+')
_UNRESERVED = (0, 1)  # not a keyword, or one that may be any name
# The parser's names of types, and the names of the SQL standard.
_STANDARD = {
    "bool": "boolean",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "varchar": "character varying",
    "bpchar": "character",
    "varbit": "bit varying",
    "time": "time without time zone",
    "timetz": "time with time zone",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "char": '"char"',
}


@cache
def quoted(name: str) -> str:
    """A name as quote_ident writes it."""
    if _PLAIN.fullmatch(name) and scan(name).tokens[0].keyword_kind in _UNRESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def qualified(*names: str) -> str:
    """A name with its schema; the default is public, as in a migration's search_path."""
    parts = [name for name in names if name]
    return ".".join(map(quoted, ["public", *parts] if len(parts) == 1 else parts))


def relation(node: RangeVar) -> str:
    """The name of a table, view, index or sequence."""
    return qualified(node.schemaname, node.relname)


def strings(nodes: Iterable[Node]) -> list[str]:
    """A name written as a list of its parts."""
    return [node.string.sval for node in nodes]


def type_name(node: TypeName) -> str:
    """A type as format_type writes it, without its modifiers."""
    names = strings(node.names)
    if len(names) == 2 and names[0] == "pg_catalog":
        names = names[1:]
    last = names[-1] if names else ""
    written = _STANDARD.get(last, last) if len(names) < 2 else qualified(*names)
    return written + ("[]" if node.array_bounds else "")


def signature(names: Iterable[Node], parameters: Iterable[FunctionParameter]) -> str:
    """A function with the types of its arguments."""
    given = [type_name(p.arg_type) for p in parameters if _is_given(p)]
    return f"{qualified(*strings(names))}({', '.join(given)})"


def called(node: ObjectWithArgs) -> str:
    """A function as named in a statement."""
    if node.objfuncargs:
        return signature(node.objname, (a.function_parameter for a in node.objfuncargs))
    given = [type_name(argument.type_name) for argument in node.objargs]
    return f"{qualified(*strings(node.objname))}({', '.join(given)})"


def _is_given(parameter: FunctionParameter) -> bool:
    from postgast.pg_query_pb2 import FUNC_PARAM_OUT, FUNC_PARAM_TABLE

    return parameter.mode not in {FUNC_PARAM_OUT, FUNC_PARAM_TABLE}


def parts_of(name: str) -> list[str]:
    """The parts of a qualified name, still quoted."""
    return _PARTS.findall(name)


def relation_of(table: str) -> tuple[str, str]:
    """A table's schema, still quoted, and its name without quotes."""
    schema, name = parts_of(table)[:2]
    return schema, name[1:-1].replace('""', '"') if name.startswith('"') else name
