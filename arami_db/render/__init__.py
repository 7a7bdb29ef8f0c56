"""Results as text or JSON on stdout; notes and errors on stderr. Only here is Rich imported."""

from arami_db.render.errors import error_report
from arami_db.render.output import Format, choose_format
from arami_db.render.progress import progress
from arami_db.render.results import (
    adopted,
    created,
    migrated,
    outcome,
    preview,
    ready,
    seeded,
    server,
    value,
)
from arami_db.render.status import status

__all__ = [
    "Format",
    "adopted",
    "choose_format",
    "created",
    "error_report",
    "migrated",
    "outcome",
    "preview",
    "progress",
    "ready",
    "seeded",
    "server",
    "status",
    "value",
]
