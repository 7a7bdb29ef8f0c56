"""An attempt: an actor, a statement and its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import sql

from arami_db.prove.attempts.actors import Actor

# Why something that was done does not count as a leak.
MEANT = "a policy for anon says that everybody may"
SHARED = "A owns the row as well"
NOBODYS = "the row has no owner"
DENIED = "42501"
TAKEN = ("23505", "23P01")  # by somebody's row, which so is known to be there
# Classes that say something of the attempt, or of the server's day, rather than of its defences.
_NOT_AN_ANSWER = ("08", "24", "25", "34", "40", "42", "53", "54", "55", "57", "58", "XX")
# A policy that calls itself; a relation that cannot do that; a cursor on partitions, which are
# tried by themselves.
_AN_ANSWER = ("42P17", "55000", "24000")
_REGARDLESS = ("55P03", "57014", "40P01", "40001")


@dataclass(frozen=True)
class Attempt:
    """One thing somebody tried; outcome is denied, refused, no rows, leak, allowed or failed.

    Allowed is what an actor must be able to do, and what did no harm; evidence or detail says why.

    Attributes:
        actor: who tried.
        action: what.
        object: on what.
        outcome: what came of it; "made up" if the arguments belonged to no user.
        leaked: whether it reached what is somebody else's.
        detail: what came through, or what the server said.
        evidence: the branch of a policy by which it was tried, or the statement; empty where the
            action says it.
    """

    actor: str
    action: str
    object: str
    outcome: str
    leaked: bool
    detail: str
    evidence: str = ""


@dataclass(frozen=True)
class Attack:
    """What is to be tried.

    Attributes:
        actor: who tries.
        action: what, in a few words.
        object: on what.
        statement: how.
        prepare: run before with full rights; what fails of it is left out.
        reads: whether each row that comes of it is somebody else's: nothing need be judged.
    """

    actor: Actor
    action: str
    object: str
    statement: sql.Composable
    prepare: tuple[sql.Composable, ...] = ()
    reads: bool = False


@dataclass(frozen=True)
class Result:
    """What came of a statement.

    Attributes:
        count: how many rows it returned or touched.
        sqlstate: of the error that refused it.
        message: of that error.
        changed: the tables in which watched rows were not as before.
        rows: what it returned, where it was asked for one by one.
        said: notices and warnings.
    """

    count: int = 0
    sqlstate: str | None = None
    message: str = ""
    changed: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    said: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """The result in a word or two."""
        if self.sqlstate is None:
            return "allowed" if self.is_done else "no rows"
        return "denied" if self.sqlstate == DENIED else "refused"

    @property
    def harm(self) -> str:
        """What was changed of others' rows, for people; empty where nothing was."""
        return f"rows of others changed in {', '.join(self.changed)}" if self.changed else ""

    @property
    def is_done(self) -> bool:
        """Whether rows came of it, or were touched."""
        return self.sqlstate is None and self.count > 0

    @property
    def answered(self) -> bool:
        """Whether this says anything of the defences; if not, nothing was proved."""
        code = self.sqlstate or ""
        if code in (DENIED, *_AN_ANSWER):
            return True
        return not code.startswith(_NOT_AN_ANSWER)

    @property
    def interrupted(self) -> bool:
        """Whether a timeout or a deadlock cut the attempt short."""
        return self.sqlstate in _REGARDLESS
