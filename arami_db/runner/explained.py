"""An error of the database that no operation expected, as one of this tool's own."""

from __future__ import annotations

import psycopg

from arami_db.database.connect import lost, redact
from arami_db.errors import AramiError, ConnectionFailedError
from arami_db.runner.failure import timed_out

_TIMED_OUT = (
    "The statement_timeout of this role, database or server ends what this command asks; raise it"
    " for the role: alter role … set statement_timeout = '1min'"
)
_AWAY = (
    "The server has no connection to another machine, on Citus to a worker: start that, or see why"
    " it refuses; select * from citus_check_cluster_node_health() tells."
)


def explained(error: psycopg.Error) -> AramiError:
    """What an error of the database means to the user.

    Args:
        error: as psycopg raised it.

    Returns:
        An error without passwords, with the way out where there is one.
    """
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        return lost(error)
    if (error.sqlstate or "").startswith("08"):  # on Citus, from the coordinator to a worker
        message = error.diag.message_primary or str(error)
        return ConnectionFailedError(redact(message), hint=_AWAY)
    hint = _TIMED_OUT if timed_out(error.sqlstate, str(error)) else None
    return AramiError(redact(str(error).strip()), hint=hint)
