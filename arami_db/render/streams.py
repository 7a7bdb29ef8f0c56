"""Standard streams that exist even if the caller has closed them."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress


class _Heedless(io.TextIOWrapper):
    """A stream whose errors (a closed pipe, a full disk) do not stop the command."""

    def write(self, text: str, /) -> int:
        """Write, ignoring errors."""
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, ignoring errors."""
        with suppress(OSError):
            super().flush()


def prepare_streams() -> None:
    """Open closed ones of stdin, stdout and stderr, and make stderr one that never fails.

    Otherwise the next file or connection would reuse the number of a closed descriptor, and receive
    our output. Writing to a stdout that was closed fails, and is reported like a full disk; text
    for a closed stderr is lost. Text that a stream cannot encode, such as an unusual file name, is
    written as escapes.
    """
    for descriptor, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, mode)  # open() takes the lowest free number, this one
            os.set_inheritable(descriptor, True)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    said = sys.stderr.buffer if sys.stderr else open(2, "wb", closefd=False)  # noqa: SIM115
    encoding = sys.stderr.encoding if sys.stderr else "utf-8"
    sys.stderr = _Heedless(said, encoding, "backslashreplace", line_buffering=True)
