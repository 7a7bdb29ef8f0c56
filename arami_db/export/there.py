"""What the export made of views and functions so far, and what stands on what."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from pathlib import Path

from arami_db.files import SqlFile
from arami_db.files.dependants import created, dropping, stands_on
from arami_db.files.exported import Header
from arami_db.files.script import Statement, load


class There:
    """The statements that made what is there, the last of each object."""

    def __init__(self, found: Iterable[Header]) -> None:
        """Read what was exported.

        Args:
            found: of views, in order.

        Raises:
            RefusedFileError: a text was changed into what cannot be run.
        """
        self._statements: dict[Hashable, Statement] = {}
        for one in found:
            path = Path(f"{one.title}.sql")
            file = SqlFile(path, one.kind, one.version, one.name, one.text, one.checksum)
            for statement in load(file).statements:
                if key := _key(statement):
                    self._statements[key] = statement

    def holds(self, statement: Statement) -> bool:
        """Whether an object that a statement creates is there."""
        return _key(statement) in self._statements

    def in_the_way(self, statement: Statement) -> list[Statement]:
        """What made the object that a statement creates and all that stands on it.

        Returns:
            The statements, in the order to drop what they made; none where it is not there.
        """
        found = dict[Hashable, Statement]()
        if own := self._statements.get(_key(statement)):
            self._collect(own, found, set())
        return list(found.values())

    def _collect(
        self, statement: Statement, found: dict[Hashable, Statement], seen: set[Hashable]
    ) -> None:
        """Add what stands on an object, then the object."""
        key, name = _key(statement), created(statement)
        seen.add(key)
        for other, one in self._statements.items():
            if other not in seen and name in stands_on(one):
                self._collect(one, found, seen)
        found[key] = statement


def _key(statement: Statement) -> Hashable:
    """What tells an object from others: of a function, its parameters as well."""
    is_function = statement.node.HasField("create_function_stmt")
    return dropping(statement) if is_function else created(statement)
