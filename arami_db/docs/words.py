"""Sentences with marked code, so that each format can write code in its own way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """A name or a piece of SQL in a sentence."""

    text: str


Words = tuple[str | Code, ...]


def joined(parts: Iterable[Words], between: str) -> Words:
    """Sentences joined by a word."""
    words: list[str | Code] = []
    for number, part in enumerate(parts):
        words += [between, *part] if number else part
    return tuple(words)


def listed(names: Iterable[str]) -> Words:
    """Names separated by commas."""
    return joined(((Code(name),) for name in names), ", ")


def plain(words: Words) -> str:
    """A sentence without marks for code."""
    return "".join(part if isinstance(part, str) else part.text for part in words)
