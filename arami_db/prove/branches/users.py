"""A case for the users of a scenario: with their ids, and with the claims that A sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from arami_db.policies import (
    ATTACKER,
    ATTACKER_EMAIL,
    VICTIM,
    VICTIM_EMAIL,
    Case,
)
from arami_db.prove.attempts.actors import Actor, owner, with_claims
from arami_db.prove.scenario import Scenario
from arami_db.rows.identities import email


def named(scenario: Scenario, case: Case) -> Case:
    """A case with the ids that A and B have in this scenario.

    Args:
        scenario: whose users they are.
        case: as it was made.
    """
    names = {
        ATTACKER: scenario.a,
        VICTIM: scenario.b,
        ATTACKER_EMAIL: email(scenario.a),
        VICTIM_EMAIL: email(scenario.b),
    }
    for known, own in ((ATTACKER_EMAIL, email(scenario.a)), (VICTIM_EMAIL, email(scenario.b))):
        names |= dict(zip(known.split("@"), own.split("@"), strict=True))
    told = json.dumps([case.row, case.claims, case.others, case.settings])
    for name, value in names.items():
        told = told.replace(name, value)
    row, claims, others, settings = json.loads(told)
    others = tuple((tuple(path), values) for path, values in others)
    return replace(case, row=row, claims=claims, others=others, settings=settings)


def actor_of(scenario: Scenario, case: Case) -> Actor:
    """A with the claims of a case, or anon where it is for anon alone.

    Args:
        scenario: whose A.
        case: the case.
    """
    told: Mapping[str, object] = {**case.claims, **case.settings}
    name = f"A with {', '.join(sorted(told))}" if told else "A"
    actor = owner(scenario.a, scenario.claims)
    roles = set(case.branch.roles)
    if not roles & {"public", "authenticated"}:
        actor, name = replace(actor, role="anon"), name.replace("A", "anon", 1)
    return with_claims(actor, name, case.claims, case.settings)
