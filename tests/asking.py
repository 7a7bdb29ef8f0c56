"""Asking a database for facts and findings as `verify` does, within a test's own transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg

from arami_db.facts import Fact
from arami_db.facts.reading import ask_files
from arami_db.facts.session import SETTINGS
from arami_db.files import SqlFile, discover, packaged_sql_dir

Connection = psycopg.Connection[Any]
TREE = discover(packaged_sql_dir())
CHECKS = {check.path.stem: check for check in TREE.checks}


class Finding(NamedTuple):
    severity: str
    object: str
    finding: str
    remedy: str | None
    expected: str | None = None
    actual: str | None = None


@contextmanager
def _pinned(connection: Connection) -> Iterator[None]:
    with connection.transaction(force_rollback=True):
        for name, value in SETTINGS.items():
            connection.execute("select set_config(%s, %s, true)", [name, value])
        yield


def facts(connection: Connection, *kinds: str) -> frozenset[Fact]:
    """Every fact, or those of a few files; in the transaction at work where there is one."""
    files = [file for file in TREE.catalog if not kinds or file.name in kinds]
    with _pinned(connection):
        return ask_files(connection, TREE.prelude, files, ()).facts


def everything(connection: Connection) -> dict[str, list[Finding]]:
    """What all checks find: the name of each that found something, and its rows, sorted."""
    found: dict[str, list[Finding]] = {}
    for name, finding in _findings(connection, TREE.checks):
        found.setdefault(name, []).append(finding)
    return found


def found(connection: Connection, check: str) -> list[Finding]:
    """What one check finds; it is named by its file or a part of it."""
    (file,) = (file for name, file in CHECKS.items() if check in name)
    return [finding for _, finding in _findings(connection, [file])]


def _findings(connection: Connection, checks: Sequence[SqlFile]) -> list[tuple[str, Finding]]:
    with _pinned(connection):
        rows = ask_files(connection, TREE.prelude, (), checks).found
    # A row without severity is not a finding: it says what could not be looked at.
    found = ((file.path.stem, Finding(**row)) for file, row in rows if row["severity"])
    return sorted(found, key=str)
