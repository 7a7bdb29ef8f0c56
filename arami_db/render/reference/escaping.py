"""Escaping foreign names and comments for Markdown and HTML."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from markupsafe import Markup

from arami_db.docs.words import Code
from arami_db.escape import block, visible

_PLAIN_CODE = re.compile(r"[^`|\\]*[^`|\\\s]")
_MARKS = re.compile(r"([\\`*\[\]~$|])|(?<![^\W_])_|_(?![^\W_])")
_LINE_START = re.compile(r"^([-+#=]|\d+(?=[.)]))")


def prose(value: Any) -> Markup:
    """A value in a line or table cell of Markdown.

    Args:
        value: a text, or words with code in between.
    """
    if isinstance(value, Markup):
        return value
    if isinstance(value, Code):
        return code(value.text)
    if isinstance(value, tuple):
        return Markup("").join(prose(part) for part in value)
    text = escape(re.sub(r"^ {2,}", " ", _one_line(value)), quote=False)
    text = _MARKS.sub(lambda found: f"\\{found[0]}", text)
    return Markup(_LINE_START.sub(_as_entity, text))  # noqa: S704


def code(text: str) -> Markup:
    """Code in a line or table cell of Markdown; with entities where backticks cannot hold it."""
    text = _one_line(text)
    if _PLAIN_CODE.fullmatch(text) and not text.startswith(" "):
        return Markup(f"`{text}`")  # noqa: S704
    shown = "".join(c if c.isalnum() or c == " " else f"&#{ord(c)};" for c in text)
    return Markup(f"<code>{shown}</code>")  # noqa: S704


def fenced(text: str, language: str) -> Markup:
    """A block of code in Markdown, fenced by more backticks than it holds."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markup(f"{fence}{language}\n{block(text.strip(chr(10)))}\n{fence}")  # noqa: S704


def hypertext(value: Any) -> Any:
    """A value in HTML.

    Args:
        value: a text, or words with code in between.
    """
    if isinstance(value, Code):
        return Markup("<code>{}</code>").format(_one_line(value.text))
    if isinstance(value, tuple):
        return Markup("").join(hypertext(part) for part in value)
    return value if isinstance(value, Markup) else _one_line(value)


def preformatted(text: str) -> Markup:
    """A block of code in HTML."""
    return Markup(escape(block(text.strip("\n"))))  # noqa: S704


def _as_entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0][0])};{found[0][1:]}"


def _one_line(value: Any) -> str:
    """A text with blanks for line ends, and escapes for invisible characters."""
    return visible(re.sub(r"[\t\r\n]+", " ", str(value)))
