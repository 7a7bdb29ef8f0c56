"""The directory a server lives in: who may use it, its lock, its state.

The root and the files directly in it belong to whoever runs the command; the server's account,
when it is another one, owns only the data and the socket folder and can replace nothing else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

from arami_db.embedded.privileges import Account, server_account
from arami_db.errors import EmbeddedError

MARKER = "arami-db.lock"  # created first and deleted last: what has it is ours
_ROOT_HOME = Path("/var/lib/arami-db")
_PRIVATE = 0o700
_ENTERABLE = 0o711
_ATTEMPTS = 1000  # that a directory may be destroyed under us, before it is something else


@dataclass(frozen=True)
class ServerState:
    """Where the last server listens, written before it is launched."""

    socket_dir: Path
    port: int
    tcp: bool
    programs: Path


@dataclass(frozen=True)
class ServerPlace:
    """A server's directory and the account its server runs as."""

    root: Path
    account: Account

    @classmethod
    def at(cls, root: Path | None) -> ServerPlace:
        """The place at `root`, or at home; nothing is created."""
        root = (root or home()).resolve()
        data = _cluster(root)
        return cls(root, server_account(owner=data.stat().st_uid if data else None))

    @property
    def data_dir(self) -> Path | None:
        """The cluster, of whatever version; None when there is none."""
        return _cluster(self.root)

    @property
    def log(self) -> Path:
        """The server's log, of its present run."""
        return self.root / "server.log"

    @property
    def recognised(self) -> bool:
        """Whether this directory was made by us."""
        return (self.root / MARKER).is_file()

    def state(self) -> ServerState | None:
        """What the last launch wrote; None when there was none, or it cannot be read as such."""
        try:
            facts = json.loads((self.root / "state.json").read_text())
            paths = Path(facts["socket_dir"]), Path(facts.get("programs", ""))
            return ServerState(paths[0], int(facts["port"]), bool(facts["tcp"]), paths[1])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def remember(self, state: ServerState) -> None:
        """Record the state for the next command."""
        write_private(self.root / "state.json", json.dumps(asdict(state), default=str))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Create the place if need be and hold its lock: one command at a time changes it.

        Raises:
            EmbeddedError: the directory is, or could be, somebody else's.
        """
        import fcntl

        for attempt in count():
            try:
                self._claim()
                lock = os.open(self.root / MARKER, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            except FileNotFoundError:  # destroyed since we created it
                if attempt == _ATTEMPTS:
                    raise
                continue
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if _is_at(lock, self.root / MARKER):
                    yield
                    return
            finally:
                os.close(lock)

    def _claim(self) -> None:
        missing = [p for p in (self.root, *self.root.parents) if not p.exists()]
        mode = _ENTERABLE if self.account.switched else _PRIVATE
        for folder in reversed(missing):
            folder.mkdir(mode=mode, exist_ok=True)
            folder.chmod(mode)  # whatever the umask: the next command must find it as this one did
        found = self.root.stat()
        if found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise EmbeddedError(
                f"{self.root}: belongs to, or can be changed by, another user.",
                hint="run this as its owner, or choose another directory",
            )
        names = os.listdir(self.root)
        if names and MARKER not in names:
            raise EmbeddedError(
                f"{self.root}: not empty, and not made by arami-db.",
                hint="choose an empty directory, or one that does not exist",
            )

    def check_reach(self) -> None:
        """Make sure that the server's account can get here, before anything is created.

        Raises:
            EmbeddedError: it cannot.
        """
        if not self.account.reaches(self.root):
            raise EmbeddedError(
                f"{self.root}: out of reach of {self.account.name}, who runs the server for root.",
                hint="choose a directory that every user may enter",
            )


def home() -> Path:
    """Where the user's own server lives; nothing is created.

    For root it is /var/lib/arami-db when the user's data directory is closed to the account the
    server runs as: no permission of an existing directory is ever widened.

    Raises:
        EmbeddedError: the system is not supported.
    """
    from platformdirs import user_data_path

    path = user_data_path("arami-db").resolve()
    return path if server_account().reaches(path) else _ROOT_HOME


def write_private(path: Path, text: str) -> None:
    """Replace a file, at once and readable by its owner only."""
    new = path.with_name(f"{path.name}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with open(descriptor, "w") as file:
        file.write(text)
    new.replace(path)


def _cluster(root: Path) -> Path | None:
    return min((p for p in root.glob("pg*") if p.name[2:].isdigit()), default=None)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False
