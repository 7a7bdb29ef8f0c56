"""The SQL directory that comes with this tool."""

from __future__ import annotations

from pathlib import Path


def packaged_sql_dir() -> Path:
    """The SQL that came with this tool: the checkout's sql/ first, else the wheel's copy.

    An editable install leaves a stale copy inside the package, so the checkout wins.
    """
    package = Path(__file__).parent.parent
    checkout = package.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / "sql").is_dir():
        return checkout / "sql"
    return package / "sql"
