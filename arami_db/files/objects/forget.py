"""What goes when an object is dropped: what is inside it, and what CASCADE takes along."""

from __future__ import annotations

from arami_db.files.objects.model import Known, Object

# Dropped with a column they use; everything else that uses it needs CASCADE.
_WITH_COLUMN = {"index", "constraint", "sequence"}


def forget(known: Known, gone: Object, *, cascade: bool) -> None:
    """Expect neither the object nor what goes with it.

    Args:
        known: the objects so far.
        gone: the dropped one; it need not be among them.
        cascade: whether it takes along what uses it.
    """
    known.remove(lambda o: o is gone)
    for other in [*known.objects]:
        goes = _is_inside(other, gone) or (cascade and _uses(other, gone))
        # One of the others may have taken it along already.
        if goes and any(other is o for o in known.objects):
            forget(known, other, cascade=cascade)


def _is_inside(other: Object, gone: Object) -> bool:
    if gone.kind == "schema":
        place = other.inside or other.name
        return len(place) > 1 and place[0] == gone.name[0]
    if gone.kind == "column":
        owned = other.kind in _WITH_COLUMN and other.inside == gone.inside
        return owned and other.uses("column", gone.name)
    return gone.is_relation and other.inside == gone.name


def _uses(other: Object, gone: Object) -> bool:
    if gone.kind == "column":
        near = other.inside == gone.inside or other.uses("relation", gone.inside)
        return near and other.kind != "column" and other.uses("column", gone.name)
    if gone.kind == "constraint":
        return other.kind == "constraint" and other.uses("relation", gone.inside)
    if gone.kind == "function":
        return other.uses("function", gone.name)
    if gone.is_relation and gone.kind != "type" and other.uses("relation", gone.name):
        return True
    # An extension's types are not known; the one of its own name is likely.
    return (gone.is_relation or gone.kind == "extension") and other.uses("type", gone.name)
