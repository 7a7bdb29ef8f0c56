"""The order of things: A gets rows, then B does, and everybody tries at each step."""

from __future__ import annotations

import re
from collections.abc import Callable

import psycopg
from psycopg import sql

from arami_db.prove import attacks, observe, promises
from arami_db.prove.actors import API_ROLES, SERVICE, Actor, attackers, owners
from arami_db.prove.observe import World
from arami_db.prove.stage import Stage
from arami_db.prove.trial import attempt
from arami_db.rows.maker import NoRowError
from arami_db.rows.tables import Table

Trial = Callable[[Stage, Table, Actor], None]


def play(stage: Stage) -> None:
    """Play it all; what happened is in the stage."""
    if ("public", "users") not in stage.catalog.tables:
        stage.skip("public.users does not exist: run `arami-db migrate` first")
        return
    _name_ownerless(stage)
    roles = _playable(stage)
    everybody = _cast(stage, attackers(stage.a, stage.b), roles)
    mine = _cast(stage, owners(stage.a), roles)
    serving = _cast(stage, (SERVICE,), roles)

    nothing = _ask(stage, [*mine, *serving], stage.a)
    _settle(stage, stage.a, mine, promises.insert_own)
    _keep_promises(stage, mine, serving, nothing)
    without = _ask(stage, everybody, stage.b)
    casting = [actor for actor in everybody if actor.name in _CASTING]
    shadows = {actor.name: observe.shadow(stage, actor, None) for actor in casting}

    _settle(stage, stage.b, everybody, attacks.insert_for_b)
    for actor in everybody:
        for table in stage.catalog.owned:
            attacks.attack(stage, table, actor)
        observe.compare(stage, actor, without)
    for actor in casting:
        if shadows[actor.name]:
            observe.shadow(stage, actor, shadows[actor.name])
    if serving:
        for table in stage.catalog.owned:
            promises.serve_table(stage, table)
        promises.serve_views(stage)


_PERSON = re.compile("user|owner|member|profile|account|email|phone")  # a column about somebody
_CASTING = ("A", "anon with A's claims", "authenticated without claims")


def _cast(stage: Stage, actors: tuple[Actor, ...], roles: list[str]) -> list[Actor]:
    """Those who may play."""
    return [stage.cast(actor) for actor in actors if actor.role in roles]


def _name_ownerless(stage: Stage) -> None:
    """Say of which tables nobody can tell whose rows they hold, though users may reach them."""
    for table in stage.catalog.ownerless:
        for role in ("anon", "authenticated"):
            writable = (stage.privileged(table.path, role, p) for p in ("insert", "update"))
            telling = filter(_PERSON.search, stage.privileged(table.path, role, "select"))
            if any(writable) or any(telling):
                stage.skip(f"{table.label}: no foreign key says whose rows these are ({role})")


def _playable(stage: Stage) -> list[str]:
    """The API roles that the connection may take on; on Citus the one that it has."""
    if stage.role:
        return [stage.role]
    playable = []
    for role in API_ROLES:
        result = attempt(stage.connection, Actor(role, role), sql.Composed([sql.SQL("select")]))
        if result.sqlstate is None:
            playable.append(role)
        else:
            stage.skip(f"everything as {role}: {result.message}")
    return playable


def _ask(stage: Stage, actors: list[Actor], user: str) -> World:
    world = World()
    for actor in actors:
        world |= observe.ask(stage, actor, user)
    return world


def _settle(stage: Stage, user: str, actors: list[Actor], trial: Trial) -> None:
    """Give a user a row in every table, parents first; each actor tries to, just before."""
    who = "A" if user == stage.a else "B"
    for table in stage.catalog.tables.values():
        if table.partition:
            continue
        try:
            stage.act_for(user)
            stage.maker.draft(table, user)
            if table in stage.catalog.owned:
                for actor in actors:
                    trial(stage, table, actor)
            stage.act_for(user)
            with stage.connection.transaction():
                stage.maker.insert(table, user)
            profiles = stage.catalog.tables["public", "users"]
            if table.path == ("auth", "users") and stage.row(user, profiles) is None:
                stage.forget(profiles, user)  # a trigger there makes it, and to make it is tried
        except (NoRowError, psycopg.Error) as error:
            if stage.connection.closed:
                raise
            stage.skip(f"{table.label}: no valid row could be made for {who}: {error}")


def _keep_promises(stage: Stage, mine: list[Actor], serving: list[Actor], nothing: World) -> None:
    now = _ask(stage, [*mine, *serving], stage.a)
    for actor in mine:
        for table in stage.catalog.owned:
            promises.keep_own(stage, table, actor)
        promises.read_views(stage, actor, nothing, now)
        promises.call_functions(stage, actor, nothing, now)
