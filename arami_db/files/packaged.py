"""The SQL directory of the Arami schema."""

from __future__ import annotations

from pathlib import Path


def packaged_sql_dir() -> Path:
    """The SQL directory of this tool: the checkout's sql/, or the copy in the wheel.

    An editable install may leave a stale copy inside the package, so the checkout comes first.
    """
    package = Path(__file__).parent.parent
    checkout = package.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / "sql").is_dir():
        return checkout / "sql"
    return package / "sql"
