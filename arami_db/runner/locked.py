"""The run itself: the lock held, the working connection open, a thread watching."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from arami_db.database.connect import connect
from arami_db.database.lock import runner_lock
from arami_db.database.server import inspect
from arami_db.runner.apply import Runner
from arami_db.runner.session import RunReport, Session
from arami_db.runner.watch import Watch

if TYPE_CHECKING:
    from psycopg.errors import Diagnostic

# The codes of "already exists, skipping": duplicate_ column, function, object, schema, table.
_EXISTS = {"42701", "42723", "42710", "42P06", "42P07"}
# What says "does not exist, skipping", the most usual of them.
_SKIPPING = {"DropErrorMsgNonExistent", "does_not_exist_skipping"}


@contextmanager
def locked(session: Session) -> Iterator[Runner]:
    """Hold the runner lock and yield what applies files.

    The working connection is opened once the lock is held, so that no idle-session timeout can
    close it while another runner works.

    Raises:
        LockBusyError: another runner held the lock all the time.
        ConnectionFailedError: the connection broke.
        PlatformError: nothing can be written there.
    """
    options, report = session.options, session.report
    with (
        runner_lock(session.connection, wait=options.lock_wait, on_wait=report.note) as alive,
        closing(connect(session.conninfo)) as working,
    ):
        working.add_notice_handler(lambda notice: _pass_on(notice, report))
        server = inspect(working)
        server.require_writable()
        pid = None if server.pooled else working.info.backend_pid
        with Watch(
            session.conninfo,
            pid=pid,
            after=min(0.5, options.lock_timeout / 3 or 0.5),
            on_blocked=report.note,
            every=report.every,
            on_standing=report.standing,
        ) as watch:
            yield Runner(working, options, report, watch, server, alive)


def _pass_on(notice: Diagnostic, report: RunReport) -> None:
    """Show what the server says beside its results, except that IF (NOT) EXISTS skipped something.

    That has a code only where something exists; for what does not, the code is that of success, as
    for RAISE, and the text is in the server's language.
    """
    if notice.severity_nonlocalized == "INFO":  # sent to whoever asked, as by RAISE INFO
        report.note(notice.message_primary or "")
        return
    if (notice.message_detail or "").endswith("will be created only locally"):
        return  # by Citus, of a view of what is the coordinator's
    raised = notice.source_function == "exec_stmt_raise"
    skipped = (
        notice.sqlstate in _EXISTS
        or notice.source_function in _SKIPPING
        or (notice.message_primary or "").endswith(", skipping")
    )
    if notice.severity_nonlocalized == "NOTICE" and skipped and not raised:
        return
    lines = [f"{notice.severity}: {notice.message_primary}"]
    for name, text in (("detail", notice.message_detail), ("hint", notice.message_hint)):
        if text:
            lines.append(f"{name}: " + text.replace("\n", "\n    "))
    report.note("\n  ".join(lines))
