"""A database beside what the files make: both state their facts, and these are compared."""

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
    """The database is not what the migrations make.

    Attributes:
        findings: the differences, gravest first.
    """

    def __init__(self, findings: tuple[Finding, ...], version: int) -> None:
        """Say how many there are, and the ways out.

        Args:
            findings: the differences.
            version: the last migration they were looked for in.
        """
        self.findings = findings
        number = "1 difference" if len(findings) == 1 else f"{len(findings)} differences"
        super().__init__(
            f"this database is not what the migrations up to {version} make: {number}",
            hint="Mend them; name another version; or enter the migrations all the same:"
            f" arami-db baseline {version} --accept-differences",
        )


@dataclass(frozen=True)
class Expectation:
    """What files make on a throw-away database.

    Attributes:
        files: the SQL files, which say where each object is defined.
        stating: the SQL files that state facts: those, or this tool's own where they have none.
        schemas: those that the files make.
        around: what the files found there.
        made: the facts.
        with_views: the facts with the views of the directory, where all migrations are in.
        views: those views; none where not all of them could be tried.
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
        """How a database differs; what `migrate` makes of the views anyway is no difference.

        Args:
            connection: to the database, in a transaction that has its ledger.

        Returns:
            The differences, and what is in public besides: that is none.
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
        """Whether a fact is of what only the views make: their objects, and columns of those."""
        table = fact.object.rpartition(".")[0]
        return fact[:2] in self._of_views or any(
            (kind, table) in self._of_views for kind in ("view", "materialized view")
        )

    @cached_property
    def _of_views(self) -> frozenset[tuple[str, ...]]:
        made = {fact[:2] for fact in self.made}
        return frozenset(fact[:2] for fact in self.with_views) - made

    def _own(self, facts: frozenset[Fact]) -> frozenset[Fact]:
        """The facts without what the server's surroundings brought along, or one cannot have."""
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
    """Apply files to a throw-away database that is like the one they are for.

    Args:
        connection: to the database that they are for, idle.
        tree: the SQL files; without catalog/, the facts are asked as this tool's own does.
        files: the migrations, in order.
        url: a database to copy for trying them out; None for an embedded server.
        note: told what takes its time.

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
