"""The views and functions that earlier exports create, and their dependencies."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from pathlib import Path

from arami_db.files import SqlFile
from arami_db.files.dependants import created, dropping, stands_on
from arami_db.files.exported import Header
from arami_db.files.script import Statement, load


class There:
    """The latest exported statement of each object."""

    def __init__(self, found: Iterable[Header]) -> None:
        """Read earlier exports.

        Args:
            found: the exports of views, in order.

        Raises:
            RefusedFileError: a text was edited and cannot be parsed.
        """
        self._statements: dict[Hashable, Statement] = {}
        for one in found:
            path = Path(f"{one.title}.sql")
            file = SqlFile(path, one.kind, one.version, one.name, one.text, one.checksum)
            for statement in load(file).statements:
                if key := _key(statement):
                    self._statements[key] = statement

    def holds(self, statement: Statement) -> bool:
        """Whether the object that a statement creates was exported before."""
        return _key(statement) in self._statements

    def in_the_way(self, statement: Statement) -> list[Statement]:
        """The statements that made an object and all that depends on it.

        Returns:
            The statements, in the order to drop their objects; none where it does not exist.
        """
        found = dict[Hashable, Statement]()
        if own := self._statements.get(_key(statement)):
            self._collect(own, found, set())
        return list(found.values())

    def _collect(
        self, statement: Statement, found: dict[Hashable, Statement], seen: set[Hashable]
    ) -> None:
        """Add what depends on an object, then the object."""
        key, name = _key(statement), created(statement)
        seen.add(key)
        for other, one in self._statements.items():
            if other not in seen and name in stands_on(one):
                self._collect(one, found, seen)
        found[key] = statement


def _key(statement: Statement) -> Hashable:
    """The identity of an object: for a function, with its parameters."""
    is_function = statement.node.HasField("create_function_stmt")
    return dropping(statement) if is_function else created(statement)
