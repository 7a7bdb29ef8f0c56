"""The entry point: run the command line, turn errors into exit codes, leave at once."""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from types import FrameType

    from arami_db.errors import AramiError


def main() -> NoReturn:
    """Run `arami-db` and exit with its code.

    A command is short: collecting garbage while modules load, and taking all of them down again at
    the end, would cost more than a run with nothing to do. Both are skipped.
    """
    gc.disable()
    signal.signal(signal.SIGTERM, _interrupt)
    code = _run()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # the reader has gone, as in `arami-db … | head`
        code = code or 1
    except OSError as error:
        code = _report(_full(error))
    os._exit(code)


def _run() -> int:
    from arami_db.cli import run
    from arami_db.errors import AramiError

    try:
        run()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except AramiError as error:
        return _report(error)
    except Exception as error:
        if known := _known(error):
            return _report(known)
        _report_crash(error)
        raise
    except KeyboardInterrupt:  # before the command had begun, which says so itself
        return 130
    return 0


def _known(error: Exception) -> AramiError | None:
    """What an error that no operation expected means to the user; None for a fault of ours."""
    from arami_db.errors import AramiError

    if not isinstance(error, OSError):
        return _database_error(error)
    if error.errno == errno.ENOSPC:
        return _full(error)
    return AramiError(f"{error.filename}: {error.strerror}") if error.filename else None


def _full(error: OSError) -> AramiError:
    from arami_db.errors import AramiError

    return AramiError(f"the output could not be written: {error.strerror}")


def _report(error: AramiError) -> int:
    from arami_db.render.errors import error_report

    return error_report(error)


def _report_crash(error: Exception) -> None:
    from arami_db.render.errors import crash_report

    crash_report(error)


def _database_error(error: Exception) -> AramiError | None:
    """What a database error no operation expected means to the user."""
    import psycopg

    from arami_db.database.connect import lost, redact
    from arami_db.errors import AramiError

    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        return lost(error)
    return AramiError(redact(str(error).strip())) if isinstance(error, psycopg.Error) else None


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM ends a run as Ctrl-C does: the file at work is rolled back, and it is said."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
