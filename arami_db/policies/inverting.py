"""What the parts of an expression have to be for it to have a value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from arami_db.policies.claims import bare, string
from arami_db.policies.measuring import Answer, Server
from arami_db.policies.splitting import denied
from arami_db.policies.tree import TRUE, Expr, literal, walk
from arami_db.policies.worlds import Env, Place, World, place_of

Goal = tuple[Expr, Env]
Step = tuple[World, tuple[Goal, ...]]
_CONDITIONS = {"and", "or", "not", "test", "any", "all", "in", "exists"}
_COMPARING = {"=", "<>", "<", ">", "<=", ">=", "~~", "~", "@>", "<@", "&&", "?"}
_UNDONE = {"+": "-", "-": "+", "*": "/", "/": "*", "#": "#"}
_CASES = {"lower": str.lower, "upper": str.upper, "initcap": str.title}
# What these make of a value may be the value itself; the server says whether it is.
_PERHAPS_SAME = {
    "btrim", "ltrim", "rtrim", "trim", "replace", "regexp_replace", "abs", "round", "floor",
    "ceil", "ceiling", "trunc", "date_trunc", "date", "timezone", "left", "right", "substr",
    "substring", "to_jsonb", "to_json", "text", "greatest", "least", "nullif", "unaccent",
    "translate", "quote_literal", "to_tsvector", "reverse", "any_value", "bool_or", "bool_and",
    "every", "max", "min", "sum", "avg",
}  # fmt: skip
_BOUNDS = {"lower": '["{}",)', "upper": '(,"{}")'}  # of a range
_TYPES = {
    "array": "[]", "object": "{}", "string": '"a"', "number": "1", "boolean": "true",
}  # fmt: skip
_ARRAYS = {"array_agg", "jsonb_agg", "json_agg"}
_LENGTHS = {"length", "char_length", "character_length", "octet_length", "bit_length"}
_SIZES = {"array_length", "cardinality", "jsonb_array_length", "json_array_length", "array_upper"}


@dataclass(frozen=True)
class Spot:
    """Where an expression stands: in which world, among which rows."""

    server: Server
    world: World
    env: Env

    def put(self, place: Place, value: object) -> Iterator[Step]:
        """The world with a value, if it can have it.

        Args:
            place: where.
            value: the value.
        """
        made = self.world.put(place, value)
        if made is not None:
            yield made, ()

    def value(self, part: Expr) -> Answer | None:
        """What an expression is here.

        Args:
            part: one whose values are all known.
        """
        return self.server.value(part, self.env, self.world)


def want(part: Expr, value: str | None, spot: Spot) -> Iterator[Step]:
    """Worlds in which an expression has, or may have, a value.

    Args:
        part: the expression.
        value: as text; None for null.
        spot: where it stands.
    """
    if part.kind == "const":
        if string(part) == value:
            yield spot.world, ()
        return
    place = place_of(part, spot.env)
    if place is not None:
        yield from _at_place(part, place, value, spot)
    elif part.kind == "cast":
        yield from want(part.args[0], value, spot)
    elif part.kind in _CONDITIONS or (part.kind == "op" and part.name in _COMPARING):
        yield from _condition(part, value, spot)
    elif value is None:
        for arg in part.args:
            yield from want(arg, None, spot)
    elif part.kind == "op":
        yield from _operation(part, value, spot)
    elif part.kind == "call":
        yield from _call(part, value, spot)
    elif part.kind == "case":
        yield from _case(part, value, spot)
    elif part.kind == "array" and len(part.args) == 1:
        yield from want(part.args[0], value.strip('{}"'), spot)
    elif part.kind == "index":
        yield from _index(part, value, spot)


def _condition(part: Expr, value: str | None, spot: Spot) -> Iterator[Step]:
    if value is None:
        return
    yield spot.world, ((part if value in {"true", "t"} else denied(part), spot.env),)


def _at_place(part: Expr, place: Place, value: str | None, spot: Spot) -> Iterator[Step]:
    """A value at a place; below a key, as JSON has it: as text where it is taken out as text."""
    column = spot.world.column(place)
    is_json = column is not None and column.type in {"json", "jsonb"}
    if value is None or (len(place) == 2 and column is not None and not is_json):
        yield from spot.put(place, value)
        return
    part = bare(part)
    as_text = part.kind != "op" or part.name.endswith(">>")
    if is_json or place[0] != "settings" or len(place) > 2:
        with suppress(ValueError):
            found = json.loads(value)
            if isinstance(found, dict) and not as_text:
                yield from _document(place, found, spot)
                return
            if not as_text or isinstance(found, bool):
                yield from spot.put(place, found)
                return
            if is_json and len(place) == 2:
                yield from _document(place, found, spot)
                return
    yield from spot.put(place, value)


def _document(place: Place, found: object, spot: Spot) -> Iterator[Step]:
    """A JSON document key by key, so that others may stand beside."""
    if not isinstance(found, dict) or not found:
        yield from spot.put(place, json.dumps(found) if len(place) == 2 else found)
        return
    worlds = [spot.world]
    for key, value in found.items():
        here = [replace(spot, world=world) for world in worlds]
        worlds = [made for one in here for made, _ in _document((*place, key), value, one)]
    yield from ((world, ()) for world in worlds)


def _operation(part: Expr, value: str, spot: Spot) -> Iterator[Step]:
    if len(part.args) != 2:
        opposite = value[1:] if value.startswith("-") else f"-{value}"
        yield from want(part.args[0], opposite, spot)
        return
    for place, (side, other) in enumerate((part.args, part.args[::-1])):
        known = spot.value(other) if is_known(other, spot) else None
        if known is None or known[0] is None:
            continue
        for target in _inverse(part.name, value, (other, known), spot, is_right=place == 1):
            yield from want(side, target, spot)


def _inverse(
    name: str, value: str, known: tuple[Expr, Answer], spot: Spot, *, is_right: bool
) -> Iterator[str]:
    """What the unknown side of an operation has to be; is_right: it is the right one."""
    other, (text, kind) = known[0], (known[1][0] or "", known[1][1])
    if name == "||":
        if is_right and value.startswith(text):
            yield value[len(text) :]
        if not is_right and value.endswith(text):
            yield value[: len(value) - len(text)]
        yield value
    elif name == "&":
        yield from (text, value, "0")
    elif name == "|":
        yield from (value, "0")
    elif name == "%":
        yield from (value, "0", "1", text)
    elif name in {"->", "->>", "#>", "#>>"}:
        yield json.dumps({text: value})
    elif name in _UNDONE:
        yield from _undone(name, value, (other, kind), spot, is_right=is_right)


def _undone(
    name: str, value: str, other: tuple[Expr, str], spot: Spot, *, is_right: bool
) -> Iterator[str]:
    """By arithmetic, as the server does it, with each type that the value may have."""
    part, kind = other
    kinds = {"interval": ("timestamptz", "interval"), "date": ("integer", "date")}
    guesses = kinds.get(kind, (kind, "numeric", "interval", "timestamptz"))
    undo = name if is_right and name in {"-", "/"} else _UNDONE[name]
    for guess in guesses:
        mine = Expr("cast", guess, (literal(value),))
        args = (part, mine) if is_right and name in {"-", "/"} else (mine, part)
        answer = spot.value(Expr("op", undo, args))
        if answer is not None and answer[0] is not None:
            yield answer[0]
            return


def _call(part: Expr, value: str, spot: Spot) -> Iterator[Step]:
    name, args = part.path[-1], part.args
    if name in _BOUNDS:
        yield from want(args[0], _BOUNDS[name].format(value), spot)
    if name in _CASES:
        for text in dict.fromkeys((value, value.lower(), value.upper(), value.title())):
            if _CASES[name](text) == value:
                yield from want(args[0], text, spot)
    elif name == "coalesce":
        for count, arg in enumerate(args):
            for world, goals in want(arg, value, spot):
                nulls = tuple((Expr("test", "null", (one,)), spot.env) for one in args[:count])
                yield world, (*nulls, *goals)
    elif name in _LENGTHS and value.isdigit():
        yield from want(args[0], "a" * min(int(value), 10**5), spot)
    elif name in _SIZES and value.isdigit():
        yield from _of_size(args[0], int(value), spot)
    elif name in _ARRAYS:
        yield from want(args[0], value.strip('{}[]"'), spot)
    elif name in {"split_part", "string_to_array", "foldername", "regexp_split_to_array"}:
        yield from _parts(part, [value.strip('{}"')], spot)
    elif name in {"date_part", "extract"} and len(args) == 2:
        yield from _date_part(string(args[0]) or "", args[1], value, spot)
    elif name in {"jsonb_typeof", "json_typeof"} and value in _TYPES:
        yield from want(args[0], _TYPES[value], spot)
    elif name in {"jsonb_path_exists", "jsonb_path_match"}:
        yield from want(args[0], json_for(string(args[1]) or ""), spot)
    elif name == "concat":
        for arg in args:
            yield from want(arg, value, spot)
    elif name in _PERHAPS_SAME:
        place = 1 if name in {"date_trunc", "timezone"} else 0
        yield from want(args[place], value, spot)


def _of_size(part: Expr, count: int, spot: Spot) -> Iterator[Step]:
    if count <= 1000:
        for element in ("1", "00000000-0000-4000-8000-000000000000", "a"):
            yield from want(part, "{" + ",".join([element] * count) + "}", spot)
        yield from want(part, json.dumps([1] * count), spot)


def _parts(part: Expr, texts: list[str], spot: Spot, number: int = 1) -> Iterator[Step]:
    """A text that falls into parts, one of which is wanted; of a path, a file's name is none."""
    name, args = part.path[-1], part.args
    between = "/" if name == "foldername" else string(args[1]) if args[1:] else None
    if name == "split_part":
        number = int(string(args[2]) or 1)
    if between is not None and 0 < number < 20:
        made = between.join([*["x"] * (number - 1), *texts])
        yield from want(args[0], made + ("/x" if name == "foldername" else ""), spot)


def _date_part(field: str, part: Expr, value: str, spot: Spot) -> Iterator[Step]:
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
        yield from want(part, found, spot)
    elif field == "epoch":
        answer = spot.value(Expr("call", "", (Expr("const", str(n)),), ("to_timestamp",)))
        yield from want(part, answer[0] if answer else None, spot)


def _case(part: Expr, value: str, spot: Spot) -> Iterator[Step]:
    before: tuple[Goal, ...] = ()
    pairs = zip(part.args[0:-1:2], part.args[1:-1:2], strict=True)
    for condition, result in [*pairs, (TRUE, part.args[-1])]:
        for world, goals in want(result, value, spot):
            yield world, (*before, (condition, spot.env), *goals)
        before = (*before, (Expr("test", "not true", (condition,)), spot.env))


def _index(part: Expr, value: str, spot: Spot) -> Iterator[Step]:
    number = string(part.args[1])
    if number is None or not number.isdigit():
        return
    array = part.args[0]
    if array.kind == "call":
        yield from _parts(array, [value], spot, int(number))
    elements = [*['"x"'] * (int(number) - 1), f'"{value}"'] if int(number) < 20 else []
    yield from want(array, "{" + ",".join(elements) + "}", spot)


def json_for(path: str) -> str:
    """A document in which a plain path of JSON leads to something.

    Args:
        path: such as $.a.b or $.a ? (@ == 1).
    """
    keys = re.findall(r'\."?([\w-]+)"?', path)
    told = re.search(r'==\s*("[^"]*"|[\d.]+|true|false)', path)
    found = json.loads(told[1]) if told else True
    for key in reversed(keys):
        found = {key: found}
    return json.dumps(found)


def unknowns(part: Expr, world: World, env: Env) -> Mapping[Place, Expr]:
    """The places that an expression reads and that have no value yet, and by which part.

    Args:
        part: the expression.
        world: where they have none.
        env: which row each name is.
    """
    place = place_of(part, env)
    if place is not None:
        return {} if world.has(place) else {place: part}
    found: dict[Place, Expr] = {}
    for arg in part.args:
        found |= unknowns(arg, world, env)
    return found


def is_known(part: Expr, spot: Spot) -> bool:
    """Whether all that an expression reads is known, and the server may be asked for it.

    Args:
        part: the expression.
        spot: where it stands.
    """
    is_taken_apart = any(one.kind == "element" for one in walk(part))
    return not (unknowns(part, spot.world, spot.env) or has_query(part) or is_taken_apart)


def has_query(part: Expr) -> bool:
    """Whether an expression looks at other tables, or at what is not in the tree.

    Args:
        part: the expression.
    """
    if part.query is not None or (part.kind == "opaque" and part.args):
        return True
    return any(has_query(arg) for arg in part.args)
