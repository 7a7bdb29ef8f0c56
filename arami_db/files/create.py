"""Writing the next migration."""

from __future__ import annotations

import re
from pathlib import Path

from arami_db.errors import UsageError
from arami_db.files.tree import SqlTree

TEMPLATE = """\
-- {stem}: what it holds.
-- Why: what the DDL cannot say.

"""


def create_migration(tree: SqlTree, name: str) -> Path:
    """Write a file from the template under the next number.

    Args:
        tree: the SQL directory; its migrations/ is made when missing.
        name: what the migration does; made lower case with underscores.

    Returns:
        The new file.

    Raises:
        UsageError: the name has no letters, or the directory cannot be written to.
        RefusedFileError: the migrations already there are not in order.
    """
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not slug:
        raise UsageError(f"{name!r} is no name for a migration", hint="Such as add_user_avatar.")
    if tree.root.parent == Path(__file__).parents[1]:
        raise UsageError(
            f"{tree.root} came with the installed package",
            hint="Name a directory of your own with --sql-dir DIR.",
        )
    existing = tree.migrations
    width = max([3, *(len(re.split("[_-]", file.path.name)[0]) for file in existing)])
    version = existing[-1].version + 1 if existing else 1
    stem = f"{version:0{width}}_{slug}"
    path = tree.root / "migrations" / f"{stem}.sql"
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE.format(stem=stem))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
    return path
