"""The entry point: run the command line, turn errors into exit codes, leave at once."""

from __future__ import annotations

import errno
import gc
import os
import re
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

_WRITING = {errno.EPIPE, errno.EBADF, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}

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
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _interrupt)  # the terminal is closed; nohup has it ignored
    _prepare_streams()
    code = _run()
    try:
        sys.stdout.flush()
    except OSError as error:
        code = code or _unwritten(error)
    sys.stderr.flush()
    os._exit(code)


def _prepare_streams() -> None:
    from arami_db.render.streams import prepare_streams

    prepare_streams()


def _run() -> int:
    from arami_db.cli import run
    from arami_db.errors import AramiError

    try:
        run()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except AramiError as error:
        return _report(error)
    except OSError as error:
        return _system_error(error)
    except Exception as error:
        if known := _database_error(error) or _input_error(error):
            return _report(known)
        _report_crash(error)
        raise
    except KeyboardInterrupt:  # before the command had begun, which says so itself
        return 130
    return 0


def _system_error(error: OSError) -> int:
    """Tell an error of the system that no operation expected."""
    from arami_db.errors import AramiError

    if error.filename is None and error.errno in _WRITING:
        return _unwritten(error)
    place = f"{error.filename}: " if error.filename else ""
    return _report(AramiError(f"{place}{error.strerror or error}"))


def _unwritten(error: OSError) -> int:
    """Tell that the output was lost; what was done is done. A reader who left knows."""
    from arami_db.errors import AramiError

    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if error.errno == errno.EPIPE:
        return AramiError.exit_code
    hint = "What the command did before that stays done."
    return _report(AramiError(f"the output could not be written: {error.strerror}", hint=hint))


def _report(error: AramiError) -> int:
    from arami_db.render.errors import error_report

    return error_report(error)


def _report_crash(error: Exception) -> None:
    from arami_db.render.errors import crash_report

    crash_report(error)


def _database_error(error: Exception) -> AramiError | None:
    """What a database error no operation expected means to the user."""
    import psycopg

    from arami_db.runner.explained import explained

    return explained(error) if isinstance(error, psycopg.Error) else None


def _input_error(error: Exception) -> AramiError | None:
    """What it means that text cannot be sent: an argument held bytes that are no text."""
    from arami_db.errors import UsageError

    if isinstance(error, UnicodeEncodeError) and re.search("[\ud800-\udfff]", "".join(sys.argv)):
        return UsageError("an argument is not UTF-8", hint="Write it in another way.")
    return None


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM and SIGHUP end a run as Ctrl-C does: the file is rolled back, and it is said."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
