"""Where the files of a project define each object: file and line, for whoever has to mend it.

Importing this module loads the parser; a verification that finds nothing never does.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from arami_db.errors import RefusedFileError
from arami_db.files.definitions.names import parts_of
from arami_db.files.definitions.statements import said
from arami_db.files.definitions.targets import TargetKey, dropped
from arami_db.files.script import load
from arami_db.files.sqlfile import SqlFile

__all__ = ["Definitions"]

# Kinds of facts that share their names.
_SHARED = {
    **dict.fromkeys(("table", "view", "materialized view", "foreign table"), "relation"),
    **dict.fromkeys(("sequence", "index"), "relation"),
    **dict.fromkeys(("procedure", "aggregate", "window function"), "function"),
}
_KINDS = re.compile(f"({'|'.join(_SHARED)}|function|column|schema|type|extension|publication) ")
_PARTS = ("policy", "trigger", "rule", "constraint")
_ALL = ("relation", "function", "column", *_PARTS, "schema", "type", "extension")


class Definitions:
    """The places of all objects that some files define; of two definitions the later counts."""

    def __init__(self, files: Iterable[SqlFile]) -> None:
        """Read the files, in the order in which they are applied; one that cannot be is left out.

        Args:
            files: migrations first, then views.
        """
        self._places: dict[TargetKey, str] = {}
        for file in files:
            self._read(file)

    def place(self, name: str, kind: str | None = None, property: str = "") -> str | None:  # noqa: A002 - the catalog's own word
        """Where an object is defined, or else the table it belongs to.

        Args:
            name: as facts and checks name it: public.users.email, "policy" on public.users,
                table public.users.
            kind: the kind of the fact, where it is known.
            property: the property of the fact, where it is known.

        Returns:
            Such as "sql/migrations/003_users.sql:12"; None for what no file defines.
        """
        return next((self._places[key] for key in _keys(name, kind, property) if key in self), None)

    def __contains__(self, key: TargetKey) -> bool:
        """Whether a file says this."""
        return key in self._places

    def _read(self, file: SqlFile) -> None:
        try:
            statements = load(file).statements
        except RefusedFileError:
            return
        line_ends = [found.start() for found in re.finditer(b"\n", file.text.encode())]
        for statement in statements:
            for key in dropped(statement.node):
                self._forget(key)
            for key, location in said(statement.node):
                line = file.place(statement.offset)[0]
                if location is not None:
                    line = bisect_left(line_ends, location) + 1
                self._places[key] = f"{file.label}:{line}"

    def _forget(self, gone: TargetKey) -> None:
        for key in list(self._places):
            is_it = key[:2] == gone[:2]
            if is_it or (gone.kind == "relation" and key.name.startswith(f"{gone.name}.")):
                del self._places[key]


def _keys(name: str, kind: str | None, aspect: str) -> Iterator[TargetKey]:
    """What to look for, the most specific first."""
    if kind == "grant":
        on, of = _typed(name)
        yield TargetKey("grant", f"{on} {of}", _grantee(aspect))
        yield from _keys(of, on, "")
        return
    typed, plain = _typed(name)
    part, separator, table = plain.rpartition(" on ")
    if separator and kind is None:
        yield from (TargetKey(which, f"{table}.{part}") for which in _PARTS)
        plain = table
    kinds = [_kind(kind or typed)] if kind or typed else _ALL
    for which in kinds:
        if aspect:
            yield TargetKey(which, plain, "options" if aspect.startswith("option ") else aspect)
        yield TargetKey(which, plain)
    if len(parts_of(plain)) > 2 and "(" not in plain:
        yield TargetKey("relation", ".".join(parts_of(plain)[:2]))


def _typed(name: str) -> tuple[str, str]:
    """The kind that a name begins with, if it does, and the rest."""
    match = _KINDS.match(name)
    return (_kind(match[1]), name[match.end() :]) if match else ("", name)


def _kind(kind: str) -> str:
    return _SHARED.get(kind, kind)


def _grantee(property: str) -> str:  # noqa: A002 - the catalog's own word
    match = re.match(r'"(?:[^"]|"")*"|\S*', property)
    return match[0] if match else ""
