"""Names and texts as SQL writes them."""

from __future__ import annotations

import re

from arami_db.facts.names import split, unquoted

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_RELATION = {  # in a definition as Postgres writes it; a name may contain any of these words
    "index": re.compile(
        r'^CREATE (?:UNIQUE )?INDEX (?:"(?:[^"]|"")*"|[^" ])+'
        r' ON (?:ONLY )?((?:"(?:[^"]|"")*"|[^" ])+) USING '
    ),
    "statistics": re.compile(r' FROM ((?:"(?:[^"]|"")*"|[^"])+)$'),
}


def sequence_of(column: str) -> str:
    """The name that Postgres gives the sequence of an identity column, if it is short enough."""
    table, last = split(column)
    schema, name = split(table)
    return f"{schema}.{quoted(f'{unquoted(name)}_{unquoted(last)}_seq')}"


def relation_in(kind: str, definition: str) -> str | None:
    """The relation of an index or a statistics object, from its definition."""
    found = _RELATION[kind].search(definition)
    return found[1] if found else None


def quoted(name: str) -> str:
    """The quoted name of an extension, a setting or an option."""
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    r"""A text as a SQL literal, valid whether or not backslashes are escapes."""
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted


def dollars(text: str) -> str:
    """A text between dollar quotes that it does not contain."""
    tag = "$function"
    while tag in text:
        tag += "_"
    return f"{tag}${text}{tag}$"


def replaced(text: str, old: str, new: str) -> str:
    """A text with one name replaced by another, as a whole word."""
    return re.sub(_word(old), lambda _: new, text)


def mentions(text: str, name: str) -> bool:
    """Whether a text contains a name as a whole word, not as a part of a longer name."""
    return name in text and re.search(_word(name), text) is not None


def mentions_column(text: str, name: str) -> bool:
    """Whether a text contains a name as a whole word, after that of its relation or not."""
    return name in text and re.search(_word(name, not_before='\\w$"'), text) is not None


def _word(name: str, not_before: str = '\\w$".') -> str:
    return rf'(?<![{not_before}]){re.escape(name)}(?![\w$"])'
