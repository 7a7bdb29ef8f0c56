"""The result of the files with a migration and without it, and the file that reverts it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import psycopg

from arami_db.database.connect import Connection, query
from arami_db.drift.comparing import drift
from arami_db.drift.findings import Finding
from arami_db.facts import Fact
from arami_db.files import SqlFile, SqlTree
from arami_db.files.create import create_migration, next_migration
from arami_db.files.definitions.making import Stated
from arami_db.files.script import Script, load
from arami_db.shadow import apply, shadows
from arami_db.undo.mending import mend
from arami_db.undo.model import UndoError, Undone
from arami_db.undo.renaming import names_back
from arami_db.undo.sides import Files, Wanted, empty, facts_of, files_of, without
from arami_db.undo.stays import guessed, stays
from arami_db.undo.text import text_of
from arami_db.undo.trying import FromFiles
from arami_db.undo.types import set_aside
from arami_db.undo.views import both_ways

_BY_HAND = "Write the undo by hand (docs/undo.md), or keep the migration."


@dataclass(frozen=True)
class _Draft:
    """The file that was tried with views, and the facts that it must restore without them."""

    script: Script
    statements: int
    stays: tuple[str, ...]
    goal: frozenset[Fact]
    is_of_views: bool


def undo(
    tree: SqlTree, version: int, name: str | None, url: str | None, note: Callable[[str], None]
) -> Undone:
    """Write the migration that reverts another one, after trying it.

    Later files stay: the aim is the schema of all other files.

    Args:
        tree: the SQL files.
        version: the migration to revert.
        name: what to call the new one; undo_ and the name of the other when None.
        url: an empty database to copy for trying the files; None for an embedded server.
        note: called with slow steps as they begin.

    Returns:
        The file, and what it does not bring back.

    Raises:
        UsageError: there is no such migration, or the file cannot be written.
        UndoError: later files need its objects, nothing of it can be reverted, or something
            would remain; lists each.
        ShadowError, EmbeddedError: the files could not be tried out.
        RefusedFileError: a file cannot be run as it stands.
    """
    files = files_of(tree, version)
    note("applying the files to a throw-away database, with the migration and without it")
    with shadows(url) as make:
        with make(files.around) as opened:
            wanted = without(opened, files)
        with make(files.around) as opened:
            apply(opened, files.migrated, files.stub, files.around)
            draft = _draft(opened, files, wanted, name or f"undo_{files.file.name}")
        if draft.is_of_views:
            with make(files.around) as opened:
                apply(opened, files.migrated, files.stub, files.around)
                empty(opened)
                apply(opened, [draft.script], None, files.around)
                _refuse(files, drift(draft.goal, facts_of(opened, files.stating)), {})
    create_migration(tree, name or f"undo_{files.file.name}", draft.script.file.text)
    return Undone(draft.script.file.path, draft.statements, draft.stays)


def _draft(connection: Connection, files: Files, wanted: Wanted, name: str) -> _Draft:
    """Find the statements before the views and with them, and try the file."""

    def ask() -> frozenset[Fact]:
        return facts_of(connection, files.stating)

    empty(connection)
    now = ask()
    if now == (goal := set_aside(wanted.migrated, now)):
        why = f"{files.file.label}: it has nothing that statements could revert"
        rows = stays(files.itself, goal, now, wanted.migrated)
        raise UndoError(why, remaining=rows, hint=_BY_HAND)
    told = FromFiles(Stated(files.before).of, names_back(files.itself))
    find = partial(mend, ask=ask, api=_api(connection, files), files=told)
    mended = find(connection, wanted.migrated)
    goal = mended.goal
    _refuse(files, drift(goal, mended.facts), mended.failed)
    rows = stays(files.itself, goal, mended.begun, wanted.migrated)
    apply(connection, files.views, None, files.around)
    viewed = ask()
    done = [one.sql for one in mended.statements]
    led = _leads(connection, done, ask)
    last = set_aside(wanted.viewed, led or viewed)
    if is_of_views := led != last:
        mended = find(connection, wanted.viewed)
        last = mended.goal
        _refuse(files, drift(last, mended.facts), mended.failed)
        done = both_ways(mended.statements, viewed - now)
    rows += guessed(mended.statements)
    script = _script(files, name, done, rows)
    apply(connection, [script], None, files.around)
    _refuse(files, drift(last, ask()), {})
    return _Draft(script, len(done), tuple(rows), goal, is_of_views)


def _script(files: Files, name: str, statements: Sequence[str], rows: Sequence[str]) -> Script:
    """The file, before it is written."""
    path = next_migration(files.tree, name)
    text = text_of(path.stem, files.itself, statements, rows)
    version = files.tree.migrations[-1].version + 1
    checksum = hashlib.sha256(text.encode()).hexdigest()
    return load(SqlFile(path, "migration", version, name, text, checksum))


def _leads(
    connection: Connection, statements: Sequence[str], ask: Callable[[], frozenset[Fact]]
) -> frozenset[Fact] | None:
    """The facts after statements; None where one fails."""
    try:
        with connection.transaction(force_rollback=True):
            for sql in statements:
                connection.execute(sql.encode())
            return ask()
    except psycopg.Error:
        if connection.closed:
            raise
        return None


def _refuse(files: Files, remaining: Sequence[Finding], failed: Mapping[str, str]) -> None:
    """Say what remains, if anything does."""
    lines = [
        f"{finding.message}: {why}" if (why := failed.get(finding.message)) else finding.message
        for finding in remaining
    ]
    if lines:
        raise UndoError(
            f"{files.file.label} cannot be reverted by statements; this would remain:",
            remaining=lines,
            hint=_BY_HAND,
        )


def _api(connection: Connection, files: Files) -> tuple[str, ...]:
    """The roles of the API, as remedies name them."""
    asked = (files.stating.prelude.text if files.stating.prelude else "") + "\n"
    found = connection.execute((asked + query("remedy_roles")).encode()).fetchone()
    return tuple(found[1]) if found else ()
