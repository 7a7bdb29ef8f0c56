"""Run `arami-db` without the start of Python: a process that has imported it all forks.

Each command is still a process, with arguments, environment, folder, output and exit code of its
own. What Python settles as it starts is settled: see SETTLED.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import time
from functools import cache
from typing import IO

# Of environment variables that begin so, Python takes no notice later.
SETTLED = ("PYTHON", "LC_", "LANG")
_IMPORTED = ("psycopg", "postgast", "rich.console", "rich.table", "rich.progress")


def run(
    arguments: list[str], environment: dict[str, str], limit: float
) -> subprocess.CompletedProcess[str]:
    """Run `arami-db ARGUMENTS` to its end, in the present folder.

    Args:
        arguments: as on the command line.
        environment: all of it.
        limit: seconds to wait for its end.

    Raises:
        TimeoutError: it did not end.
    """
    asked = {"arguments": arguments, "environment": environment, "folder": os.getcwd()}
    ours, theirs = socket.socketpair()
    with ours, tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as error:
        with theirs:
            files = [theirs.fileno(), out.fileno(), error.fileno()]
            socket.send_fds(_forker(), [b"."], files)
        ours.sendall(json.dumps(asked).encode())
        ours.shutdown(socket.SHUT_WR)
        ours.settimeout(limit)
        code = int(ours.recv(16))
        return subprocess.CompletedProcess(arguments, code, _text(out), _text(error))


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


@cache
def _forker() -> socket.socket:
    """The socket to the process that forks, started at the first use."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _serve(control: socket.socket) -> None:
    """Fork for each request; returns in the process that is to run a command."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        called, files, *_ = socket.recv_fds(control, 1, 3)
        if not called:
            os._exit(0)
        if os.fork() == 0:
            break
        for file in files:
            os.close(file)
    control.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    reply, out, error = files
    asked = json.loads(b"".join(iter(lambda: os.read(reply, 65536), b"")))
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        os.write(reply, str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    os.dup2(out, 1)
    os.dup2(error, 2)
    for file in files:
        os.close(file)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    sys.argv = ["arami-db", *asked["arguments"]]


def _import_all() -> None:
    package = importlib.import_module("arami_db")
    for module in pkgutil.walk_packages(package.__path__, "arami_db."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in _IMPORTED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    _import_all()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module("arami_db", run_name="__main__", alter_sys=True)
