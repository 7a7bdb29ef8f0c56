"""JSON that a check may accept, guessed from comments and checks; the server decides.

A wrong guess does no harm: what the check refuses is not shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

_EXISTS = re.compile(r'exists \([$@]\."(\w+)"\)')
_OPTIONAL = re.compile(r'@\."key" == "(\w+)"')
_DIRECT = re.compile(r'[$@]\."(\w+)"(?:\.type\(\)| [=<>!]| starts| like)')
_IN_SQL = re.compile(r"(?:->>?|\?) '(\w+)'")
_IN_ARRAY = re.compile(r"\?[&|] (?:ARRAY\[|CAST\(ARRAY\[)([^\]]*)\]", re.IGNORECASE)
_LITERAL = re.compile(r"'([^']*)'|(?<![\w.$])(-?\d+(?:\.\d+)?)(?![\w.])")
_TYPE = re.compile(r'\.type\(\) == "(string|number|boolean|array|object)"')
_BOUND = re.compile(r"(>=|<=|>|<) \(?(-?\d+(?:\.\d+)?)")
_ELEMENT = re.compile(r'\[\*\] *\? *\(@\.type\(\) != "(\w+)"\)')
_SAMPLES: dict[str, Any] = {
    "string": "text",
    "number": 1,
    "boolean": True,
    "array": [],
    "object": {},
}
_MOST = 200
_NOT_KEYS = {"key", "value"}


@dataclass(frozen=True)
class Found:
    """A key that a check names: values to try, and apparent bounds."""

    name: str
    values: tuple[Any, ...]
    bounds: tuple[float, ...] = ()


def in_comment(comment: str | None) -> Iterator[Any]:
    """The JSON objects and arrays in a comment."""
    decoder = json.JSONDecoder()
    text = comment or ""
    for match in re.finditer(r"[\[{]", text):
        try:
            yield decoder.raw_decode(text, match.start())[0]
        except (ValueError, RecursionError):
            continue


def keys_of(checks: Sequence[str]) -> tuple[Found, ...]:
    """The keys that checks name, in order.

    Args:
        checks: their conditions, as Postgres writes them.
    """
    text = " ".join(checks)
    found = dict[str, Found]()
    named = [name for p in (_EXISTS, _OPTIONAL, _DIRECT, _IN_SQL) for name in p.findall(text)]
    named += [name for array in _IN_ARRAY.findall(text) for name in re.findall(r"'(\w+)'", array)]
    for name in named:
        if name not in found and name not in _NOT_KEYS:
            found[name] = _key(name, text)
    literals = _literals(text, found)
    return tuple(
        key if '."' in text else Found(key.name, (*literals, *key.values), key.bounds)
        for key in found.values()
    )


def _literals(text: str, keys: Mapping[str, Any]) -> tuple[Any, ...]:
    """The constants of a check in plain SQL."""
    found = [word or _number(float(number)) for word, number in _LITERAL.findall(text)]
    return tuple(one for one in dict.fromkeys(found) if one not in keys and one not in _SAMPLES)[:4]


def _key(name: str, text: str) -> Found:
    """The part of the check around a key's value."""
    place = max(text.find(f'@."key" == "{name}"'), 0) or max(text.find(f'."{name}"'), 0)
    near = text[place:]
    # The condition of the next key begins with its name, unless one condition is for both.
    if match := re.search(r'value".*?(?= \|\| \(*@\."key")', near, re.DOTALL):
        near = near[: match.end()]
    kind = match[1] if (match := _TYPE.search(near)) else None
    bounds = tuple(float(b) for _, b in _BOUND.findall(near)) if kind == "number" else ()
    if direct := re.findall(rf'\."{name}" (?:>=|<=|>|<) (-?\d+(?:\.\d+)?)', text):
        kind, bounds = "number", tuple(map(float, direct))
    if kind == "array" and (match := _ELEMENT.search(near)):
        return Found(name, ([_SAMPLES.get(match[1], "text")], []))
    if kind == "number" and bounds:
        middle = _number(sum(bounds[:2]) / len(bounds[:2]))
        return Found(name, (middle, *map(_number, bounds)), bounds[:2])
    constants = tuple(re.findall(rf'\."{name}" == "((?:[^"\\]|\\.)*)"', text))
    others = (_SAMPLES[kind],) if kind else tuple(_SAMPLES.values())
    return Found(name, (*constants[:3], *others))


def _number(value: float) -> float | int:
    return int(value) if value == int(value) else round(value, 4)


def made(checks: Sequence[str]) -> Iterator[Any]:
    """Values that checks may accept, likely ones first.

    Args:
        checks: their conditions, as Postgres writes them.
    """
    found = keys_of(checks)
    chosen = islice(product(*(key.values for key in found)), _MOST)
    objects = [dict(zip((key.name for key in found), values, strict=True)) for values in chosen]
    text = " ".join(checks)
    is_array = "[*]" in text or "'array'" in text or "jsonb_array" in text
    for value in objects if found else ():
        yield from ([value], value) if is_array else (value, [value])
    yield from ({}, ["text"], [1], [{}], [], "text", 1, True)
