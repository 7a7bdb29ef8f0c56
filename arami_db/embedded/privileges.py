"""The account the server runs as: our own, or an unprivileged one when we are root."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from arami_db.errors import EmbeddedError

# The caller's environment (PGDATA, PGOPTIONS, LD_LIBRARY_PATH…) must not affect the server.
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}


@dataclass(frozen=True)
class Account:
    """The account that runs the server; `switched` when another one runs this command."""

    name: str
    uid: int
    gid: int
    switched: bool

    def run(
        self, argv: list[str], *, output: int = subprocess.PIPE, keep: tuple[int, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, without the caller's terminal and environment."""
        return subprocess.run(  # noqa: S603
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env=_ENVIRONMENT,
            start_new_session=True,
            pass_fds=keep,
            user=self.uid if self.switched else None,
            group=self.gid if self.switched else None,
            extra_groups=[] if self.switched else None,
        )

    def reaches(self, path: Path) -> bool:
        """Whether this account can enter (or execute) path, or its nearest existing parent."""
        if not self.switched:
            return True
        while True:
            nearest = next(p for p in (path, *path.parents) if p.exists())
            test = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(nearest)]
            if self.run(test).returncode == 0:
                return True
            if nearest.exists():  # else it was destroyed meanwhile, which proves nothing
                return False

    def own(self, folder: Path) -> None:
        """Give a folder that we have just created to this account only."""
        if self.switched:
            os.chown(folder, self.uid, self.gid, follow_symlinks=False)


def server_account(owner: int | None = None) -> Account:
    """The account to run the server as.

    Args:
        owner: for root, the uid that owns the existing data, and keeps it.

    Raises:
        EmbeddedError: not a Unix system, or root without an unprivileged account to drop to.
    """
    if os.name != "posix":
        raise EmbeddedError(
            "The embedded server needs Linux or macOS.",
            hint="use WSL, or point the command at another database",
        )
    import pwd

    if os.geteuid() != 0:
        return Account(f"user {os.geteuid()}", os.geteuid(), os.getegid(), switched=False)
    accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
    fitting = [entry for entry in accounts.values() if owner and entry.pw_uid == owner]
    for entry in (*fitting, accounts.get("postgres"), accounts.get("nobody")):
        if entry is not None:
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switched=True)
    raise EmbeddedError(
        "Postgres refuses to run as root, and there is no other account to run it.",
        hint="create one: useradd --system postgres",
    )
