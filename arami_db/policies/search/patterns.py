"""Texts that match a pattern of LIKE or a regular expression."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_CLASSES = {
    "CATEGORY_DIGIT": "1",
    "CATEGORY_WORD": "a",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_NOT_WORD": "-",
    "CATEGORY_NOT_SPACE": "a",
}
Choose = Callable[[Sequence[Any]], Any]
_POSIX = {"alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "space": r"\s", "upper": "A-Z"}


def _first(options: Sequence[Any]) -> Any:
    return options[0]


def like_samples(pattern: str) -> Iterator[str]:
    """Texts that a pattern of LIKE matches, the shortest first.

    Args:
        pattern: the pattern.
    """
    for filler in ("", "x", "arami"):
        yield re.sub(
            r"\\(.)|%|_",
            lambda found, filler=filler: found[1] or (filler if found[0] == "%" else "x"),  # type: ignore[misc]
            pattern,
        )


def regex_samples(pattern: str) -> Iterator[str]:
    """Texts that a regular expression matches, as far as it is one of Python's as well.

    Args:
        pattern: the expression.
    """
    for name, inside in _POSIX.items():
        pattern = pattern.replace(f"[:{name}:]", inside)
    pattern = pattern.replace(r"\m", r"\b").replace(r"\M", r"\b").replace(r"\y", r"\b")
    try:
        from re import _parser  # type: ignore[attr-defined]

        parsed = _parser.parse(pattern)
    except (re.error, ImportError):
        return
    for most in (0, 1, 8):
        made = "".join(_sample(one, most) for one in parsed)
        yield made
        yield f"a {made} z"
    for _ in range(3):  # another each time, where there are many
        yield "".join(_sample(one, 12, secrets.choice) for one in parsed)


def _sample(part: Any, most: int, choose: Choose = _first) -> str:
    """A text for one part of a parsed expression; repeats as few as may be, or up to some more."""
    op, value = part
    match str(op):
        case "LITERAL":
            return chr(int(value))
        case "NOT_LITERAL":
            return "b" if value == ord("a") else "a"
        case "ANY":
            return "a"
        case "IN":
            return _member(list(value), choose)
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, limit, inside = value
            count = min(int(limit), max(int(least), most))
            return "".join(_sample(one, most, choose) for _ in range(count) for one in inside)
        case "BRANCH":
            return "".join(_sample(one, most, choose) for one in choose(value[1]))
        case "SUBPATTERN":
            return "".join(_sample(one, most, choose) for one in value[-1])
    return ""


def _member(options: Any, choose: Choose) -> str:
    kinds = [(str(op), value) for op, value in options]
    if kinds[0][0] == "NEGATE":
        taken = {chr(v) for op, v in kinds if op == "LITERAL"}
        return next(c for c in "ab1-_ Z~" if c not in taken)
    op, value = choose(kinds)
    if op == "CATEGORY":
        return _CLASSES.get(str(value), "a")
    return chr(choose(range(value[0], value[1] + 1)) if op == "RANGE" else value)
