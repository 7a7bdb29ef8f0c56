"""Add the checksums of new migrations to sql/migrations.sha256: `make checksums`.

A released migration is never edited, since databases have it: lines of the file never change.
`sha256sum --check` reads the file, too.
"""

from __future__ import annotations

import re
import sys

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


def main() -> str | None:
    """Write the file; return why not, if a migration was edited or is gone."""
    now, before = lines(SqlTree(packaged_sql_dir())), kept()
    edited = [path for path, checksum in before.items() if now.get(path) != checksum]
    if edited:
        return (
            f"edited or gone: {', '.join(edited)}; databases have it as it was."
            " Take the edit back, and write a new migration."
        )
    text = "".join(f"{checksum}  {path}\n" for path, checksum in now.items())
    FILE.write_text(text, encoding="utf-8")
    return None


if __name__ == "__main__":
    sys.exit(main())
