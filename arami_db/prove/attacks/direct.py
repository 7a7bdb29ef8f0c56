"""Attacks on a table: statements that read, write or take over another user's rows."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from arami_db.prove.attempts.actors import PLAIN, PRIVILEGES, THOROUGH, Actor
from arami_db.prove.attempts.model import Attack
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.prove.schema.predicates import may_be_nobodys
from arami_db.rows.maker import Row, inserting
from arami_db.rows.tables import ForeignKey, Table

Made = tuple[str, sql.Composable, tuple[sql.Composable, ...]]


def on(scenario: Scenario, table: Table, actor: Actor) -> Iterator[Attack]:
    """All attacks of an actor on a table in which A and B have rows.

    An actor with unusual claims tries to read; where a policy or trigger reads more claims than the
    id, such an actor also tries the shortest attack for each kind of harm.
    """
    if (theirs := scenario.row(scenario.b, table.path)) is None:
        return
    read = make.select(scenario, table, actor.role, scenario.b)
    yield Attack(actor, "select", table.label, read, reads=True)
    guard = scenario.schema.guard(table.path)
    if actor.name not in PLAIN and not guard.asks:
        return
    yield from _made(actor, table, _shortest(scenario, table, actor, theirs))
    if not any(guard.columns(actor.role, privilege) for privilege in PRIVILEGES):
        return
    if actor.name in THOROUGH and (mine := scenario.row(scenario.a, table.path)) is not None:
        yield from _made(actor, table, _writes(scenario, table, actor, mine, theirs))
        yield from _made(actor, table, _upserts(scenario, table, theirs))
        yield from _made(actor, table, _nobodys(scenario, table, actor, theirs))


def _made(actor: Actor, table: Table, attacks: Iterator[Made]) -> Iterator[Attack]:
    for action, statement, prepare in attacks:
        yield Attack(actor, action, table.label, statement, prepare)


def _shortest(scenario: Scenario, table: Table, actor: Actor, theirs: Row) -> Iterator[Made]:
    draft = scenario.maker.drafts[scenario.b, table.path]
    insert = make.insert(scenario, table, actor.role, draft)
    yield "insert for B", insert, scenario.clearing(table, scenario.b)
    name = make.changed_column(scenario, table, actor.role)
    at = (make.point(scenario, table, scenario.b),)
    yield "update blindly", make.update(table, {name: theirs[name]}, make.CURRENT), at
    yield "delete blindly", make.delete(table, make.CURRENT), at
    if actor.role not in scenario.schema.guard(table.path).emptied_by:
        yield "truncate", sql.SQL("truncate {}").format(table.identifier), ()


def _writes(
    scenario: Scenario, table: Table, actor: Actor, mine: Row, theirs: Row
) -> Iterator[Made]:
    name = make.changed_column(scenario, table, actor.role)
    its = scenario.pinpoint(table, scenario.b)
    yield "update", make.update(table, {name: theirs[name]}, its), ()
    yield "delete", make.delete(table, its), ()

    def may(row: Row) -> Row:
        return make.allowed(scenario, table, actor.role, "update", make.identity(table, row))

    taking = (
        *scenario.releasing(table, scenario.b),
        scenario.forgetting(table, scenario.a),
        make.point(scenario, table, scenario.b),
    )
    giving = (
        *scenario.releasing(table, scenario.a),
        scenario.forgetting(table, scenario.b),
        make.point(scenario, table, scenario.a),
    )
    if may(mine):
        yield "update to A", make.update(table, may(mine), make.CURRENT), taking
        hers = scenario.pinpoint(table, scenario.a)
        yield "update to B", make.update(table, may(theirs), hers), giving
        # Without a condition to read by, the policies for reading do not judge the new row.
        yield "update to B blindly", make.update(table, may(theirs), make.CURRENT), giving


def takings(scenario: Scenario, table: Table, actor: Actor, row: Row) -> Iterator[Attack]:
    """Updates that make A the owner of B's row: in all owner columns, or in those that are null.

    Args:
        scenario: in which both have rows.
        table: whose.
        actor: A.
        row: of B's.
    """
    writable = [o for o in table.direct if table.columns[o.column].writable]
    mine: Row = {o.column: scenario.maker.value(table, o, scenario.a) for o in writable}
    free = {n: v for n, v in mine.items() if row[n] is None}
    at = (scenario.forgetting(table, scenario.a), make.point(scenario, table, scenario.b))
    for new in (mine, free) if free and free != mine else (mine,):
        may = make.allowed(scenario, table, actor.role, "update", new) if new else {}
        if may:
            take = make.update(table, may, make.CURRENT)
            yield Attack(actor, f"update to A by {', '.join(may)}", table.label, take, at)


def _upserts(scenario: Scenario, table: Table, theirs: Row) -> Iterator[Made]:
    owners = [owner.column for owner in table.owners]
    for key in table.keys:
        if not key.arbiter or any(theirs[name] is None for name in key.columns):
            continue
        same = {name: theirs[name] for name in key.columns if table.columns[name].writable}
        for who, user in (("B", scenario.b), ("A", scenario.a)):
            row = {**scenario.maker.drafts[user, table.path], **same}
            updated = [
                n for n in dict.fromkeys([*key.columns, *owners]) if table.columns[n].writable
            ]
            if not updated:
                continue
            statement = sql.SQL("{} on conflict ({}) do update set {}").format(
                inserting(table, row),
                sql.SQL(", ").join(map(sql.Identifier, key.columns)),
                sql.SQL(", ").join(
                    sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in updated
                ),
            )
            yield f"upsert as {who} on {key.name}", statement, scenario.clearing(table, scenario.a)


def _nobodys(scenario: Scenario, table: Table, actor: Actor, theirs: Row) -> Iterator[Made]:
    """Rows without an owner are everybody's to read, at most."""
    if not may_be_nobodys(table):
        return
    owner = table.direct[0].column
    draft = scenario.maker.drafts[scenario.b, table.path]
    row = {n: v for n, v in draft.items() if not table.columns[n].default} | {owner: None}
    there = (scenario.acting(scenario.b, inserting(table, row)),)
    name = make.changed_column(scenario, table, actor.role)
    nobodys = sql.SQL("{} is null").format(sql.Identifier(owner))
    hers = scenario.pinpoint(table, scenario.a)
    yield "insert without owner", inserting(table, row), ()
    yield "update ownerless", make.update(table, {name: theirs[name]}, nobodys), there
    yield "delete ownerless", make.delete(table, nobodys), there
    yield "update own to ownerless", make.update(table, {owner: None}, hers), ()


def attachments(scenario: Scenario, table: Table) -> Iterator[tuple[ForeignKey, Table, Row]]:
    """Foreign keys by which a row of A could refer to a row of B: the parent, and the values."""
    owners = {owner.column for owner in table.direct}
    for key in table.foreign_keys:
        parent = scenario.schema.tables[key.parent]
        theirs = scenario.row(scenario.b, parent.path)
        if parent.name == "users" or not parent.owners or set(key.columns) <= owners or not theirs:
            continue
        link: Row = {}
        for other in table.foreign_keys:
            for name in other.columns:
                if name not in owners and not table.columns[name].required:
                    link[name] = None
        for own, reference in zip(key.columns, key.references, strict=True):
            if own not in owners:
                link[own] = theirs[reference]
        yield key, parent, link
