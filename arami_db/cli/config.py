"""`arami-db config`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from arami_db.cli import options
from arami_db.cli.options import Database, Embedded, Format, LockTimeout, LockWait, SqlDir
from arami_db.render.output import OutputFormat

if TYPE_CHECKING:
    from arami_db.render.results import Setting


def config(
    database: Database = None,
    embedded: Embedded = False,
    sql_dir: SqlDir = None,
    lock_timeout: LockTimeout = None,
    lock_wait: LockWait = None,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Print what is in force, and from where: option, environment, settings file or default.

    Settings are read from arami-db.toml of the working directory, or [tool.arami-db] of its
    pyproject.toml: sql-dir, lock-timeout, lock-wait, first-version, and [[accept]] for verify.
    Nothing is connected to, and passwords are masked.

    \b
    Examples:
      arami-db config
      arami-db config --database service=production --format json
    """
    from arami_db.cli.parameters import parameters
    from arami_db.render.results import Setting, show_settings

    def settings() -> Iterator[Setting]:
        for parameter in parameters(database, embedded=embedded):
            yield Setting(parameter.name, parameter.value, parameter.source)
        folder, source = options.named_sql_dir(sql_dir)
        yield Setting("sql-dir", str(folder), source)
        for name, option in (("lock-timeout", lock_timeout), ("lock-wait", lock_wait)):
            duration, source = options.named_duration(name, option)
            yield Setting(name, str(duration), source)
        if (first := options.settings().first_version) is not None:
            yield Setting("first-version", str(first), options.settings().place)
        for declared in options.settings().accept:
            yield Setting("accept", f"{declared.kind} {declared.name}", declared.place)

    show_settings(tuple(settings()), output)
