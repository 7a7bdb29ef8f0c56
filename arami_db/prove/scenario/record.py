"""The record of what was tried, with verdicts, and of what could not be tried."""

from __future__ import annotations

from arami_db.prove.attempts.actors import Actor
from arami_db.prove.attempts.model import Attempt, Result
from arami_db.rows.tables import Path


class Record:
    """What attacks write down.

    Attributes:
        attempts: what was tried, in order.
        unattempted: what stood in the way of whole tables or roles.
        untried: what nobody was let try, and why, by object.
        oracles: what tells that a row exists, by object and by what of it.
        public: tables by the policy that opens them to everybody.
        made_up: functions by a call whose arguments belonged to no user.
        called: functions that were called with somebody's values.
        slow: functions that take long, which are called a few times only.
        failing: functions by what their calls end with.
        kept: what came of what A tried with own rows, by table and command.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.attempts: list[Attempt] = []
        self.unattempted: dict[str, None] = {}
        self.untried: dict[str, str] = {}
        self.oracles: dict[tuple[str, str], str] = {}
        self.public: dict[str, str] = {}
        self.made_up: dict[str, str] = {}
        self.called: set[str] = set()
        self.slow: set[str] = set()
        self.failing: dict[str, str] = {}
        self.kept: dict[tuple[Path, str], Result] = {}

    def record(
        self,
        actor: Actor,
        action: str,
        name: str,
        result: Result,
        leak: str | None = None,
        evidence: str = "",
        *,
        is_made_up: bool = False,
        harmless: str = "",
    ) -> None:
        """Write an attempt down; leak says what came through, None that nothing did.

        What was done without a leak is harmless for a reason, where there is one to tell.
        """
        if leak is None and (result.interrupted or not result.answered):
            self.skip(f"{action} on {name} as {actor.name}: {result.message}")
            return
        outcome = "leak" if leak else "made up" if is_made_up else result.outcome
        detail = leak or result.message or (harmless if outcome == "allowed" else "")
        self.attempts.append(
            Attempt(actor.name, action, name, outcome, leak is not None, detail, evidence)
        )

    def confirm(self, actor: Actor, action: str, name: str, why_not: str | None) -> None:
        """Write down something that an actor must be able to do, and why it was not done."""
        outcome = "allowed" if why_not is None else "failed"
        self.attempts.append(Attempt(actor.name, action, name, outcome, False, why_not or ""))

    def tell(self, actor: Actor, action: str, name: str, result: Result) -> None:
        """Write down what came of something that is neither promised nor forbidden."""
        if result.interrupted or not result.answered:
            return
        self.attempts.append(
            Attempt(actor.name, action, name, result.outcome, False, result.message)
        )

    def skip(self, reason: str) -> None:
        """Write down something that could not be tried."""
        self.unattempted[reason] = None
