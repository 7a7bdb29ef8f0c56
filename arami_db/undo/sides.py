"""The result of the files with a migration and without it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from arami_db.database.connect import Connection, query
from arami_db.errors import UsageError
from arami_db.facts import Fact, facts_within, schemas_of
from arami_db.files import SqlFile, SqlTree, packaged_sql_dir
from arami_db.files.script import Script, load_all
from arami_db.shadow import ShadowError, Surroundings, apply, nobodys, stub_for
from arami_db.undo.model import UndoError


@dataclass(frozen=True)
class Files:
    """The files with the migration and without it, as they are applied.

    Attributes:
        tree: the SQL files.
        stating: the files that state facts: the tree's, or this tool's own where it has none.
        file: the migration.
        before: the migrations before it.
        itself: its script.
        after: the migrations after it.
        views: the files of views/.
        stub: the substitute for the platform's schema.
    """

    tree: SqlTree
    stating: SqlTree
    file: SqlFile
    before: tuple[Script, ...]
    itself: Script
    after: tuple[Script, ...]
    views: tuple[Script, ...]
    stub: Script | None

    @property
    def migrated(self) -> tuple[Script, ...]:
        """All migrations."""
        return (*self.before, self.itself, *self.after)

    @property
    def around(self) -> Surroundings:
        """The surroundings that they find: an empty server."""
        return nobodys((*self.migrated, *self.views), self.stub)


@dataclass(frozen=True)
class Wanted:
    """The facts without the migration.

    Attributes:
        migrated: of the other migrations alone.
        viewed: with the views.
    """

    migrated: frozenset[Fact]
    viewed: frozenset[Fact]


def files_of(tree: SqlTree, version: int) -> Files:
    """Load all files, and find the migration among them.

    Args:
        tree: the SQL files.
        version: the migration.

    Raises:
        UsageError: there is no such migration.
        RefusedFileError: a file cannot be run as it stands.
    """
    found = {file.version: file for file in tree.migrations}
    if version not in found:
        raise UsageError(f"no migration {version} in {tree.root / 'migrations'}")
    scripts = load_all(tree.migrations)
    views = load_all(tree.views)
    place = next(i for i, script in enumerate(scripts) if script.file == found[version])
    stating = tree if tree.catalog else SqlTree(packaged_sql_dir())
    return Files(
        tree,
        stating,
        found[version],
        tuple(scripts[:place]),
        scripts[place],
        tuple(scripts[place + 1 :]),
        tuple(views),
        stub_for(tree, [*scripts, *views]),
    )


def without(connection: Connection, files: Files) -> Wanted:
    """The facts of all files but the migration, before the views and with them.

    Args:
        connection: to a throw-away database with nothing in it.
        files: the files.

    Raises:
        UndoError: a later file needs objects of the migration; names the place.
        ShadowError: an earlier file fails.
        QueryFailedError: the facts could not be read.
    """
    apply(connection, files.before, files.stub, files.around)
    _apply_later(connection, files, files.after)
    migrated = facts_of(connection, files.stating)
    _apply_later(connection, files, files.views)
    return Wanted(migrated, facts_of(connection, files.stating) if files.views else migrated)


def _apply_later(connection: Connection, files: Files, scripts: Sequence[Script]) -> None:
    for script in scripts:
        try:
            apply(connection, [script], None, files.around)
        except ShadowError as error:
            raise UndoError(
                f"{files.file.label} cannot be reverted: {script.file.label} needs its objects",
                remaining=[str(error)],
                hint=f"Revert {script.file.label} first, or change its needs in another migration."
                if script.file.kind == "migration"
                else f"Change {script.file.label} first, so that it does not need them.",
            ) from error


def facts_of(connection: Connection, stating: SqlTree) -> frozenset[Fact]:
    """All facts of a throw-away database.

    Those of the platform's schemas too: a migration may have created a trigger or a policy there.

    Args:
        connection: to it.
        stating: the files that state facts.

    Raises:
        QueryFailedError: a fact lacks something; names the file.
        psycopg.Error: as the server says it.
    """
    own, platform = schemas_of(connection, stating)
    platform = frozenset(n for n in platform if not n.startswith(("pg_", "information_schema")))
    found = facts_within(connection, stating, own | platform)
    beyond = connection.execute(query("undo_beyond")).fetchall()
    return found | {Fact(*fact) for fact in beyond}


def empty(connection: Connection) -> None:
    """Delete all rows: the file says what they would block; it is not tried.

    Args:
        connection: to a throw-away database.

    Raises:
        psycopg.Error: as the server says it.
    """
    with connection.transaction():
        with suppress(psycopg.Error), connection.transaction():
            connection.execute("set local session_replication_role = replica")  # no trigger fires
        for (sql,) in connection.execute(query("undo_tables")).fetchall():
            connection.execute(sql.encode())
