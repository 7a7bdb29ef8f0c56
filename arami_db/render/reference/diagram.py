"""An entity-relationship diagram as SVG: Graphviz computes the layout, we draw it.

So it uses the page's colours, light and dark, and each table links to its section.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from arami_db.docs.model import Reference, RelationDoc
from arami_db.docs.parts import ForeignKeyDoc
from arami_db.render.reference.extra import graphviz

_POINTS = 72  # Graphviz counts in inches
_CHARACTER, _LINE = 7.3, 18
_LONGEST = 44
# As many rounds as there are tables: 300 of them with 600 lines take 3 s instead of 11.
_GRAPH = """digraph {
    rankdir=RL; nodesep=0.2; ranksep=0.7; nslimit=1; nslimit1=1;
    node [shape=box fixedsize=true]; edge [arrowhead=none]
"""


@dataclass(frozen=True)
class Box:
    """A table: where its upper left corner is, its size, its name and keys as they are shown."""

    table: RelationDoc
    x: float
    y: float
    width: float
    height: float
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Curve:
    """A foreign key: the path of its line, the way SVG writes one."""

    key: ForeignKeyDoc
    path: str


@dataclass(frozen=True)
class Drawing:
    """The parts of a drawing."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]


def draw(reference: Reference) -> Drawing:
    """Place the tables of a reference and the lines between them.

    Args:
        reference: the reference with the tables.

    Raises:
        UsageError: the layout's library is not installed.
    """
    tables = {table.name: table for table in reference.tables}
    ids = {name: f"n{number}" for number, name in enumerate(tables)}
    keys = [key for key in reference.foreign_keys if key.target in tables]
    sizes = {name: _size(table) for name, table in tables.items()}
    dot = [_GRAPH]
    for name, (width, height) in sizes.items():
        dot.append(f"{ids[name]} [width={width / _POINTS:.4f} height={height / _POINTS:.4f}]")
    dot += [f"{ids[key.table]} -> {ids[key.target]}" for key in keys]
    return _read(graphviz("\n".join([*dot, "}"])), list(tables.values()), keys)


def _lines(table: RelationDoc) -> tuple[str, ...]:
    return tuple(
        _short(f"{column.name} {'/'.join(column.keys)}") for column in table.columns if column.keys
    )


def _size(table: RelationDoc) -> tuple[float, float]:
    lines = (_short(table.name), *_lines(table))
    return max(map(len, lines)) * _CHARACTER + 20, len(lines) * _LINE + 14


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _read(layout: str, tables: list[RelationDoc], keys: list[ForeignKeyDoc]) -> Drawing:
    """Read Graphviz's plain format: a line for each table, then one for each edge, as asked."""
    boxes, curves = [], []
    width = height = 0.0
    waiting: dict[tuple[str, str], list[ForeignKeyDoc]] = {}
    ids = {table.name: f"n{number}" for number, table in enumerate(tables)}
    for key in keys:
        waiting.setdefault((ids[key.table], ids[key.target]), []).append(key)
    for line in layout.splitlines():
        kind, *rest = shlex.split(line)
        if kind == "graph":
            width, height = (float(number) * _POINTS for number in rest[1:3])
        elif kind == "node":
            x, y, w, h = (float(number) * _POINTS for number in rest[1:5])
            table = tables[int(rest[0][1:])]
            boxes.append(
                Box(table, x - w / 2, height - y - h / 2, w, h, _short(table.name), _lines(table))
            )
        elif kind == "edge":
            numbers = [float(number) * _POINTS for number in rest[3 : 3 + 2 * int(rest[2])]]
            points = [
                f"{x:.1f},{height - y:.1f}" for x, y in zip(*[iter(numbers)] * 2, strict=True)
            ]
            path = f"M{points[0]}C{' '.join(points[1:])}"
            curves.append(Curve(waiting[rest[0], rest[1]].pop(0), path))
    return Drawing(width, height, tuple(boxes), tuple(curves))
