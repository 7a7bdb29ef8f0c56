"""Planning: the pending files tried on a throw-away database, and weighed with the target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arami_db import ledger
from arami_db.database.connect import Connection
from arami_db.files.script import load_all
from arami_db.migrate.disagreement import require_agreement
from arami_db.migrate.plan import IN_PLACE, make_plan
from arami_db.plan.ground import Ground, Wanted, ground
from arami_db.plan.model import Observed
from arami_db.plan.observe import Observer
from arami_db.plan.running import Run

if TYPE_CHECKING:
    from arami_db.drift.findings import Finding
    from arami_db.files import SqlTree
    from arami_db.files.script import Script
    from arami_db.runner.session import Options


@dataclass(frozen=True)
class Planned:
    """What the pending files will do.

    Attributes:
        statements: in the order in which they run; those after one that fails are missing.
        drift: how the target differs from what its applied files make.
        notes: what the plan could not look at.
    """

    statements: tuple[Observed, ...]
    drift: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def plan(
    connection: Connection,
    tree: SqlTree,
    options: Options,
    wanted: Wanted,
    begin: Callable[[str], None] = lambda _: None,
) -> Planned:
    """Say what the pending files will do to a database, which is only read.

    Args:
        connection: an idle connection of any role that may read the ledger, through a pooler if
            need be.
        tree: the SQL files.
        options: which files are to run, as for migrate().
        wanted: how to make the throw-away database.
        begin: called with each step as it begins, for progress.

    Raises:
        LedgerError: the ledger and the files disagree.
        RefusedFileError: a file cannot be run as it stands.
        ShadowError, EmbeddedError: the applied files could not be tried out.
        ConnectionFailedError: a connection broke.
    """
    found = make_plan(tree, ledger.read(connection))
    require_agreement(found, options)
    pending = load_all(found.up_to(options.target).pending)
    if not pending:
        return Planned(())
    applied = load_all(entry.file for entry in found.of(*IN_PLACE) if entry.file)
    begin("applying the applied files to a throw-away database")
    with ground(connection, tree, applied, pending, wanted) as there:
        begin("running the pending files there")
        statements, notes = _observe(there, pending, is_strict=wanted.fill is not None)
    return Planned(statements, there.drift, (*there.notes, *notes))


def _observe(
    there: Ground, pending: Sequence[Script], *, is_strict: bool
) -> tuple[tuple[Observed, ...], list[str]]:
    run = Run(Observer(there.sessions, there.origin), there.refill, is_strict)
    found: list[Observed] = []
    for script in pending:
        found += run.file(script)
        if found and found[-1].fails:
            return tuple(found), [f"nothing after {script.file.label} was tried: it fails"]
    return tuple(found), []
