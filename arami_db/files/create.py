"""Writing the next migration."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from arami_db.errors import UsageError
from arami_db.files.folder import BIGINT_MAX
from arami_db.files.sqlfile import DATE_DIGITS
from arami_db.files.tree import SqlTree

# Formats of time-based numbers, by the count of their digits: a date (and time), or seconds or
# milliseconds of the Unix epoch. Some projects begin with 00000000000000.
_MOMENTS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_EPOCH = {10: 1, 13: 1000}
TEMPLATE = """\
-- {stem}: what it holds.
-- Why: what the DDL cannot say.

"""


def create_migration(tree: SqlTree, name: str, text: str = TEMPLATE) -> Path:
    """Write a file under the next number.

    Args:
        tree: the SQL directory; its migrations/ is made when missing.
        name: what the migration does; made lower case with underscores.
        text: its content; the template by default.

    Returns:
        The new file.

    Raises:
        UsageError: the name has no letters, or the directory cannot be written to.
        RefusedFileError: two of the migrations already there have the same number.
    """
    path = next_migration(tree, name)
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE.format(stem=path.stem) if text == TEMPLATE else text)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
    return path


def next_migration(tree: SqlTree, name: str) -> Path:
    """The path of the next migration; nothing is written.

    Args:
        tree: the SQL directory.
        name: what the migration does; made lower case with underscores.

    Raises:
        UsageError: the name has no letters, or the directory belongs to the package.
        RefusedFileError: two of the migrations already there have the same number.
    """
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not slug:
        raise UsageError(
            f"{name!r} cannot be the name of a migration", hint="Such as add_user_avatar."
        )
    if tree.root.parent == Path(__file__).parents[1]:
        raise UsageError(
            f"{tree.root} came with the installed package",
            hint="Name a directory of your own with --sql-dir DIR.",
        )
    return tree.root / "migrations" / f"{_next_number(tree)}_{slug}.sql"


def _next_number(tree: SqlTree) -> str:
    """The number after the last, in its format: a date after a date, else with as many digits."""
    if not tree.migrations:
        return f"{1 if tree.first_version is None else tree.first_version:03}"
    last = tree.migrations[-1]
    width = len(last.number)
    version = max(last.version + 1, _now(last.number))
    if version > BIGINT_MAX:
        raise UsageError(f"{last.label} has the largest number that fits; none can follow it")
    if width < DATE_DIGITS:
        width = max(3, *(len(f.number) for f in tree.migrations if len(f.number) < DATE_DIGITS))
    return f"{version:0{width}}"


def _now(number: str) -> int:
    """The present time in the format of a number; 0 where that is not a time."""
    now, width = datetime.now(UTC), len(number)
    if width in _EPOCH and number[0] == "1":
        return int(now.timestamp() * _EPOCH[width])
    form = _MOMENTS.get(width, "")
    with suppress(ValueError):
        if number == "0" * 14 or (form and datetime.strptime(number, form)):
            return int(f"{now:{form}}")
    return 0
