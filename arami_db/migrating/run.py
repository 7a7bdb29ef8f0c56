"""Applying a plan: the auth stub where it is needed, migrations, then views."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from arami_db.files.script import Script, load_all
from arami_db.ledger.plan import Plan
from arami_db.migrating.alone import apply_alone
from arami_db.migrating.stub import apply_stub, stub_steps, tell
from arami_db.migrating.views import apply_views
from arami_db.runner.apply import Runner
from arami_db.runner.session import Applied

if TYPE_CHECKING:
    from arami_db.files import SqlTree


def scripts_of(plan: Plan, *kinds: str) -> list[Script]:
    """Load the pending files of some kinds; without any, of all.

    Args:
        plan: has the files.
        kinds: as SqlFile.kind.

    Returns:
        The scripts, in the order in which they are run.

    Raises:
        RefusedFileError: some of them cannot be run as they stand.
    """
    return load_all(file for file in plan.pending if not kinds or file.kind in kinds)


def run(runner: Runner, stub: Script | None, plan: Plan, tree: SqlTree) -> Iterator[Applied]:
    """Apply what is pending, in order, yielding each file once it is in.

    The auth stub is part of the first transaction: where that fails, nothing is left of it.
    """
    migrations, views = scripts_of(plan, "migration"), scripts_of(plan, "view")
    distributing = scripts_of(plan, "distributed")
    if distributing:
        from arami_db.migrating.distributed import as_citus_takes_it

        migrations = list(map(as_citus_takes_it, migrations))
    runner.report.plan(len(migrations) + len(distributing) + len(views))
    for together, stretch in groupby(migrations, lambda script: script.in_transaction):
        scripts = list(stretch)
        if not together:
            yield from (apply_alone(runner, script) for script in scripts)
            continue
        durable = not (distributing or views) and scripts[-1] is migrations[-1]
        for applied in runner.apply(
            scripts, durable=durable, first=stub_steps(stub) if stub else ()
        ):
            if stub is not None:
                tell(runner, stub)
                stub = None
            yield applied
    if stub is not None and views:
        apply_stub(runner, stub)
    if distributing:
        from arami_db.migrating.distributed import apply_distributed, require_distributable

        require_distributable(runner.connection, tree)
        yield from apply_distributed(runner, distributing)
    yield from apply_views(runner, views)
