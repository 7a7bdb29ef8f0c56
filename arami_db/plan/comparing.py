"""How the target differs from what its applied files make."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from arami_db.database.connect import Connection
from arami_db.drift.beside import apart
from arami_db.drift.causes import fold
from arami_db.drift.comparing import drift
from arami_db.drift.findings import Finding, gravity
from arami_db.drift.neighbours import neighbours_of
from arami_db.drift.versions import has, written_here
from arami_db.facts import Fact, facts_within
from arami_db.files import SqlTree
from arami_db.shadow import Surroundings


@dataclass(frozen=True)
class Scope:
    """What is compared.

    Attributes:
        tree: the SQL files.
        stating: those that state facts: the project's, or this tool's own where it has none.
        schemas: those that the files create.
        replaced: views and functions with a different text in the files.
        around: the target's surroundings for files.
    """

    tree: SqlTree
    stating: SqlTree
    schemas: frozenset[str]
    replaced: frozenset[str]
    around: Surroundings

    def has(self, fact: Fact, oldest: int) -> bool:
        """Whether to compare a fact on two servers, of which the older has this version."""
        ours = ("extension", "default privilege")
        return (
            has(oldest, fact)
            and not (fact.kind == ours[0] and fact.object in self.around.has(ours[0]))
            and not (fact.kind == ours[1] and self.around.has(ours[1]))
            and not _is_of(fact, self.replaced)
        )


def differences(target: Connection, work: Connection, scope: Scope) -> tuple[Finding, ...]:
    """What differs, most severe first; objects of neighbours are left out.

    Args:
        target: only read.
        work: the throw-away database with the applied files.
        scope: what is compared.

    Raises:
        QueryFailedError: a fact lacks something; names the file.
        psycopg.Error: as a server says it.
    """
    with target.transaction():
        target.execute("set transaction isolation level repeatable read, read only")
        there = facts_within(target, scope.stating, scope.schemas)
    with work.transaction(force_rollback=True):
        made = facts_within(work, scope.stating, scope.schemas)
        there = written_here(work, there, made)
    oldest = min(one.info.server_version for one in (target, work))
    made, there = (
        frozenset(fact for fact in facts if scope.has(fact, oldest)) for facts in (made, there)
    )
    found = drift(made, there)
    ours, _ = apart(found, neighbours_of(found, made), scope.tree, paths=True)
    return tuple(sorted(fold(ours), key=gravity))


def _is_of(fact: Fact, names: Collection[str]) -> bool:
    """Whether a fact is of one of these objects, or of a part of it."""
    return any(re.search(rf"(^| ){re.escape(name)}($|[.( ])", fact.object) for name in names)
