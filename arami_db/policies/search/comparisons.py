"""Values with which a comparison with a known value is true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from arami_db.policies.model import ATTACKER, ATTACKER_EMAIL, VICTIM, VICTIM_EMAIL
from arami_db.policies.search.patterns import like_samples, regex_samples

_STEPS = (1, 1000, 10**6)
_OTHERS = {
    ATTACKER: VICTIM,
    VICTIM: ATTACKER,
    ATTACKER_EMAIL: VICTIM_EMAIL,
    "true": "false",
    "false": "true",
}
_MIRRORED = {
    "<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>",
    "@>": "<@", "<@": "@>", "&&": "&&", "!=": "<>",
}  # fmt: skip


def mirrored(operator: str) -> str | None:
    """The operator that says the same with its sides changed; None where there is none.

    Args:
        operator: its name.
    """
    return _MIRRORED.get(operator)


def targets(operator: str, value: str, kind: str) -> Iterator[str]:
    """Values for the left side with which a comparison is true, likely ones first.

    Args:
        operator: its name.
        value: of the right side, as text.
        kind: the type of that.
    """
    match operator:
        case "=" | "is not distinct from" | "&&" | "^@":
            yield value
        case "<@":
            yield value
            yield from _smaller(value, kind)
        case "<<" | "<<=":
            yield value.split("/", maxsplit=1)[0]
        case "@>":
            yield from _holding(value, kind)
        case "<>" | "!=":
            yield from others(value, kind)
        case ">=" | "<=":
            # What is just so now, is not so a moment later.
            is_passing = kind.startswith(("timestamp", "time", "date", "interval"))
            yield from () if is_passing else (value,)
            yield from beyond(value, kind, up=operator == ">=")
            yield value
        case ">" | "<":
            yield from beyond(value, kind, up=operator == ">")
        case "~~" | "~~*":
            yield from like_samples(value)
        case "~" | "~*":
            yield from regex_samples(value)
        case "!~~" | "!~~*" | "!~" | "!~*":
            yield from ("x", "", "arami other", "0")


def others(value: str, kind: str) -> Iterator[str]:
    """Values that are not a value.

    Args:
        value: the value.
        kind: its type.
    """
    if value in _OTHERS:
        yield _OTHERS[value]
    elif kind == "uuid":
        yield VICTIM
        yield ATTACKER
    else:
        yield from beyond(value, kind, up=True)
        yield f"{value}x"
        yield "other"


def beyond(value: str, kind: str, *, up: bool) -> Iterator[str]:
    """Values above another, or below.

    Args:
        value: the other, as text.
        kind: its type.
        up: whether above.
    """
    sign = 1 if up else -1
    with suppress(InvalidOperation):
        number = Decimal(value)
        yield from (str(number + sign * step) for step in _STEPS)
        if kind not in {"smallint", "integer", "bigint"}:
            yield str(number + sign * Decimal("0.01"))
        return
    if kind.startswith(("timestamp", "date", "time")) or re.match(r"\d{4}-\d\d-\d\d", value):
        yield from _moments(value, sign)
    elif kind == "interval":
        yield from ("100 years", "1000000 hours") if up else ("00:00:01", "0", "-100 years")
    elif up:
        yield f"{value}~"
    else:
        yield from ("", value[:-1])


def _moments(value: str, sign: int) -> Iterator[str]:
    days = [sign * timedelta(days=count) for count in (1, 40, 4000)]
    with suppress(ValueError, OverflowError):
        if len(value) <= 10 and value[2] != ":":
            yield from (str(date.fromisoformat(value) + day) for day in days)
        elif value[2:3] == ":":
            clock = time.fromisoformat(value)
            yield str(clock.replace(hour=min(23, clock.hour + 1) if sign > 0 else 0, minute=30))
        else:
            yield from (str(datetime.fromisoformat(value) + day) for day in days)


def _holding(value: str, kind: str) -> Iterator[str]:
    """What contains a value: itself, an array or a range of it."""
    if kind.startswith(("timestamp", "date")):
        early, late = (next(beyond(value, kind, up=up), value) for up in (False, True))
        yield f'["{early}","{late}"]'
    yield value
    if kind.startswith(("timestamp", "date")) or re.fullmatch(r"-?[\d.]+", value):
        yield f'["{value}","{value}"]'
    if not value.startswith("{"):
        yield '{"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"}'


def _smaller(value: str, kind: str) -> Iterator[str]:
    """What a value contains, besides itself."""
    if kind.endswith("[]"):
        yield value[1:-1].split(",", maxsplit=1)[0]
        yield "{}"
    elif kind in {"json", "jsonb"}:
        with suppress(ValueError):
            found = json.loads(value)
            yield "{}" if isinstance(found, dict) else "[]"
    elif found := re.match(r'([\[(])"?([^",]*)"?,"?([^",]*)"?[\])]', value):  # a range's bounds
        yield found[2] or found[3]
        yield from beyond(found[2] or "0", "", up=True)
