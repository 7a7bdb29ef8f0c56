"""On Citus: all of sql/distributed in one transaction, after the migrations and before the views.

The files can be run again and again: they distribute the tables that came since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from arami_db import ledger
from arami_db.database.connect import query
from arami_db.database.execute import Step, no_time_limit
from arami_db.errors import DistributionError, RefusedFileError
from arami_db.files import policies
from arami_db.files.refusals import refusal_at
from arami_db.files.script import load
from arami_db.files.shared import in_sequence, sharing
from arami_db.runner.failure import FileFailedError
from arami_db.runner.pipeline import run
from arami_db.runner.session import Applied
from arami_db.runner.steps import closing_steps, statement_steps

if TYPE_CHECKING:
    from arami_db.database.connect import Connection
    from arami_db.files import SqlTree
    from arami_db.files.script import Script, Statement
    from arami_db.runner.apply import Runner

# Moving all rows takes its time; of what the server says meanwhile only our own INFO is of use.
_UNHURRIED = (
    "set local statement_timeout = 0",
    "set local idle_in_transaction_session_timeout = 0",
    "set local client_min_messages = error",
)


@dataclass(frozen=True)
class DistributionObstacle:
    """Something that cannot be distributed.

    Attributes:
        object: what it is, as people name it.
        problem: why it cannot be.
        remedy: the way out.
    """

    object: str
    problem: str
    remedy: str


def as_citus_takes_it(script: Script) -> Script:
    """A migration with its policies as Citus takes them, and foreign keys to what is everywhere.

    Raises:
        RefusedFileError: one would say something else on the workers.
    """
    refusals = [
        refusal_at(script.file, one.offset, *policies.RESTRICTIVE, one)
        for one in script.statements
        if policies.is_restrictive(one)
    ]
    if refusals:
        raise RefusedFileError(refusals=refusals)
    shared = [sharing(one) for one in script.statements]
    first = in_sequence(script.statements) if any(shared) and script.in_transaction else ()
    taken = map(policies.as_citus_takes_it, script.statements)
    pairs = chain.from_iterable(zip(shared, taken, strict=True))
    return replace(script, statements=(*first, *chain.from_iterable(pairs)))


def is_complete(connection: Connection) -> bool:
    """Whether all tables that belong on the workers are there."""
    row = connection.execute(
        "select not exists (select from audit.distribution where not is_distributed)"
    ).fetchone()
    return bool(row and row[0])


def obstacles(connection: Connection, tree: SqlTree) -> tuple[DistributionObstacle, ...]:
    """All that stands in the way of distributing the tables; changes nothing.

    Args:
        connection: to a coordinator, in autocommit.
        tree: has the file that says which tables belong on the workers.
    """
    with connection.transaction(force_rollback=True):
        state_distribution(connection, tree)
        rows = connection.execute(query("distribution_obstacles")).fetchall()
    return tuple(DistributionObstacle(*row) for row in rows)


def state_distribution(connection: Connection, tree: SqlTree) -> None:
    """Make the view that says which tables belong on the workers, in the present transaction."""
    connection.execute("set local client_min_messages = error")
    connection.execute("set local citus.enable_ddl_propagation = off")  # a worker may be away
    for statement in load(tree.distributed[0]).statements:
        connection.execute(statement.text.encode())


def require_distributable(connection: Connection, tree: SqlTree) -> None:
    """Refuse to begin where some table cannot be distributed.

    Raises:
        DistributionError: names every obstacle and its way out.
    """
    found = obstacles(connection, tree)
    if found:
        raise refused(found)


def refused(found: Sequence[DistributionObstacle]) -> DistributionError:
    """The error that names all obstacles, each remedy once."""
    lines = "\n  ".join(f"{one.object}: {one.problem}" for one in found)
    ways = "\n      ".join(dict.fromkeys(one.remedy for one in found))
    return DistributionError(f"not everything can be distributed:\n  {lines}", hint=ways)


def apply_distributed(
    runner: Runner, scripts: Sequence[Script], *, shards: int | None = None
) -> tuple[Applied, ...]:
    """Apply the files of distributed/ in one transaction.

    Args:
        runner: applies them.
        scripts: the files, in order.
        shards: how many a table is cut into; None where tables are distributed already. Views are
            then applied again, since the workers have none.

    Raises:
        FileFailedError: a statement failed; nothing of any file was applied.
        ConnectionFailedError: the connection broke.
    """
    steps = _transaction(runner, scripts, shards)
    begun: list[Script] = []

    def at(script: Script, statement: Statement | None) -> None:
        runner.at(script, statement)
        if statement is not None and script not in begun[-1:]:
            begun.append(script)
            runner.report.started(script.file)

    def action() -> None:
        begun.clear()
        try:
            run(runner.connection, scripts[-1], steps, at)
        except FileFailedError as error:
            error.remains = "All of distributed/ is one transaction: nothing of it was applied."
            raise

    runner.retry(scripts[-1], action)
    rows = ledger.read(runner.connection).of("distributed")
    applied = tuple(
        Applied(script.file, len(script.statements), rows[script.file.version].seconds)
        for script in scripts
    )
    for one in applied:
        runner.report.applied(one)
    return applied


def _transaction(runner: Runner, scripts: Sequence[Script], shards: int | None) -> list[Step]:
    unlimited = [*_UNHURRIED, *no_time_limit(runner.connection)]
    steps = [*runner.begin(durable=True), *map(Step, unlimited)]
    if shards is not None:
        steps.append(Step(f"set local citus.shard_count = {shards}"))
        steps.append(Step("delete from arami_db.migration where kind = 'view'"))
    for script in scripts:
        steps.append(ledger.claim(script.file))
        steps += statement_steps(script, script.statements)
        steps += ledger.complete(script.file)
    return [*steps, *closing_steps(scripts[-1]), Step("commit")]
