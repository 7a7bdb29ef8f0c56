"""Files that Postgres refuses in a transaction: one statement, survived at every point.

The statement commits by itself, so the ledger cannot be part of it. The history is told before it
starts; whatever is found when a run comes back is judged by that and by the catalog.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from arami_db import ledger
from arami_db.database.connect import query
from arami_db.database.execute import Step, cleaning_steps, file_steps, run_each
from arami_db.database.failure import FileFailedError
from arami_db.files.lexical import quoted
from arami_db.runner.apply import Runner
from arami_db.runner.session import Applied

if TYPE_CHECKING:
    from arami_db.files.script import Script

_POLL = 0.2
_UNDEFINED_OBJECT = "42704"


def apply_alone(runner: Runner, script: Script) -> Applied:
    """Apply a no-transaction file and enter it in the ledger.

    Raises:
        FileFailedError: the statement failed; an invalid index it left is rebuilt by the next run.
        ConnectionFailedError: the connection broke.
    """
    return runner.attempt(script, lambda: _apply(runner, script))


def _apply(runner: Runner, script: Script) -> None:
    started = time.monotonic()
    resumed = ledger.was_started(runner.connection, script.file)
    if not _index_is_there(runner, script, resumed=resumed):
        step = ledger.event("started", script.file)
        runner.connection.execute(step.sql, step.parameters)
        try:
            _execute(runner, script)
        except FileFailedError as error:
            dropped = script.statements[0].node.drop_stmt.concurrent
            if not (resumed and dropped and error.sqlstate == _UNDEFINED_OBJECT):
                raise
            runner.report.note(f"{script.file.label}: the run before dropped it already")
    completed = ledger.complete(script.file, time.monotonic() - started)
    entry = [Step("begin"), ledger.claim(script.file), *completed, Step("commit")]
    runner.send(script, entry)


def _execute(runner: Runner, script: Script) -> None:
    """Run the statement, with session settings where no pooler would pass them on.

    CONCURRENTLY waits without blocking anybody, and an aborted wait leaves an invalid index: it
    gets no lock timeout.
    """
    node = script.statements[0].node
    concurrent = node.index_stmt.concurrent or node.drop_stmt.concurrent
    settings = {"lock_timeout": "0" if concurrent else runner.options.lock_timeout_setting}
    if runner.server.notices_death:
        settings["client_connection_check_interval"] = "2s"
    if runner.server.pooled:
        settings = {}
    for name, value in settings.items():
        runner.connection.execute(f"set {name} = '{value}'")
    try:
        runner.send(script, file_steps(script))
    finally:
        if not runner.connection.closed:
            resets = [Step(f"reset {name}") for name in settings]
            run_each(runner.connection, [*resets, *cleaning_steps(script)])


def _index_is_there(runner: Runner, script: Script, *, resumed: bool) -> bool:
    """Whether an interrupted run finished the index; clears an invalid one out of the way."""
    index = script.statements[0].node.index_stmt
    if not index.idxname:
        return False
    table = quoted((index.relation.schemaname, index.relation.relname))
    while True:
        row = runner.connection.execute(
            query("index_state"), {"index": index.idxname, "table": table}
        ).fetchone()
        if row is None:
            return False
        valid, name, building = row
        if valid:
            if resumed:
                runner.report.note(f"{script.file.label}: {name} was completed by the run before")
            return resumed
        if not building:
            runner.report.note(f"{script.file.label}: dropping {name}, left invalid; rebuilding")
            runner.connection.execute(f"drop index concurrently {name}")
            return False
        time.sleep(_POLL)
