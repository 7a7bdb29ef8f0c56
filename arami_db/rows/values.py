"""Values to try in a column, most likely first: text as Postgres reads it, None for null."""

from __future__ import annotations

import json
import re
import secrets
import uuid
from collections.abc import Iterator

from arami_db.rows.tables import Column, Table

DEFAULT = object()  # leave the column out
Value = object  # str, None or DEFAULT

_LITERAL = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w'.])-?\d+(?:\.\d+)?(?![\w.])")
_PLAIN = ("a", "abc", "ABC", "0", "UTC")
_BY_TYPE = {
    "boolean": ("false", "true"),
    "date": ("today", "2000-01-01", "2100-01-01"),
    "timestamp with time zone": ("now", "2000-01-01", "2100-01-01"),
    "timestamp without time zone": ("now", "2000-01-01", "2100-01-01"),
    "time without time zone": ("12:00",),
    "time with time zone": ("12:00+00",),
    "interval": ("1 hour", "1 day"),
    "json": ("{}", "[]", '"a"', "0"),
    "jsonb": ("{}", "[]", '"a"', "0"),
    "bytea": ("\\x00",),
    "inet": ("192.0.2.1",),
    "cidr": ("192.0.2.0/24",),
    "macaddr": ("00:00:5e:00:53:01",),
    "xml": ("<a/>",),
    "point": ("(0,0)",),
    "bit": ("0",),
}


def candidates(table: Table, column: Column) -> list[Value]:
    """Values to try in a column, including those that its checks and policies mention."""
    definitions = [c.definition for c in table.checks.values() if column.name in c.columns]
    literals = [
        found.replace("''", "'") for text in definitions for found in _LITERAL.findall(text)
    ]
    policies = {found.replace("''", "'") for found in _LITERAL.findall(table.policies)}
    literals.sort(key=lambda literal: literal not in policies)
    numbers = [found for text in definitions for found in _NUMBER.findall(_LITERAL.sub("", text))]
    tried: list[Value] = [DEFAULT] if column.default else []
    tried += _of_type(column, literals, numbers)
    if not column.required:
        tried.append(None)
    return list(dict.fromkeys(tried))


def is_free(table: Table, column: Column) -> bool:
    """Whether a column may have any text: no key, check or policy uses it."""
    held = {name for key in table.keys for name in key.columns}
    held |= {name for key in table.foreign_keys for name in key.columns}
    held |= {name for check in table.checks.values() for name in check.columns}
    is_compared = re.search(rf"\b{re.escape(column.name)}\b", table.policies) is not None
    return column.category == "S" and column.name not in held and not is_compared


def word() -> str:
    """A text that cannot be guessed: 12 characters, the first a letter.

    Text search splits a text that begins like a number, such as 1e5, into several words.
    """
    return secrets.choice("abcdef") + secrets.token_hex(6)[1:]


def argument(type_name: str) -> str | None:
    """A value for an argument of a function whose meaning is unknown."""
    if type_name in {"smallint", "integer", "bigint", "numeric", "real", "double precision"}:
        return "1"
    if type_name in {"text", "character varying"}:
        return "a"
    if type_name.endswith("[]"):
        return "{}"
    return _BY_TYPE.get(type_name, (None,))[0]


def _of_type(column: Column, literals: list[str], numbers: list[str]) -> Iterator[Value]:
    if column.labels:
        yield from column.labels
    elif column.type == "uuid":
        yield str(uuid.uuid4())
    elif column.category == "S":
        yield from literals
        yield from (text[: column.length] for text in _texts(numbers))
    elif column.category == "N":
        yield from _numbers(numbers)
    elif column.category == "A":
        yield "{}"
        yield from ("{" + ",".join(f'"{literal}"' for literal in literals[:1]) + "}", "{1}")
    elif column.category == "R":
        yield from _ranges(column)
    else:
        if column.type == "bytea":
            yield "\\x" + secrets.token_hex(16)
        yield from _BY_TYPE.get(column.type, ("", "0", "{}"))
        is_json = column.type in {"json", "jsonb"}
        yield from [json.dumps(dict.fromkeys(literals, "a"))] if is_json else literals


def _ranges(column: Column) -> Iterator[str]:
    """Ranges that hardly overlap, and one that overlaps none."""
    is_multiple = column.type.endswith("multirange")
    bounds = ""
    if column.type.startswith(("date", "ts")):
        first = f"{2031 + secrets.randbelow(60)}-{1 + secrets.randbelow(12):02}"
        bounds = f"[{first}-01,{first}-02)"
    elif column.type.startswith(("int", "num")):
        number = 1000 + 2 * secrets.randbelow(1_000_000)
        bounds = f"[{number},{number + 1})"
    if bounds:
        yield f"{{{bounds}}}" if is_multiple else bounds
    yield "{}" if is_multiple else "empty"


def _texts(numbers: list[str]) -> Iterator[str]:
    yield word()
    for number in numbers:
        for length in (int(float(number)), int(float(number)) + 1, int(float(number)) - 1):
            if 0 <= length <= 1000:
                yield (word() * (length // 12 + 1))[:length]
    unique = word()
    yield from (f"{unique}@example.com", f"https://example.com/{unique}")
    yield f"+351{secrets.randbelow(10**9):09}"
    yield from _PLAIN


def _numbers(numbers: list[str]) -> Iterator[str]:
    yield from ("1", "0")
    for number in numbers:
        yield number
        if "." not in number:
            yield from (str(int(number) + 1), str(int(number) - 1))
    yield from ("2", "0.5", "10", "100", str(secrets.randbelow(30_000)))
