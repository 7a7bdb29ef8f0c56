"""The target's views and functions, where a pending file has a newer text of them.

The ledger has only the checksum of the older text, so their definitions come from the target.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg

from arami_db.database.connect import Connection, query
from arami_db.rebuild.dropped import created_name
from arami_db.shadow import Surroundings, apply

if TYPE_CHECKING:
    from arami_db.files.script import Script


class Older:
    """Objects of the target that no applied file creates."""

    def __init__(
        self, target: Connection, schemas: Collection[str], applied: Sequence[Script]
    ) -> None:
        """Ask the target.

        Args:
            target: only read.
            schemas: whose views and functions.
            applied: the files of views/ whose current text it has.
        """
        names = (created_name(one) for script in applied for one in script.statements)
        made = {name.last for name in names if name}
        with target.transaction():
            target.execute("set local search_path = ''")
            found = target.execute(query("plan_views"), [list(schemas)]).fetchall()
        self._left = {str(name): str(sql) for name, last, sql in found if last not in made}
        self.brought = set[str]()

    def bring(self, work: Connection) -> None:
        """Create what can be created now."""
        there = {name for name, *_ in work.execute(query("plan_views"), [self._schemas()])}
        for name, sql in list(self._left.items()):
            if name in there:
                del self._left[name]
                continue
            with suppress(psycopg.Error), work.transaction():
                work.execute("set local check_function_bodies = off")
                work.execute(sql.encode())
                del self._left[name]
                self.brought.add(name)

    def _schemas(self) -> list[str]:
        return sorted({name.partition(".")[0] for name in self._left})


def apply_with_older(
    connections: tuple[Connection, Connection],
    applied: Sequence[Script],
    schemas: Collection[str],
    around: Surroundings,
) -> frozenset[str]:
    """Apply files of views/, together with the target's other objects.

    Args:
        connections: to the target and to the throw-away database.
        applied: the files.
        schemas: whose views and functions to read.
        around: the target's surroundings for files.

    Returns:
        The names of objects that only the target has.

    Raises:
        ShadowError: a statement failed; names its place.
    """
    target, work = connections
    older = Older(target, schemas, applied)
    for script in applied:
        older.bring(work)
        apply(work, [script], None, around)
    older.bring(work)
    return frozenset(older.brought)
