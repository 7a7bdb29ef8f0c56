"""Invert functions: which arguments give a result."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from arami_db.policies.expressions.claims import string
from arami_db.policies.expressions.tree import Expr, literal
from arami_db.policies.search.goals import Spot, is_known
from arami_db.policies.search.patterns import regex_samples

Wanted = tuple[Expr, str | None]  # an expression, and what it has to be
_CASES = {"lower": str.lower, "upper": str.upper, "initcap": str.title}
# What these make of a value may be the value itself; the server says whether it is.
_PERHAPS_SAME = {
    "btrim", "ltrim", "rtrim", "trim", "replace", "regexp_replace", "abs", "round", "floor",
    "ceil", "ceiling", "trunc", "date_trunc", "date", "timezone", "left", "right", "substr",
    "substring", "to_jsonb", "to_json", "text", "greatest", "least", "nullif", "unaccent",
    "translate", "quote_literal", "to_tsvector", "reverse", "any_value", "bool_or", "bool_and",
    "every", "max", "min", "sum", "avg",
}  # fmt: skip
_BOUNDS = {  # of a range
    "lower": ('["{}",)', '["{}","3000-01-01")', '["{}",2000000000)'),
    "upper": ('(,"{}")', '["1900-01-01","{}")', '[-2000000000,"{}")'),
}
_FINDING = {
    "starts_with", "position", "strpos", "substring", "regexp_match", "regexp_replace",
    "regexp_substr",
}  # fmt: skip
_TYPES = {
    "array": "[]", "object": "{}", "string": '"a"', "number": "1", "boolean": "true",
}  # fmt: skip
_PARTING = {"split_part", "string_to_array", "foldername", "regexp_split_to_array"}
_ARRAYS = {"array_agg", "jsonb_agg", "json_agg"}
_LENGTHS = {"length", "char_length", "character_length", "octet_length", "bit_length"}
_SIZES = {"array_length", "cardinality", "jsonb_array_length", "json_array_length", "array_upper"}


def _texts(part: Expr, value: str, spot: Spot) -> Iterator[Wanted]:
    """What a text has to be for a part of it, or its beginning, to be found."""
    name, args = part.path[-1], part.args
    other = spot.value(args[1]) if is_known(args[1], spot) else None
    if other is None or other[0] is None:
        return
    if name in {"starts_with", "position", "strpos"}:
        number = int(value) if value.isdigit() else 1
        before = "x" * (min(number, 99) - 1)
        yield args[0], f"{before}{other[0]}"
        yield args[0], f"{before}{other[0]}/x"
        return
    # What stands in the first brackets is what is taken out.
    pattern = re.sub(r"\((?!\?)[^()]*\)", lambda _: re.escape(value), other[0], count=1)
    yield from ((args[0], text) for text in regex_samples(pattern))
    yield from ((args[0], f"{value}{end}") for end in ("", "/x", ".x"))


def arguments(part: Expr, value: str, spot: Spot) -> Iterator[Wanted]:
    """What the arguments of a call have to be for it to have a value.

    Args:
        part: the call.
        value: as text.
        spot: where it stands.
    """
    name, args = part.path[-1], part.args
    if not args:
        return
    if name in _FINDING and len(args) > 1:
        yield from _texts(part, value, spot)
    if name in _BOUNDS:
        yield from ((args[0], bounds.format(value)) for bounds in _BOUNDS[name])
    if name in _CASES:
        texts = dict.fromkeys((value, value.lower(), value.upper(), value.title()))
        yield from ((args[0], text) for text in texts if _CASES[name](text) == value)
    elif name in _PARTING:
        yield from _parts(part, [value.strip('{}"')])
    elif name in {"date_part", "extract"} and len(args) == 2:
        yield from _date_part(string(args[0]) or "", args[1], value, spot)
    elif name == "age":
        yield from _age(args, value, spot)
    elif name in {"filename", "extension"}:
        yield args[0], value if name == "filename" else f"x.{value}"
    elif name == "concat":
        yield from ((arg, value) for arg in args)
    elif name in _PERHAPS_SAME:
        yield args[1 if name in {"date_trunc", "timezone"} else 0], value
    else:
        yield from ((args[0], text) for text in _sources(name, args, value))


def _sources(name: str, args: tuple[Expr, ...], value: str) -> Iterator[str]:
    """What the first argument has to be, for functions that say something about it."""
    if name in _LENGTHS and value.isdigit():
        yield "a" * min(int(value), 10**5)
    elif name in _SIZES and value.isdigit():
        yield from _of_size(int(value))
    elif name in _ARRAYS:
        yield value.strip('{}[]"')
    elif name in {"jsonb_typeof", "json_typeof"} and value in _TYPES:
        yield _TYPES[value]
    elif name in {"jsonb_path_exists", "jsonb_path_match"}:
        yield json_for(string(args[1]) or "")
    elif name == "to_timestamp" and len(args) == 1:
        with suppress(ValueError):
            yield str(int(datetime.fromisoformat(value).timestamp()))
    elif name == "decode" and value.startswith("\\x"):
        yield value[2:]


def _of_size(count: int) -> Iterator[str]:
    if count <= 1000:
        for one in ("1", "00000000-0000-4000-8000-000000000000", "a"):
            yield "{" + ",".join([one] * count) + "}"
        yield json.dumps([1] * count)


def _parts(part: Expr, texts: list[str], number: int = 1) -> Iterator[Wanted]:
    """A text that falls into parts, one of which is wanted; of a path, a file's name is none."""
    name, args = part.path[-1], part.args
    between = "/" if name == "foldername" else string(args[1]) if args[1:] else None
    if name == "split_part":
        told = string(args[2]) or ""
        number = int(told) if told.isdigit() else 0
    if between is not None and 0 < number < 20:
        made = between.join([*["x"] * (number - 1), *texts])
        yield args[0], made + ("/x" if name == "foldername" else "")


def _date_part(field: str, part: Expr, value: str, spot: Spot) -> Iterator[Wanted]:
    number = re.match(r"-?\d+", value)
    if number is None:
        return
    n = int(number[0])
    made = {
        "year": f"{n:04}-06-15 12:00+00",
        "month": f"2024-{n:02}-15 12:00+00",
        "day": f"2024-01-{n:02} 12:00+00",
        "hour": f"2024-01-01 {n:02}:00",
        "minute": f"2024-01-01 12:{n:02}",
        "dow": f"2024-01-{7 + n:02} 12:00",
        "isodow": f"2024-01-{7 + n:02} 12:00",
    }
    if found := made.get(field):
        yield part, found
    elif field == "epoch":
        answer = spot.value(Expr("call", "", (Expr("const", str(n)),), ("to_timestamp",)))
        yield part, answer[0] if answer else None


def _age(args: tuple[Expr, ...], value: str, spot: Spot) -> Iterator[Wanted]:
    """A moment so long before another: before today, where none is said."""
    mine = Expr("cast", "interval", (literal(value),))
    today = Expr("cast", "timestamptz", (literal("today"),))
    sides = [(args[-1], args[0] if len(args) == 2 else today, "-")]
    sides += [(args[0], args[1], "+")] if len(args) == 2 else []
    for side, other, how in sides:
        if is_known(other, spot) and (answer := spot.value(Expr("op", how, (other, mine)))):
            yield side, answer[0]


def element(part: Expr, value: str) -> Iterator[Wanted]:
    """What an array has to be for one of its elements to have a value.

    Args:
        part: the element.
        value: as text.
    """
    number = string(part.args[1])
    if number is None or not number.isdigit():
        return
    array = part.args[0]
    if array.kind == "call" and array.path[-1] == "regexp_match":
        yield array, value
    elif array.kind == "call":
        yield from _parts(array, [value], int(number))
    elements = [f'"{value}"'] * min(int(number), 20)
    yield array, "{" + ",".join(elements) + "}"


def json_for(path: str) -> str:
    """A document in which a plain path of JSON leads to something.

    Args:
        path: such as $.a.b or $.a ? (@ == 1).
    """
    keys = re.findall(r'\."?([\w-]+)"?', path)
    told = re.search(r'(==|>=?|<=?)\s*("[^"]*"|[\d.]+|true|false)', path)
    found = json.loads(told[2]) if told else True
    if told and told[1] in {">", "<"}:
        found = float(found) + (1 if told[1] == ">" else -1)
    for key in reversed(keys):
        found = {key: found}
    return json.dumps(found)
