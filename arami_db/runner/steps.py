"""The steps of a run: the statements of a file, and the runner's around them."""

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


# Constraints and triggers that the file deferred, checked and fired now: in the role, with the
# search_path and beside the temporary tables that the file leaves, as its own commit would.
_DEFERRED = "set constraints all immediate"
# What the runner sends and the file answers for.
OF_THE_FILE = frozenset({_DEFERRED, "commit"})
# What DISCARD ALL does, in the parts that a transaction allows; so every file starts alike.
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

    SET TRANSACTION at the top of the file comes before the runner's own first query, since
    Postgres takes an isolation level before any query only.

    Args:
        begin: "begin" and what else may precede SET TRANSACTION.
        script: the file.
        first: what the runner does before the file's statements.
        last: what it does after them, when nothing of the file is left in the session.
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
    """Statements of a file, as they are."""
    return [Step(statement.text, None, statement, script) for statement in statements]


def closing_steps(script: Script) -> list[Step]:
    """What ends a file within its transaction: the deferred is done, nothing outlives the file."""
    return [Step(_DEFERRED), *cleaning_steps()] if script.leaves_traces else []


def cleaning_steps() -> list[Step]:
    """What stops settings, temporary tables and the like from outliving the file."""
    return [Step(sql) for sql in _CLEANING]
