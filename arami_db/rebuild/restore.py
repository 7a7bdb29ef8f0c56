"""Giving an object that was dropped and created again what it had: owner, grants, indexes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psycopg

from arami_db.database.connect import Connection, query

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from arami_db.rebuild.dropped import Dropped

# undefined_column, wrong_object_type: what a new column list or kind of view has no place for.
_OBSOLETE = {"42703", "42809"}


@contextmanager
def everything_qualified(connection: Connection) -> Iterator[None]:
    """An empty search_path, so that definitions mean the same read and run."""
    row = connection.execute("select current_setting('search_path')").fetchone()
    connection.execute("set local search_path = ''")
    try:
        yield
    finally:
        with suppress(psycopg.Error):  # an aborted transaction forgets the setting by itself
            connection.execute(
                "select set_config('search_path', %s, true)", [row[0] if row else ""]
            )


class Restorer:
    """Restores what objects had, in the present transaction.

    What a file may state anew by itself waits until the file is through: its own indexes, triggers,
    rules and statistics come first, and those that it drops do not come back.
    """

    def __init__(self, connection: Connection) -> None:
        """Work on a connection that is inside a transaction."""
        self._connection = connection
        self._waiting: list[tuple[Dropped, set[str]]] = []

    def restore(self, dropped: Dropped, settled: AbstractSet[str] = frozenset()) -> None:
        """Give a re-created object its owner, comment and privileges; the rest waits for attach().

        Args:
            dropped: what it was.
            settled: names of attachments that are its file's own business; an empty one where the
                file creates an index without a name.
        """
        execute = self._connection.execute
        with everything_qualified(self._connection):
            if dropped.owner is not None:
                execute(f"alter {dropped.kind} {dropped.identity} owner to {dropped.owner}")
            if dropped.comment is not None:
                literal = psycopg.sql.Literal(dropped.comment).as_string(self._connection)
                execute(f"comment on {dropped.kind} {dropped.identity} is {literal}")
            if dropped.acl is not None:
                for (statement,) in execute(query("rebuild_grants"), dropped.grants).fetchall():
                    execute(statement)
            for extra in dropped.extras:
                self._try(extra)
        self._waiting.append((dropped, set(settled)))

    def forget(self) -> None:
        """Leave the attachments of the object restored last to its file."""
        self._waiting.pop()

    def attach(self) -> None:
        """Give what was restored its indexes, statistics, triggers and rules."""
        waiting, self._waiting = self._waiting, []
        with everything_qualified(self._connection):
            for dropped, settled in waiting:
                for name, sql, plain in dropped.attachments:
                    if plain and "" in settled and self._alike(dropped, plain) - settled:
                        settled.add(name)  # the index that the file creates without a name
                    if name not in settled:
                        self._try(sql)

    def _alike(self, dropped: Dropped, plain: str) -> set[str]:
        """The indexes that the object has of this definition."""
        values = {"relation": dropped.identity, "plain": plain}
        return {name for (name,) in self._connection.execute(query("rebuild_index"), values)}

    def _try(self, sql: str) -> None:
        """Run one statement; what a column had that is gone went with it."""
        self._connection.execute("savepoint extra")
        try:
            self._connection.execute(sql)
        except psycopg.Error as error:
            if error.sqlstate not in _OBSOLETE:
                raise
            self._connection.execute("rollback to savepoint extra")
        self._connection.execute("release savepoint extra")
