"""The one moment a run archives up to: worked out by the server, fixed before anything moves."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
from psycopg import errors

from arami_db.archive.failure import broken
from arami_db.database.connect import Connection, query
from arami_db.errors import UsageError

YOUNGEST = "90 days"


def fix_cutoff(
    connection: Connection, *, older_than: str, before: datetime | None, force: bool
) -> str:
    """The cutoff: `before`, or the server's clock less `older_than`; text, as JSON has it.

    Args:
        connection: in autocommit.
        older_than: an interval as Postgres reads it, such as "2 years".
        before: a moment; it goes before older_than.
        force: accept a cutoff younger than ninety days.

    Raises:
        UsageError: no interval, a moment still to come, or too young a one without force.
    """
    values = {"older_than": older_than, "before": before, "youngest": YOUNGEST}
    try:
        with connection.transaction():
            connection.execute("set local timezone = 'UTC'")
            row = connection.execute(query("archive_cutoff"), values).fetchone()
    except errors.DataError:
        if before is not None:
            raise UsageError(f"--before {before} is out of range") from None
        raise UsageError(
            f"{older_than!r} is not an interval", hint="Write '2 years', '18 months' or '400 days'."
        ) from None
    except psycopg.OperationalError as error:
        raise broken(connection, error) or error from error
    assert row is not None  # noqa: S101
    cutoff, in_future, too_young = row
    said = "" if before is None else "--before: "
    if in_future:
        raise UsageError(
            f"{said}the cutoff {cutoff} is still to come", hint="Name a moment in the past."
        )
    if too_young and not force:
        raise UsageError(
            f"{said}the cutoff {cutoff} is younger than {YOUNGEST}",
            hint="Sessions that young are in daily use; say --force if that is what you want.",
        )
    return str(cutoff)


def moment(text: str) -> datetime:
    """A date or time as ISO 8601 writes it; UTC where it names no time zone.

    Raises:
        UsageError: it is none.
    """
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"{text!r} is not a date or time",
            hint="Write 2024-01-31, 2024-01-31T18:00 (both UTC) or 2024-01-31T18:00+02:00.",
        ) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
