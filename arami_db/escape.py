"""Foreign text, escaped so that it cannot control a terminal or imitate our own lines."""

from __future__ import annotations

import re

# GitHub's runner reads these as commands: the first at the beginning of a line, after any blanks,
# the second anywhere.
_COMMAND = re.compile(r"^(?P<blanks>\s*)::|##\[", re.MULTILINE)


def visible(text: str) -> str:
    """A text on one line, with invisible characters as escapes, such as \\n.

    These are control characters, marks that change the writing direction, and unusual blanks.
    """
    return text if text.isprintable() else "".join(map(_shown, text))


def block(text: str) -> str:
    """As visible(), but line breaks and tabs stay."""
    return "\n".join("\t".join(map(visible, line.split("\t"))) for line in text.split("\n"))


def uncommanding(text: str) -> str:
    """Lines that the runner of GitHub's Actions does not read as commands."""
    return _COMMAND.sub(_broken, text)


def _broken(match: re.Match[str]) -> str:
    blanks = match["blanks"]
    return r"\u0023#[" if blanks is None else rf"{blanks}\u003a:"


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
