"""Text of others, shown so that it can neither steer a terminal nor pass for lines of ours."""

from __future__ import annotations

import re

# What GitHub's runner takes for a command: the first at the beginning of a line, whatever blanks
# precede it, the second anywhere.
_COMMAND = re.compile(r"^(?P<blanks>\s*)::|##\[", re.MULTILINE)


def visible(text: str) -> str:
    """A text on one line, in which all that is not seen is written as an escape, such as \\n.

    That is control characters, marks that change the direction of writing, and odd blanks.
    """
    return text if text.isprintable() else "".join(map(_shown, text))


def block(text: str) -> str:
    """A text of several lines, which keeps these and its tabs; else as visible()."""
    return "\n".join("\t".join(map(visible, line.split("\t"))) for line in text.split("\n"))


def uncommanding(text: str) -> str:
    """Lines of which none is a command to the runner of GitHub's Actions."""
    return _COMMAND.sub(_broken, text)


def _broken(match: re.Match[str]) -> str:
    blanks = match["blanks"]
    return r"\u0023#[" if blanks is None else rf"{blanks}\u003a:"


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
