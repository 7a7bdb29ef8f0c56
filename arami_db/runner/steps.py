"""The steps of a run: the statements of a file, and the runner's before and after them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import psycopg

from arami_db.database.execute import Step

if TYPE_CHECKING:
    from arami_db.files.script import Script, Statement


class RunnerStepError(Exception):
    """A statement of the runner, not of the file, failed."""

    def __init__(self, error: psycopg.Error) -> None:
        """Wrap the server's error."""
        super().__init__(error.diag.message_primary or str(error))
        self.sqlstate = error.sqlstate or ""


# Check deferred constraints and fire deferred triggers now: with the role, search_path and
# temporary tables that the file leaves, as its own commit would.
_DEFERRED = "set constraints all immediate"
# Sent by the runner; its failure is a failure of the file.
OF_THE_FILE = frozenset({_DEFERRED, "commit"})
# DISCARD ALL, in the parts that a transaction allows, so that every file starts the same.
_CLEANING = (
    "reset session authorization",
    "reset role",
    "reset all",
    "close all",
    "deallocate all",
    "unlisten *",
    "discard temp",
    "select pg_catalog.pg_advisory_unlock_all()",
)


def transaction(
    begin: Sequence[Step], script: Script, *, first: Sequence[Step] = (), last: Sequence[Step] = ()
) -> list[Step]:
    """A file's transaction, from the runner's "begin" to "commit".

    SET TRANSACTION at the top of the file comes before the runner's own first query, since Postgres
    accepts an isolation level only before any query.

    Args:
        begin: "begin" and what else may precede SET TRANSACTION.
        script: the file.
        first: the runner's statements before those of the file.
        last: the runner's statements after them, in a clean session.
    """
    opening = {statement.offset for statement in script.opening}
    return [
        *begin,
        *statement_steps(script, (s for s in script.statements if s.offset in opening)),
        *first,
        *statement_steps(script, (s for s in script.statements if s.offset not in opening)),
        *closing_steps(script),
        *last,
        Step("commit"),
    ]


def statement_steps(script: Script, statements: Iterable[Statement]) -> list[Step]:
    """The statements of a file, unchanged."""
    return [Step(statement.text, None, statement, script) for statement in statements]


def closing_steps(script: Script) -> list[Step]:
    """The end of a file in its transaction: run deferred checks, and clean the session."""
    return [Step(_DEFERRED), *cleaning_steps()] if script.leaves_traces else []


def cleaning_steps() -> list[Step]:
    """The steps that remove settings, temporary tables and the like of the file."""
    return [Step(sql) for sql in _CLEANING]
