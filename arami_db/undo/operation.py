"""What the files come to with a migration and without it, and the file that leads back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from arami_db.database.connect import Connection, query
from arami_db.drift.comparing import drift
from arami_db.drift.findings import Finding
from arami_db.errors import UsageError
from arami_db.facts import Fact, facts_within, schemas_of
from arami_db.files import SqlFile, SqlTree, packaged_sql_dir
from arami_db.files.create import create_migration, next_migration
from arami_db.files.definitions.making import Stated
from arami_db.files.script import Script, load, load_all
from arami_db.shadow import ShadowError, Surroundings, apply, nobodys, shadows, stub_for
from arami_db.undo.mending import Mended, mend
from arami_db.undo.model import UndoError, Undone
from arami_db.undo.stays import set_aside, stays
from arami_db.undo.text import text_of

_BY_HAND = "Write by hand what takes it back (docs/undo.md), or leave it as it is."


@dataclass(frozen=True)
class _Files:
    """The files with the migration and without it, as they are applied."""

    tree: SqlTree
    stating: SqlTree
    file: SqlFile
    before: tuple[Script, ...]
    itself: Script
    after: tuple[Script, ...]
    stub: Script | None

    @property
    def around(self) -> Surroundings:
        """What they find: a server of nobody's."""
        return nobodys((*self.before, self.itself, *self.after), self.stub)


def undo(
    tree: SqlTree, version: int, name: str | None, url: str | None, note: Callable[[str], None]
) -> Undone:
    """Write the migration that takes another one back, once it was tried.

    Later files stay: what should be is what all files come to without the one.

    Args:
        tree: the SQL files.
        version: the migration to take back.
        name: what to call the new one; undo_ and the name of the other when None.
        url: an empty database to copy for trying the files; None for an embedded server.
        note: told what takes its time.

    Returns:
        The file, and what it does not bring back.

    Raises:
        UsageError: there is no such migration, or the file cannot be written.
        UndoError: later files need what it made, nothing of it can be taken back, or something
            would remain; has each.
        ShadowError, EmbeddedError: the files could not be tried out.
        RefusedFileError: a file cannot be run as it stands.
    """
    files = _files(tree, version)
    note("applying the files to a throw-away database, with the migration and without it")
    with shadows(url) as make:
        with make(files.around) as without:
            wanted, schemas = _without(without, files)
        with make(files.around) as opened:
            apply(opened, (*files.before, files.itself, *files.after), files.stub, files.around)
            return _written(opened, files, wanted, schemas, name)


def _files(tree: SqlTree, version: int) -> _Files:
    found = {file.version: file for file in tree.migrations}
    if version not in found:
        raise UsageError(f"no migration {version} in {tree.root / 'migrations'}")
    scripts = load_all((*tree.migrations, *tree.views))
    place = next(i for i, script in enumerate(scripts) if script.file == found[version])
    stating = tree if tree.catalog else SqlTree(packaged_sql_dir())
    return _Files(
        tree,
        stating,
        found[version],
        tuple(scripts[:place]),
        scripts[place],
        tuple(scripts[place + 1 :]),
        stub_for(tree, scripts),
    )


def _without(connection: Connection, files: _Files) -> tuple[frozenset[Fact], frozenset[str]]:
    """The facts of all files but the migration, and the schemas they were asked of."""
    apply(connection, files.before, files.stub, files.around)
    for script in files.after:
        try:
            apply(connection, [script], None, files.around)
        except ShadowError as error:
            raise UndoError(
                f"{files.file.label} cannot be taken back: {script.file.label} needs what it made",
                remaining=[str(error)],
                hint=f"Take {script.file.label} back first, or change what it needs"
                " in a migration of its own."
                if script.file.kind == "migration"
                else f"Change {script.file.label} first, so that it does without.",
            ) from error
    schemas, _ = schemas_of(connection, files.stating)
    return facts_of(connection, files.stating, schemas), schemas


def facts_of(connection: Connection, stating: SqlTree, schemas: Collection[str]) -> frozenset[Fact]:
    """All that is stated of a database; of what the files leave out, too.

    Args:
        connection: to a throw-away database.
        stating: the files that state facts.
        schemas: those that are asked about, besides the files' own.

    Raises:
        QueryFailedError: a fact lacks something; names the file.
        psycopg.Error: as the server says it.
    """
    found = facts_within(connection, stating, schemas)
    beyond = connection.execute(query("undo_beyond")).fetchall()
    return found | {Fact(*fact) for fact in beyond}


def _written(
    connection: Connection,
    files: _Files,
    wanted: frozenset[Fact],
    schemas: frozenset[str],
    name: str | None,
) -> Undone:
    """Find the statements, try the file that is made of them, and write it."""
    schemas |= schemas_of(connection, files.stating)[0]

    def ask() -> frozenset[Fact]:
        return facts_of(connection, files.stating, schemas)

    now = ask()
    goal = set_aside(wanted, now)
    rows = stays(files.itself, goal, now, wanted)
    if now == goal:
        raise UndoError(
            f"{files.file.label}: there is nothing that statements could take back",
            remaining=rows,
            hint=_BY_HAND,
        )
    mended = mend(connection, goal, ask, _api(connection, files), Stated(files.before).of)
    _refuse(files, drift(goal, mended.facts), mended)
    path = next_migration(files.tree, name or f"undo_{files.file.name}")
    text = text_of(path.stem, files.itself, mended.statements, rows)
    checksum = hashlib.sha256(text.encode()).hexdigest()
    tried = SqlFile(path, "migration", files.tree.migrations[-1].version + 1, "", text, checksum)
    apply(connection, [load(tried)], None, files.around)
    _refuse(files, drift(goal, ask()), mended)
    create_migration(files.tree, name or f"undo_{files.file.name}", text)
    return Undone(path, len(mended.statements), tuple(rows))


def _refuse(files: _Files, remaining: Sequence[Finding], mended: Mended) -> None:
    """Say what remains, if anything does."""
    lines = [
        f"{finding.message}: {why}"
        if (why := mended.failed.get(finding.message))
        else finding.message
        for finding in remaining
    ]
    if lines:
        raise UndoError(
            f"{files.file.label} cannot be taken back by statements; this would remain:",
            remaining=lines,
            hint=_BY_HAND,
        )


def _api(connection: Connection, files: _Files) -> tuple[str, ...]:
    """The roles of the API, as remedies name them."""
    asked = (files.stating.prelude.text if files.stating.prelude else "") + "\n"
    found = connection.execute((asked + query("remedy_roles")).encode()).fetchone()
    return tuple(found[1]) if found else ()
