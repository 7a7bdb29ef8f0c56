"""What follows when an object gets another name or schema."""

from __future__ import annotations

from collections.abc import Callable

from arami_db.files.objects.model import PARTS, Known, Name, Object, same

# They move to another schema with their table.
_MOVING = {"index", "sequence"}


def rename(known: Known, renamed: Object, name: Name) -> None:
    """Give an object another full name, everywhere it is mentioned.

    Args:
        known: the objects so far.
        renamed: the one with a new name.
        name: that name.
    """
    old, renamed.name = renamed.name, name
    if renamed.kind == "column":
        for o in known.objects:
            if o.inside == renamed.inside or o.uses("relation", renamed.inside):
                _mention(o, {"column"}, lambda n: name if n == old else n)
    elif renamed.kind == "function":
        for o in known.objects:
            _mention(o, {"function"}, lambda n: name if same(n, old) else n)
    elif renamed.is_relation:
        _rename_relation(known, old, name)


def rename_schema(known: Known, old: str, new: str) -> None:
    """Move everything of a schema to its new name."""

    def moved(name: Name) -> Name:
        return (new, *name[1:]) if len(name) > 1 and name[0] == old else name

    for o in known.objects:
        if o.kind == "schema" and o.name == (old,):
            o.name = (new,)
        elif o.kind not in PARTS:
            o.name = moved(o.name)
        o.inside = moved(o.inside)
        o.arguments = tuple(a._replace(name=moved(a.name)) for a in o.arguments)
        _mention(o, {"relation", "type", "function"}, moved)


def _rename_relation(known: Known, old: Name, name: Name) -> None:
    def renamed(other: Name) -> Name:
        return name if same(other, old) else other

    for o in known.objects:
        if o.inside == old:
            o.inside = name
            if o.kind in _MOVING and name[:-1] != old[:-1]:
                o.name = (*name[:-1], o.name[-1])
        o.arguments = tuple(a._replace(name=renamed(a.name)) for a in o.arguments)
        _mention(o, {"relation", "type"}, renamed)


def _mention(o: Object, kinds: set[str], change: Callable[[Name], Name]) -> None:
    o.mentions = frozenset(
        (kind, change(name) if kind in kinds else name) for kind, name in o.mentions
    )
