"""Views and functions as the target has them, where a pending file is a newer text of theirs.

The ledger knows of the older text only its checksum; so the target is asked how it has them.
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
    """What the target has and no applied file makes."""

    def __init__(
        self, target: Connection, schemas: Collection[str], applied: Sequence[Script]
    ) -> None:
        """Ask the target.

        Args:
            target: is only read.
            schemas: whose views and functions.
            applied: the files of views/ that it has as they are.
        """
        names = (created_name(one) for script in applied for one in script.statements)
        made = {name.last for name in names if name}
        with target.transaction():
            target.execute("set local search_path = ''")
            found = target.execute(query("plan_views"), [list(schemas)]).fetchall()
        self._left = {str(name): str(sql) for name, last, sql in found if last not in made}
        self.brought = set[str]()

    def bring(self, work: Connection) -> None:
        """Make what can be made by now."""
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
    """Apply files of views/, among what the target has besides.

    Args:
        connections: to the target and to the throw-away database.
        applied: the files.
        schemas: whose views and functions are meant.
        around: what files find there.

    Returns:
        The names of what the target alone has.

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
