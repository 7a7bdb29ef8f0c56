"""The entry point: run the command line, turn errors into exit codes."""

from __future__ import annotations

import gc
import signal
import sys
from types import FrameType


def main() -> None:
    """Run `arami-db` and exit with its code."""
    # A command is over before garbage matters; collecting while modules load costs start-up time.
    gc.disable()
    signal.signal(signal.SIGTERM, _interrupt)

    import psycopg

    from arami_db.cli import app
    from arami_db.database.connect import lost, redact
    from arami_db.errors import AramiError
    from arami_db.render import error_report

    try:
        app()
    except AramiError as error:
        sys.exit(error_report(error))
    except psycopg.OperationalError as error:
        sys.exit(error_report(lost(error)))
    except psycopg.Error as error:
        sys.exit(error_report(AramiError(redact(str(error).strip()))))


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM ends a run as Ctrl-C does: the file at work is rolled back, and it is said."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
