"""The verdict on an attempt: whether the actor read or changed rows of somebody else."""

from __future__ import annotations

from dataclasses import replace

from arami_db.prove.attempts.model import MEANT, Attack, Result
from arami_db.prove.scenario import Scenario
from arami_db.prove.verdicts.public import is_public, is_shown

_USERS = ("public.users", "auth.users")
_INTERVENED = "0A000"  # a foreign key alone does not protect against truncate


def judged(scenario: Scenario, todo: list[Attack]) -> None:
    """Try attacks, and record a verdict on each.

    Args:
        scenario: where A and B have rows.
        todo: the attacks.
    """
    tables = {table.label: table for table in scenario.schema.tried}
    for attack, result in scenario.run(todo):
        table = tables.get(attack.object)
        if table is None:  # a view
            leak = (result.harm or None) if result.sqlstate is None else None
            scenario.record(attack.actor, attack.action, attack.object, result, leak)
            continue
        if (
            attack.reads
            and result.count
            and (is_public(scenario, table) or is_shown(scenario, table))
        ):
            scenario.record(
                attack.actor, attack.action, attack.object, result, None, "public", harmless=MEANT
            )
            continue
        if attack.action == "insert for B":  # a row that refers to B's may count there
            above = {".".join(key.parent) for key in table.foreign_keys} - {table.label, *_USERS}
            changed = tuple(t for t in result.changed if t not in above)
            leak = leak_of(attack, replace(result, changed=changed))
        else:
            leak = leak_of(attack, result)
        scenario.record(attack.actor, attack.action, attack.object, result, leak)


def leak_of(attack: Attack, result: Result) -> str | None:
    """What an attempt did to rows of others, or read of them; None where it did neither.

    Args:
        attack: what was tried.
        result: what came of it.
    """
    if attack.action == "truncate":
        # The right to truncate is checked before any lock is waited for.
        if result.sqlstate == _INTERVENED or result.interrupted:
            return f"may truncate; all that was in the way: {result.message}"
        return "it was emptied" if result.sqlstate is None else None
    if result.sqlstate is not None:
        return None
    if attack.reads and result.count:
        return f"{result.count} of B's rows visible"
    return result.harm or None
