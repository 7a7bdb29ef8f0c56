"""Files marked no-transaction: statement by statement, survived at every point.

Such a statement commits by itself, so the ledger cannot be part of it. The history says that it was
started before it is, and that it finished after it has; whatever a run finds of one that ended
between the two is judged by that and by the catalog.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from arami_db import ledger
from arami_db.database.execute import Step, run_each
from arami_db.migrating.healing import is_done, left, mends
from arami_db.migrating.parts import (
    FilePart,
    finished,
    parts_of,
    remaining,
    was_broken_off,
    was_tried,
)
from arami_db.migrating.single import Single
from arami_db.runner.apply import Runner
from arami_db.runner.failure import FileFailedError
from arami_db.runner.session import Applied

if TYPE_CHECKING:
    from arami_db.database.connect import Connection
    from arami_db.files.script import Script


def refuse_changed(connection: Connection, scripts: Sequence[Script]) -> None:
    """Refuse files of which a part was applied that they no longer begin with.

    Raises:
        LedgerError: names the file.
    """
    attempts = ledger.attempts(connection)
    for script in scripts:
        if tried := attempts.get(script.file.version):
            finished(script, [] if script.in_transaction else parts_of(script), tried)


def apply_alone(runner: Runner, script: Script) -> Applied:
    """Apply a no-transaction file and enter it in the ledger.

    Raises:
        FileFailedError: a statement failed; those before it stay applied, and the next run goes on.
        LedgerError: another runner entered the file meanwhile.
        ConnectionFailedError: the connection broke.
    """
    return runner.attempt(script, lambda: _apply(runner, script))


def _apply(runner: Runner, script: Script) -> None:
    started = time.monotonic()
    attempts = ledger.attempts(runner.connection).get(script.file.version, [])
    parts = parts_of(script)
    done = finished(script, parts, attempts)
    for part in parts[done:]:
        try:
            _run(Single(runner, script, part), attempts)
        except FileFailedError as error:
            error.remains = error.remains or remaining(script, part, parts, None)
            raise
        if part is not parts[-1]:
            _record(runner, script, "finished", part)
    completed = ledger.complete(script.file, time.monotonic() - started)
    entry = [Step("begin"), ledger.claim(script.file), *completed, Step("commit")]
    runner.send(script, entry)


def _run(single: Single, attempts: Sequence[ledger.HistoryLine]) -> None:
    """Run one statement, unless a run before has; make good what that left, and the failure."""
    part = single.part
    if part.statement is None:
        single.execute()
        return
    node = part.statement.node
    broken_off = was_broken_off(part, attempts)
    if is_done(single, node, tried=was_tried(part, attempts), broken_off=broken_off):
        return
    _record(single.runner, single.script, "started", part)
    try:
        single.execute()
    except FileFailedError as error:
        if not mends(single, node, error, broken_off=broken_off):
            error.remains = remaining(
                single.script, part, parts_of(single.script), left(single, node)
            )
            raise


def _record(runner: Runner, script: Script, event: str, part: FilePart) -> None:
    step = ledger.statement_event(event, script.file, statement=part.number, checksum=part.checksum)
    run_each(runner.connection, [step])
