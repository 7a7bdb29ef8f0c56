"""Distributing a migrated database over the machines of a Citus cluster, by user."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from arami_db import ledger
from arami_db.distribute.checks import Precondition, check, require_coordinator
from arami_db.distribute.local import release
from arami_db.distribute.tables import DistributedTable, read_tables
from arami_db.errors import DistributionError, PendingError, UsageError
from arami_db.files.script import load_all
from arami_db.ledger.plan import make_plan
from arami_db.migrating import migrate
from arami_db.migrating.distributed import (
    DistributionObstacle,
    apply_distributed,
    obstacles,
    refused,
)
from arami_db.runner.disagreement import require_agreement
from arami_db.runner.locked import locked

if TYPE_CHECKING:
    from psycopg.errors import Diagnostic

    from arami_db.database.connect import Connection
    from arami_db.files import SqlTree
    from arami_db.runner.session import Applied, Session

__all__ = [
    "DistributeResult",
    "DistributedTable",
    "DistributionObstacle",
    "Precondition",
    "Preview",
    "distribute",
    "preview",
]


@dataclass(frozen=True)
class Preview:
    """What distributing would do, and whether it can be done.

    Attributes:
        is_done: whether the database is distributed already.
        checks: what was looked at.
        tables: which tables would lie where.
        obstacles: what cannot be distributed.
    """

    is_done: bool
    checks: tuple[Precondition, ...]
    tables: tuple[DistributedTable, ...]
    obstacles: tuple[DistributionObstacle, ...]

    @property
    def is_possible(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.obstacles and all(one.is_good for one in self.checks)


@dataclass(frozen=True)
class DistributeResult:
    """What distributing did.

    Attributes:
        applied: the files that ran; none where all was in place.
        moved: how many rows of which table were moved, counted and compared before and after.
        released: the tables whose copy on the coordinator was given up.
        notes: what else is to be known.
    """

    applied: tuple[Applied, ...]
    moved: dict[str, int]
    released: tuple[str, ...]
    notes: tuple[str, ...] = ()


def preview(session: Session, tree: SqlTree) -> Preview:
    """Look at the cluster and at the tables; changes nothing.

    Raises:
        PlatformError: this is no Citus coordinator.
        PendingError: migrations or views are pending.
        LedgerError: files and ledger disagree.
        UsageError: the SQL directory has no distributed/.
    """
    connection = session.connection
    require_coordinator(connection)
    is_done = _require_migrated(connection, tree, session)
    tables = read_tables(connection, tree)
    return Preview(is_done, check(connection, tables), tables, obstacles(connection, tree))


def distribute(session: Session, tree: SqlTree, shards: int) -> DistributeResult:
    """Distribute a migrated database, or complete what a run before began.

    Args:
        session: the database, the options and the report.
        tree: the SQL files.
        shards: how many parts each table is cut into.

    Returns:
        What was done.

    Raises:
        DistributionError: the cluster or a table is not fit for it; nothing was done.
        FileFailedError: a statement failed; nothing was distributed.
        PlatformError, PendingError, LedgerError, UsageError: as preview().
        LockBusyError, ConnectionFailedError: as they say.
    """
    found = preview(session, tree)
    if not (found.is_done or found.is_possible):
        raise _not_possible(found)
    applied: tuple[Applied, ...] = ()
    moved: dict[str, int] = {}
    with locked(session) as runner:
        if not _require_migrated(runner.connection, tree, session):
            scripts = load_all(tree.distributed)
            session.report.plan(len(scripts))
            runner.connection.add_notice_handler(partial(_count, moved))
            with runner.remembering(scripts):
                applied = apply_distributed(runner, scripts, shards=shards)
    after = migrate(session, tree)  # the views, and whatever else a run that was killed left
    released, notes = release(session)
    return DistributeResult((*applied, *after.applied), moved, released, (*after.notes, *notes))


def _count(moved: dict[str, int], notice: Diagnostic) -> None:
    """Take down what 009_tables says of a table that it has moved."""
    if notice.severity_nonlocalized == "INFO" and notice.table_name:
        moved[f"{notice.schema_name}.{notice.table_name}"] = int(notice.message_detail or 0)


def _not_possible(found: Preview) -> DistributionError:
    """The error that names everything in the way at once."""
    bad = [one for one in found.checks if not one.is_good]
    return refused(
        [*(DistributionObstacle(one.name, one.finding, one.hint) for one in bad), *found.obstacles]
    )


def _require_migrated(connection: Connection, tree: SqlTree, session: Session) -> bool:
    """Whether the database is distributed already; refuses one that is not migrated."""
    if not tree.distributed:
        raise UsageError(
            f"{tree.root}: has no distributed/, which says how tables are distributed",
            hint="Without --sql-dir, it is the Arami schema that is distributed.",
        )
    state = ledger.read(connection)
    plan = make_plan(tree, state)
    require_agreement(plan, session.options)
    if state.is_distributed:
        return True
    if plan.pending:
        names = ", ".join(file.title for file in plan.pending[:3])
        more = f" and {len(plan.pending) - 3} more" if len(plan.pending) > 3 else ""
        raise PendingError(f"pending: {names}{more}", hint="Run arami-db migrate first.")
    return False
