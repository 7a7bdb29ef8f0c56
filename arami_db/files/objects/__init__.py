"""What a sequence of scripts leaves behind: the objects a hand-made database must hold.

Read off the parse trees alone. What DO blocks and functions make is not seen; where a later
statement could have taken an object away, it is no longer expected.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from arami_db.files.objects.change import CHANGES
from arami_db.files.objects.create import CREATORS
from arami_db.files.objects.model import Known, Object

if TYPE_CHECKING:
    from arami_db.files.script import Script

__all__ = ["Object", "objects_of"]


def objects_of(scripts: Iterable[Script]) -> list[Object]:
    """The objects that exist once the scripts have run, in the order they were made."""
    known = Known()
    for script in scripts:
        for statement in script.statements:
            kind = statement.node.WhichOneof("node") or ""
            if kind in CREATORS:
                known.add(CREATORS[kind](known, getattr(statement.node, kind)))
            elif kind in CHANGES:
                CHANGES[kind](known, getattr(statement.node, kind))
        known.end_of_script()
    return known.objects
