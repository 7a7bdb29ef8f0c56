"""An application in miniature: pgbench inserts sessions and reads dashboards at a fixed rate."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

LONGEST = 3600  # seconds; it is stopped long before

INSERT = """\
\\set n random(1, {users})
with session as (
    insert into public.daily_sessions (user_id, session_type, duration_seconds, emotional_snapshot)
    values (
        md5('user ' || :n)::uuid, 'face_to_face', 300,
        '[{{"emotion": "joy", "intensity": 4, "color": "#fc0", "confidence": 0.9}}]'
    )
    returning id, user_id
)
insert into public.session_analytics (session_id, user_id, metric_name, metric_value)
select id, user_id, 'engagement_score', 0.7 from session;
"""
DASHBOARD = """\
\\set n random(1, {users})
select * from public.user_dashboard where id = md5('user ' || :n)::uuid;
"""


def found() -> str | None:
    """Where pgbench is, if it is installed."""
    return shutil.which("pgbench")


@dataclass
class Foreground:
    """The load, running from entry to exit.

    Attributes:
        folder: where scripts and latencies are written.
        url: the database.
        users: how many there are.
        rate: transactions a second, half of them inserts.
    """

    folder: Path
    url: str
    users: int
    rate: int

    def __enter__(self) -> Foreground:
        for name, text in (("insert.sql", INSERT), ("dashboard.sql", DASHBOARD)):
            (self.folder / name).write_text(text.format(users=self.users), encoding="utf-8")
        scripts = [f"--file={self.folder / name}" for name in ("insert.sql", "dashboard.sql")]
        self.process = subprocess.Popen(
            [
                *[found() or "pgbench", "--no-vacuum", "--client=4", f"--rate={self.rate}"],
                *["--log", f"--log-prefix={self.folder / 'log'}", f"--time={LONGEST}"],
                *[*scripts, self.url],
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def p99(self, start: float, end: float) -> float:
        """The 99th percentile of the latencies between two moments, in milliseconds.

        Latency counts from when the rate wanted the transaction to begin, so that a stall is felt
        by all that had to wait for it. The log is written in blocks: the last may be missing.
        """
        figures = []
        for path in self.folder.glob("log.*"):
            for line in path.read_text(encoding="utf-8").splitlines():
                fields = line.split()
                if len(fields) >= 6 and start <= int(fields[4]) + int(fields[5]) / 1e6 <= end:
                    figures.append(int(fields[2]) / 1000)
        if not figures:
            sys.exit("pgbench wrote down nothing: it failed, or the time was too short")
        figures.sort()
        return figures[min(len(figures) - 1, len(figures) * 99 // 100)]
