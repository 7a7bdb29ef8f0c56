"""The steps of the proof in order: rows for A and B, attacks, questions with and without B."""

from __future__ import annotations

from contextlib import ExitStack

from psycopg import sql

from arami_db.policies import cases
from arami_db.prove import promises
from arami_db.prove.answers import comparing, questions, shadows, timing
from arami_db.prove.answers.controls import Controls
from arami_db.prove.answers.questions import Question
from arami_db.prove.attacks import direct, keys, view_writes
from arami_db.prove.attempts.actors import API_ROLES, THOROUGH, Actor, attackers, owner, owners
from arami_db.prove.attempts.model import Attack, Result
from arami_db.prove.attempts.single import asked
from arami_db.prove.branches import exercise, owner_views
from arami_db.prove.branches.coverage import BranchCoverage, begin, let
from arami_db.prove.calls import effects, read_access, write_access
from arami_db.prove.scenario import Scenario, memberships
from arami_db.prove.schema.owners import is_profile, names_two
from arami_db.prove.triggers import copies
from arami_db.prove.verdicts import judging, ownerless, public
from arami_db.rows.savepoints import undo

_BEFORE = "arami_before_b"


def attempt_all(scenario: Scenario) -> BranchCoverage:
    """Run the proof; the scenario holds the record afterwards.

    Args:
        scenario: a new one.

    Returns:
        Which branches of policies were true, and which were not.
    """
    tables = list(scenario.schema.tables.values())
    scenario.begin(f"proving: rows for two users in {len(tables)} tables")
    roles = [scenario.role] if scenario.role else usable_roles(scenario)
    if not (scenario.schema.tried or scenario.schema.views or scenario.schema.functions):
        shown = ", ".join(scenario.schema.exposed) or "none"
        scenario.skip(
            f"nothing is in a schema that the API exposes ({shown}): run `arami-db migrate` first"
        )
    if any(len(table.direct) > 1 or names_two(table) for table in tables):
        scenario.settle(scenario.c, [t for t in tables if t.name == "users" or is_profile(t)])
    scenario.settle(scenario.a, tables)
    common = [t for t in tables if public.is_common(scenario, t)]  # stays when B's rows go
    scenario.settle(scenario.b, common)
    if not scenario.role:
        memberships.dismiss(scenario, owner(scenario.a, scenario.operators_claims(scenario.a)))
    scenario.connection.execute(sql.SQL("savepoint {}").format(sql.Identifier(_BEFORE)))
    scenario.settle(scenario.b, [t for t in tables if t not in common])
    if not scenario.role:
        scenario.partitions(scenario.a)
        scenario.partitions(scenario.b)
    scenario.claims = scenario.operators_claims(scenario.a)
    everybody = [
        scenario.cast(actor)
        for actor in attackers(scenario.a, scenario.b, scenario.claims)
        if actor.role in roles
    ]
    coverage = _attack(scenario, everybody, roles)
    _ask(scenario, everybody)
    return coverage


def usable_roles(scenario: Scenario) -> list[str]:
    """The API roles that the connection may take on; what goes untried for want of one is noted."""
    found = []
    for role in API_ROLES:
        result = asked(scenario.connection, Actor(role, role), sql.SQL("select"))
        if result.sqlstate is None:
            found.append(role)
        else:
            scenario.skip(f"everything as {role}: {result.message}")
    return found


def _attack(scenario: Scenario, everybody: list[Actor], roles: list[str]) -> BranchCoverage:
    schema, me = scenario.schema, scenario.cast(owner(scenario.a, scenario.claims))
    scenario.begin(f"proving: {len(everybody)} actors on {len(schema.tried)} tables")
    timing.measure(scenario, me)
    _others(scenario, everybody)
    if me.role in roles:
        keys.attached(scenario, schema.owned, me)
        keys.taken(scenario, schema.owned, me)
        keys.forged(scenario, schema.owned, me)
        _own(scenario, [scenario.cast(actor) for actor in owners(scenario.a, scenario.claims)])
    if scenario.role:
        return _on_citus(scenario, me)
    coverage = begin(scenario)
    if me.role in roles:
        made = cases(scenario.connection, exercise.open_ones(schema.policies, coverage))
        scenario.begin(f"proving: {len(made.made)} cases of {len(coverage.branches)} branches")
        exercise.run(scenario, coverage, list(made.made), list(made.gaps))
        promises.settle(scenario, me, let(scenario, coverage))
        promises.views(scenario, me)
    else:  # what was measured was not tried
        coverage.seen.clear()
        coverage.why |= dict.fromkeys(coverage.branches, f"nothing could be tried as {me.role}")
    if "service_role" in roles:
        promises.serve(scenario)
    return coverage


def _others(scenario: Scenario, everybody: list[Actor]) -> None:
    """Let everybody try what belongs to B, and what belongs to no user."""
    schema = scenario.schema
    todo = [a for t in schema.owned for actor in everybody for a in direct.on(scenario, t, actor)]
    thorough = [actor for actor in everybody if actor.name in THOROUGH]
    todo += [
        a for v in schema.views for who in thorough for a in view_writes.attacks(scenario, v, who)
    ]
    judging.judged(scenario, todo)
    nobodys = [
        a for t in schema.ownerless for w in thorough for a in ownerless.attacks(scenario, t, w)
    ]
    ownerless.judge(scenario, nobodys)
    ownerless.name_unclear(scenario)


def _own(scenario: Scenario, mine: list[Actor]) -> None:
    """Let A do with own rows what may be done with them, and see that it stays with them."""
    todo = [
        attack
        for table in scenario.schema.owned
        for actor in mine
        for attack in promises.own(scenario, table, actor)
        if attack.reads or actor is mine[0] or scenario.schema.guard(table.path).asks
    ]
    for attack, result in scenario.run(todo):
        promises.keep(scenario, attack, result)
        if result.changed and result.sqlstate is None:
            scenario.record(attack.actor, attack.action, attack.object, result, result.harm)


def _on_citus(scenario: Scenario, me: Actor) -> BranchCoverage:
    """What is left to try there: to measure a branch asks for more rights than one role has."""
    if scenario.role == me.role:
        promises.settle(scenario, me, None)
        promises.views(scenario, me)
    else:
        promises.serve(scenario)
    return BranchCoverage()


def _ask(scenario: Scenario, everybody: list[Actor]) -> None:
    todo = questions.questions(scenario, everybody)
    scenario.begin(f"proving: {len(todo)} questions to views and functions")
    done = effects.judge(scenario, todo)
    copies.judge(scenario, todo, everybody)
    read_access.entered(scenario, done)
    write_access.judge(scenario, done)
    if not scenario.role:
        owner_views.run(scenario)
    there = questions.ask(scenario, todo)
    again = questions.ask(scenario, todo, there)
    caster = next((actor for actor in everybody if actor.name == "A"), None)
    shadowed, hidden, hidden_again = _past_shadows(scenario, todo, caster)
    b = owner(scenario.b, scenario.operators_claims(scenario.b))
    controls = Controls(scenario, questions.within_reach(todo, there), b)
    _ = scenario.tokens  # of B's rows, which are gone after this
    undo(scenario.connection, _BEFORE)
    without = questions.ask(scenario, todo)
    comparing.compare(scenario, todo, list(zip(there, again, without, strict=True)))
    controls.settle()
    if shadowed and caster:
        with shadows.shadows(scenario, caster) as cast:
            if cast:
                bare = questions.ask(scenario, shadowed)
                told = list(zip(hidden, hidden_again, bare, strict=True))
                comparing.compare(scenario, shadowed, told)


def _past_shadows(
    scenario: Scenario, todo: list[Question], caster: Actor | None
) -> tuple[list[Question], list[Result], list[Result]]:
    """The answers, once and again, where temporary tables hide those that are meant.

    The rows that are read past them are written down at once.
    """
    if caster is None:
        return [], [], []
    with ExitStack() as stack:
        if not stack.enter_context(shadows.shadows(scenario, caster)):
            return [], [], []
        reads = (
            a
            for table in scenario.schema.owned
            for a in direct.on(scenario, table, caster)
            if a.reads
        )
        action = "select past temporary tables"
        judging.judged(
            scenario, [Attack(a.actor, action, a.object, a.statement, reads=True) for a in reads]
        )
        shadowed = shadows.shadowed([q for q in todo if q.name not in scenario.slow], caster)
        told = questions.ask(scenario, shadowed)
        return shadowed, told, questions.ask(scenario, shadowed, told)
