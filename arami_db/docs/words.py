"""Sentences in which code is told from prose, so that each format writes both as it does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """A name or a piece of SQL in a sentence."""

    text: str


Words = tuple[str | Code, ...]


def joined(parts: Iterable[Words], between: str) -> Words:
    """Sentences as one, with a word between each two."""
    words: list[str | Code] = []
    for number, part in enumerate(parts):
        words += [between, *part] if number else part
    return tuple(words)


def listed(names: Iterable[str]) -> Words:
    """Names with commas between."""
    return joined(((Code(name),) for name in names), ", ")


def plain(words: Words) -> str:
    """A sentence without a mark for code."""
    return "".join(part if isinstance(part, str) else part.text for part in words)
