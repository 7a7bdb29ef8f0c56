"""The answer to `arami-db rollback`, `down` and `undo`: what to do instead."""

from __future__ import annotations

import typer

from arami_db.errors import UsageError

_WAYS = """\
Nothing was changed. What to do instead (docs/undo.md has more):
      A run failed: its file was rolled back. Fix the file and migrate again.
      The schema is not as wanted: write a migration that changes it back.
        arami-db new --undo VERSION, which tries it; then arami-db migrate
      Data is lost: restore a backup into another database, and copy the rows
        from there.
      The database is for development: create it again. The embedded server:
        arami-db embedded destroy; then arami-db migrate --embedded"""


def undo(context: typer.Context) -> None:
    """There is no undo; says what to do instead.

    Raises:
        UsageError: always.
    """
    name = context.info_name
    raise UsageError(f"there is no {name}: an applied migration stays applied", hint=_WAYS)
