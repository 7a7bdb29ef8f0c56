"""Planning: the pending files tried on a throw-away database, and weighed with the target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from arami_db import ledger
from arami_db.files.comments import acceptances
from arami_db.files.effects import Acceptance, Effect, Risk
from arami_db.files.script import load_all
from arami_db.ledger.plan import IN_PLACE, make_plan
from arami_db.plan.ground import Ground, PlanOptions, ground
from arami_db.plan.running import Run
from arami_db.plan.speed import measure
from arami_db.plan.target import Target, read_target, sample
from arami_db.plan.weighing import Weighed, weigh
from arami_db.runner.disagreement import notes, require_agreement

if TYPE_CHECKING:
    from arami_db.database.connect import Connection
    from arami_db.drift.findings import Finding
    from arami_db.files import SqlFile, SqlTree
    from arami_db.files.script import Script
    from arami_db.plan.model import Observed
    from arami_db.runner.session import MigrateOptions

_NO_LEDGER = (
    "no ledger here, so no file counts as applied; if the schema exists already,"
    " `arami-db baseline` records the files that created it"
)
_EACH = {Effect.DATA_LOSS, Effect.REWRITE}


@dataclass(frozen=True)
class Planned:
    """What the pending files will do.

    Attributes:
        files: how many are pending.
        statements: in the order of execution; without those after one that fails.
        target: the database they are for.
        drift: how that differs from what its applied files make.
        notes: what the plan could not check.
        stale: lines of pending files that accept an effect that no statement has: file and line.
    """

    files: int
    statements: tuple[Weighed, ...]
    target: Target
    drift: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    stale: tuple[tuple[SqlFile, Acceptance], ...] = ()

    @property
    def open(self) -> tuple[Weighed, ...]:
        """The statements without an accepting line, worst first."""
        left = [one for one in self.statements if one.accepted is None]
        return tuple(sorted(left, key=lambda one: (one.observed.effect.rank, -one.risk.rank)))

    @property
    def worst(self) -> Effect:
        """The worst class among those that are not accepted."""
        return self.open[0].observed.effect if self.open else Effect.NONE

    def at_least(self, risk: Risk) -> tuple[Weighed, ...]:
        """The statements with at least this risk that are not accepted."""
        return tuple(one for one in self.open if one.risk.rank >= risk.rank)


def plan(
    connection: Connection,
    tree: SqlTree,
    options: MigrateOptions,
    wanted: PlanOptions,
    begin: Callable[[str], None] = lambda _: None,
) -> Planned:
    """Plan what the pending files will do to a database, which is only read.

    Args:
        connection: an idle connection of any role that may read the ledger, also through a
            pooler.
        tree: the SQL files.
        options: which files to run, as for migrate().
        wanted: how to create the throw-away database.
        begin: called with each step as it begins, for progress.

    Raises:
        LedgerError: the ledger and the files disagree.
        RefusedFileError: a file cannot be run as it stands.
        ShadowError, EmbeddedError: the applied files could not be tried out.
        ConnectionFailedError: a connection broke.
    """
    first = sample(connection)
    recorded = ledger.read(connection)
    found = make_plan(tree, recorded)
    require_agreement(found, options)
    pending = load_all(found.up_to(options.target).pending)
    if not pending:
        return Planned(0, (), read_target(connection, first))
    applied = load_all(entry.file for entry in found.of(*IN_PLACE) if entry.file)
    begin("applying the applied files to a throw-away database")
    with ground(connection, tree, applied, pending, wanted) as there:
        begin("running the pending files there")
        seen, untried = _observe(there, pending)
        speed = measure(there.observer.sessions.work)
    target = read_target(connection, first)
    weighed = [weigh(one, target, speed) for one in seen]
    statements, stale = _accept(weighed, [script.file for script in pending])
    missing = () if recorded.exists else (_NO_LEDGER,)
    said = (*missing, *notes(found, options), *there.notes, *untried)
    return Planned(len(pending), statements, target, there.drift, said, stale)


def _observe(there: Ground, pending: Sequence[Script]) -> tuple[list[Observed], list[str]]:
    found = Run(there.observer, there.rows).files(pending)
    if not found or not found[-1].fails:
        return found, []
    last = found[-1]
    return found, [f"nothing after line {last.line} of {last.file.label} was tried"]


def _accept(
    statements: Sequence[Weighed], files: Sequence[SqlFile]
) -> tuple[tuple[Weighed, ...], tuple[tuple[SqlFile, Acceptance], ...]]:
    """Match statements with accepting lines of their file, and find lines that accept nothing."""
    lines = [(file, line) for file in files for line in acceptances(file)]
    used: list[tuple[SqlFile, Acceptance]] = []
    accepted = []
    for one in statements:
        seen = one.observed
        fitting = [
            (file, line)
            for file, line in lines
            if (file, line.effect) == (seen.file, seen.effect) and line.relation in seen.concerned
        ]
        used += fitting
        named = {line.relation for _, line in fitting}
        # Each lost or rewritten relation must be named; for locks, one of them is enough.
        is_whole = seen.effect not in _EACH or named >= set(seen.concerned)
        reason = "; ".join(line.reason for _, line in fitting) if is_whole else ""
        accepted.append(replace(one, accepted=reason or None))
    return tuple(accepted), tuple(one for one in lines if one not in used)
