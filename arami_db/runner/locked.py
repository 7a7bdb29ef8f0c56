"""The run itself: the lock held, the working connection open, a thread watching."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from arami_db.database.connect import connect
from arami_db.database.lock import runner_lock
from arami_db.database.server import inspect
from arami_db.database.watch import Watch
from arami_db.runner.apply import Runner
from arami_db.runner.session import Report, Session

if TYPE_CHECKING:
    from psycopg.errors import Diagnostic


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


def _pass_on(notice: Diagnostic, report: Report) -> None:
    """Show warnings and what a file itself raises; not "already exists, skipping"."""
    if notice.severity_nonlocalized != "NOTICE" or notice.sqlstate == "00000":
        report.note(f"{notice.severity}: {notice.message_primary}")
