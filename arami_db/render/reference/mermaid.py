"""Entity-relationship diagrams in Mermaid, which code hosts draw."""

from __future__ import annotations

import re
from collections.abc import Iterable

from arami_db.docs.model import RelationDoc
from arami_db.docs.names import slug
from arami_db.docs.parts import ColumnDoc, ForeignKeyDoc

# What Mermaid refuses to draw, as code hosts leave it set: characters, and lines between tables.
MOST_TEXT, MOST_LINES = 50_000, 500


def diagram(
    tables: Iterable[RelationDoc], *, full: str | None = None, with_keys: bool = True
) -> str:
    """A diagram of tables, their keys, and the foreign keys between them.

    Args:
        tables: those shown.
        full: the one of which all columns are shown.
        with_keys: whether the columns of keys are shown.
    """
    shown = list(tables)
    names = {table.name for table in shown}
    lines = ["erDiagram"]
    for table in shown:
        lines.append(f'    {_id(table.name)}["{_label(table.name)}"] {{')
        for column in table.columns:
            if (with_keys and column.keys) or table.name == full:
                lines.append(f"        {_attribute(column)}")
        lines.append("    }")
    for table in shown:
        lines += [f"    {_line(key)}" for key in table.references if key.target in names]
    return "\n".join(lines)


def _id(name: str) -> str:
    """A name that the grammar takes: one that begins with a digit may be read as a number."""
    found = re.sub(r"\W", "_", slug(name), flags=re.ASCII)
    return found if found[:1].isalpha() else f"t_{found}"


def _label(name: str) -> str:
    """A name between quotes, without what means something to Mermaid there."""
    return re.sub(r'["%\\<>&#;`{}\[\]]', "", "".join(c if c.isprintable() else " " for c in name))


def _attribute(column: ColumnDoc) -> str:
    """A column; its name stands behind it, too, where the grammar does not take that as it is."""
    name = _word(column.bare, "column")
    shown = f' "{_label(column.bare) or name}"' if name != column.bare else ""
    kind = _word(column.type.replace("[]", "_array"), "type")
    return f"{kind} {name} {', '.join(column.keys)}".rstrip() + shown


def _word(text: str, otherwise: str) -> str:
    """A word that the grammar takes, and not for a key."""
    word = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_")
    word = word if word[:1].isalpha() else f"{otherwise}_{word}".strip("_")
    return f"{word}_" if word.upper() in {"PK", "FK", "UK"} else word


def _line(key: ForeignKeyDoc) -> str:
    parent = "o|" if key.is_optional else "||"
    child = "|o" if key.is_unique else "}o"
    label = _label(", ".join(key.columns)) or "refers to"
    return f'{_id(key.table)} {child}--{parent} {_id(key.target)} : "{label}"'
