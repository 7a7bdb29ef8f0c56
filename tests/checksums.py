"""Write sql/migrations.sha256, the checksum of every migration: `make checksums`.

From release 0.2.0 on a migration is never edited in place, since databases have it: a line that is
there stays as it is, and new files add theirs. `sha256sum --check` reads the file, too.
"""

from __future__ import annotations

import re
import sys

from arami_db import __version__
from arami_db.files import SqlFile, SqlTree, packaged_sql_dir

FILE = packaged_sql_dir() / "migrations.sha256"


def lines(root: SqlTree) -> dict[str, str]:
    """Each migration's path below sql/, and its checksum as the ledger keeps it."""
    files: tuple[SqlFile, ...] = (*root.migrations, *root.distributed)
    return {file.path.relative_to(root.root).as_posix(): file.checksum for file in files}


def kept() -> dict[str, str]:
    """What the file says."""
    text = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    return {path: checksum for checksum, path in re.findall(r"(\S+)  (\S+)\n", text)}


def is_fixed(version: str) -> bool:
    """Whether migrations that are there must stay as they are in that version and after it."""
    return tuple(map(int, re.findall(r"\d+", version)[:2])) >= (0, 2)


def main(version: str = __version__) -> str | None:
    """Write the file; return why not, where a migration was edited that must stay."""
    now, before = lines(SqlTree(packaged_sql_dir())), kept()
    edited = [path for path, checksum in before.items() if now.get(path) != checksum]
    if is_fixed(version) and edited:
        return (
            f"edited or gone: {', '.join(edited)}; databases have it as it was."
            " Take the edit back, and write a new migration."
        )
    text = "".join(f"{checksum}  {path}\n" for path, checksum in now.items())
    FILE.write_text(text, encoding="utf-8")
    return None


if __name__ == "__main__":
    sys.exit(main())
