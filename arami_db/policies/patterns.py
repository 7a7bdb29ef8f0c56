"""Texts that match a pattern of LIKE or a regular expression."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_CLASSES = {
    "CATEGORY_DIGIT": "1",
    "CATEGORY_WORD": "a",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_NOT_WORD": "-",
    "CATEGORY_NOT_SPACE": "a",
}
_POSIX = {"alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "space": r"\s", "upper": "A-Z"}


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


def _sample(part: Any, most: int) -> str:
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
            return _member(list(value))
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, limit, inside = value
            count = min(int(limit), max(int(least), most))
            return "".join(_sample(one, most) for one in inside) * count
        case "BRANCH":
            return "".join(_sample(one, most) for one in value[1][0])
        case "SUBPATTERN":
            return "".join(_sample(one, most) for one in value[-1])
    return ""


def _member(options: Any) -> str:
    kinds = [(str(op), value) for op, value in options]
    if kinds[0][0] == "NEGATE":
        taken = {chr(v) for op, v in kinds if op == "LITERAL"}
        return next(c for c in "ab1-_ Z~" if c not in taken)
    op, value = kinds[0]
    if op == "CATEGORY":
        return _CLASSES.get(str(value), "a")
    return chr(value[0] if op == "RANGE" else value)
