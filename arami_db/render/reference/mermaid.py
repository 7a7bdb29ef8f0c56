"""Entity-relationship diagrams in Mermaid, which code hosts draw."""

from __future__ import annotations

import re
from collections.abc import Iterable

from arami_db.docs.model import Relation
from arami_db.docs.names import slug
from arami_db.docs.parts import Column, ForeignKey

# What Mermaid refuses to draw, as code hosts leave it set: characters, and lines between tables.
MOST_TEXT, MOST_LINES = 50_000, 500


def diagram(tables: Iterable[Relation], *, full: str | None = None, with_keys: bool = True) -> str:
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
    """A name that the grammar takes."""
    return re.sub(r"\W", "_", slug(name), flags=re.ASCII)


def _label(name: str) -> str:
    """A name between quotes, without what means something to Mermaid there."""
    return re.sub(r'["%\\<>&#;`{}\[\]]', "", "".join(c if c.isprintable() else " " for c in name))


def _attribute(column: Column) -> str:
    kind = re.sub(r"\W+", "_", column.type.replace("[]", "_array"), flags=re.ASCII).strip("_")
    name = re.sub(r"\W+", "_", column.name, flags=re.ASCII).strip("_")
    safe = name if name[:1].isalpha() else f"column_{name}".strip("_")
    return f"{kind or 'type'} {safe} {', '.join(column.keys)}".rstrip()


def _line(key: ForeignKey) -> str:
    parent = "o|" if key.is_optional else "||"
    child = "|o" if key.is_unique else "}o"
    label = _label(", ".join(key.columns)) or "refers to"
    return f'{_id(key.table)} {child}--{parent} {_id(key.target)} : "{label}"'
