"""Comparing a database with what the files make, by the facts of both."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from arami_db.database.connect import Connection
from arami_db.drift.beside import apart
from arami_db.drift.causes import fold
from arami_db.drift.comparing import drift
from arami_db.drift.findings import Finding, gravity
from arami_db.drift.neighbours import neighbours_of
from arami_db.drift.places import placed
from arami_db.drift.versions import has, written_here
from arami_db.errors import LedgerError
from arami_db.facts import Fact, facts_within, schemas_of
from arami_db.files import SqlFile, SqlTree, packaged_sql_dir
from arami_db.files.script import load, load_all
from arami_db.shadow import ShadowError, Surroundings, apply, shadow, surroundings


class DifferencesError(LedgerError):
    """The database differs from what the migrations make.

    Attributes:
        findings: the differences, most severe first.
    """

    def __init__(self, findings: tuple[Finding, ...], version: int) -> None:
        """Say how many there are, and how to continue.

        Args:
            findings: the differences.
            version: the last migration that was compared.
        """
        self.findings = findings
        number = "1 difference" if len(findings) == 1 else f"{len(findings)} differences"
        super().__init__(
            f"this database differs from what the migrations up to {version} make: {number}",
            hint="Fix them; name another version; or enter the migrations anyway:"
            f" arami-db baseline {version} --accept-differences",
        )


@dataclass(frozen=True)
class Expectation:
    """What files make on a throw-away database.

    Attributes:
        files: the SQL files, which say where each object is defined.
        stating: the SQL files with the catalog queries: these files, or this tool's own.
        schemas: the schemas that the files make.
        around: the surroundings of the files on that database.
        made: the facts.
        with_views: the facts with the views of the directory, where all migrations are applied.
        views: those views; none where some could not be tried.
        oldest: the version of the older of the two servers.
    """

    files: SqlTree
    stating: SqlTree
    schemas: frozenset[str]
    around: Surroundings
    made: frozenset[Fact]
    with_views: frozenset[Fact]
    views: tuple[SqlFile, ...]
    oldest: int

    def differences(self, connection: Connection) -> tuple[tuple[Finding, ...], Finding | None]:
        """How a database differs; views that `migrate` will replace do not count.

        Args:
            connection: to the database, in a transaction that has its ledger.

        Returns:
            The differences, and the neighbours in public, which are not differences.
        """
        stated = facts_within(connection, self.stating, self.schemas)
        there, made, with_views = map(self._own, (stated, self.made, self.with_views))
        there = frozenset(fact for fact in there if not self._is_of_view(fact))
        expected = (there & (made | with_views)) | (made & with_views)
        expected = written_here(connection, expected, there)
        found = drift(expected, there)
        ours, theirs = apart(found, neighbours_of(found, expected), self.files, paths=True)
        return placed(sorted(fold(ours), key=gravity), self.files), theirs

    def holds_views(self, connection: Connection) -> bool:
        """Whether a database has the views of the directory, each as its file makes it.

        Args:
            connection: to the database, in a transaction that has its ledger.
        """
        found = facts_within(connection, self.stating, self.schemas)
        there, with_views = (
            frozenset(filter(self._is_of_view, self._own(facts)))
            for facts in (found, self.with_views)
        )
        return written_here(connection, with_views, there) == there

    def _is_of_view(self, fact: Fact) -> bool:
        """Whether a fact is about an object that only the views make, or its columns."""
        table = fact.object.rpartition(".")[0]
        return fact[:2] in self._of_views or any(
            (kind, table) in self._of_views for kind in ("view", "materialized view")
        )

    @cached_property
    def _of_views(self) -> frozenset[tuple[str, ...]]:
        made = {fact[:2] for fact in self.made}
        return frozenset(fact[:2] for fact in self.with_views) - made

    def _own(self, facts: frozenset[Fact]) -> frozenset[Fact]:
        """The facts without those that come from the server, or that one server cannot have."""
        names = {kind: self.around.has(kind) for kind in ("extension", "default privilege")}
        return frozenset(
            fact
            for fact in facts
            if not (fact.kind == "extension" and fact.object in names["extension"])
            and not (fact.kind == "default privilege" and names["default privilege"])
            and has(self.oldest, fact)
        )


def expectation(
    connection: Connection,
    tree: SqlTree,
    files: tuple[SqlFile, ...],
    url: str | None,
    note: Callable[[str], None],
) -> Expectation:
    """Apply files to a throw-away database that resembles the target.

    Args:
        connection: to the target, idle.
        tree: the SQL files; without catalog/, this tool's own is used.
        files: the migrations, in order.
        url: a database to copy for trying them out; None for an embedded server.
        note: called before what takes long.

    Raises:
        ShadowError, EmbeddedError: the files could not be tried out.
        RefusedFileError: one of them cannot be run as it stands.
    """
    ours = SqlTree(packaged_sql_dir())
    stating = tree if tree.catalog else ours
    scripts = load_all(files)
    _, platform = schemas_of(connection, stating)
    stub = load(tree.auth_stub) if tree.auth_stub else None
    around = surroundings(connection, [*scripts, *([stub] if stub else [])], platform)
    views = load_all(tree.views) if files[-1] == tree.migrations[-1] else []
    number = "1 migration" if len(files) == 1 else f"{len(files)} migrations"
    note(f"trying {number} on a throw-away database, to compare")
    with shadow(url, around) as opened:
        before, _ = schemas_of(opened, stating)
        apply(opened, scripts, stub, around)
        schemas = schemas_of(opened, stating)[0] - before
        made = facts_within(opened, stating, schemas)
        tried = False
        with suppress(ShadowError):  # `migrate` will say so
            apply(opened, views, None, around)
            tried = schemas_of(opened, stating)[0] - before == schemas
        with_views = facts_within(opened, stating, schemas)
        oldest = min(opened.info.server_version, connection.info.server_version)
    seen = tree.views if tried and views else ()
    return Expectation(tree, stating, schemas, around, made, with_views, seen, oldest)
