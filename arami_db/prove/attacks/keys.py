"""Attacks by keys: refer to B's rows, learn from a unique key that they exist, name B as author."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from arami_db.prove.attacks import direct
from arami_db.prove.attempts.actors import Actor
from arami_db.prove.attempts.model import TAKEN, Attack, Result
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.rows.maker import Row
from arami_db.rows.tables import ForeignKey, Key, Table

_IDS = {"uuid", "smallint", "integer", "bigint"}


def attached(scenario: Scenario, tables: list[Table], actor: Actor) -> None:
    """Try to make rows of A refer to rows of B, and judge whether that harms B.

    Args:
        scenario: where A and B have rows.
        tables: whose rows are to point at B's.
        actor: who tries.
    """
    parents: dict[str, Attack] = {}
    todo: list[tuple[Attack, Table, ForeignKey, str]] = []
    for table in tables:
        if scenario.row(scenario.a, table.path) is None:
            continue
        for key, parent, link in direct.attachments(scenario, table):
            read = make.select(scenario, parent, actor.role, scenario.b)
            parents[parent.label] = Attack(actor, "see", parent.label, read, reads=True)
            for attack in _attaching(scenario, table, actor, link):
                action = f"{attack.action} attached to B's {parent.label} ({key.name})"
                todo.append((replace(attack, action=action), table, key, parent.label))
    seen = {
        attack.object for attack, result in scenario.run(list(parents.values())) if result.count
    }
    results = scenario.run([attack for attack, *_ in todo])
    for (attack, table, key, above), (_, result) in zip(todo, results, strict=True):
        leak = None
        if result.sqlstate is None and result.count and above not in seen:
            leak = _harm(table, key.columns, result)
            told = "a row can refer to another user's row, so its author learns that it exists"
            if leak is None:
                scenario.oracles.setdefault((table.label, key.name), told)
        harmless = "the row is A's own, and does B's no harm"
        scenario.record(actor, attack.action, table.label, result, leak, harmless=harmless)


def _attaching(scenario: Scenario, table: Table, actor: Actor, link: Row) -> Iterator[Attack]:
    hers = scenario.pinpoint(table, scenario.a)
    draft = {**scenario.maker.drafts[scenario.a, table.path], **link}
    insert = make.insert(scenario, table, actor.role, draft)
    may = make.allowed(scenario, table, actor.role, "update", link)
    yield Attack(actor, "insert", table.label, insert, scenario.clearing(table, scenario.a))
    yield Attack(actor, "update", table.label, make.update(table, may, hers))


def _harm(table: Table, columns: Iterable[str], result: Result) -> str | None:
    """What becomes of B when a row of A's hangs on B's."""
    if result.changed:
        return result.harm
    owners = {owner.column for owner in table.direct}
    for key in table.keys:
        names = set(key.columns)
        if names & set(columns) - owners and not names & owners and not key.primary:
            return f"it takes the place of a row of B's in {key.name}"
    return None


def taken(scenario: Scenario, tables: list[Table], actor: Actor) -> None:
    """Try to use B's unique keys in rows of A: a refusal tells A that B's row exists.

    Args:
        scenario: where A and B have rows.
        tables: whose keys are tried.
        actor: who tries.
    """
    todo = [one for table in tables for one in _taking(scenario, table, actor)]
    results = scenario.run([attack for attack, _ in todo])
    for (attack, key), (_, result) in zip(todo, results, strict=True):
        if result.sqlstate in TAKEN and f'"{key.name}"' in result.message:
            told = "an insert tells whether another user has such a row"
            scenario.oracles.setdefault((attack.object, key.name), told)
        scenario.record(actor, attack.action, attack.object, result)


def _taking(scenario: Scenario, table: Table, actor: Actor) -> Iterator[tuple[Attack, Key]]:
    theirs = scenario.row(scenario.b, table.path)
    draft = scenario.maker.drafts.get((scenario.a, table.path))
    if theirs is None or draft is None:
        return
    owners = {owner.column for owner in table.direct}
    for key in (*table.keys, *_excluding(table)):
        is_set = all(theirs.get(name) is not None for name in key.columns)
        if not is_set or not _is_telling(table, key) or owners & set(key.columns):
            continue
        row: Row = {**draft, **{n: theirs[n] for n in key.columns if table.columns[n].writable}}
        insert = make.insert(scenario, table, actor.role, row)
        clear = scenario.clearing(table, scenario.a)
        yield Attack(actor, f"insert with B's {key.name}", table.label, insert, clear), key


def _excluding(table: Table) -> Iterator[Key]:
    """The exclusion constraints: no two rows may overlap in their columns."""
    for name, check in table.checks.items():
        if check.definition.startswith("EXCLUDE"):
            yield Key(name, check.columns, arbiter=False, primary=False)


def _is_telling(table: Table, key: Key) -> bool:
    """Whether to know that the values are there says anything: of an id alone it does not."""
    kinds = {table.columns[name].type for name in key.columns if name}
    is_id = key.primary and len(key.columns) == 1 and kinds <= _IDS
    return not is_id and all(key.columns)


def forged(scenario: Scenario, tables: list[Table], actor: Actor) -> None:
    """Try to make rows that name A in one column and B in another: the author must be who writes.

    Args:
        scenario: where A and B have rows.
        tables: those with several owners are tried.
        actor: who tries.
    """
    for table in tables:
        names = [o.column for o in table.direct if o.kind == "id" and not o.is_element]
        draft = scenario.maker.drafts.get((scenario.b, table.path))
        if len(names) < len(("A", "B")) or draft is None:
            continue
        clear = scenario.clearing(table, scenario.b)
        todo = []
        for name in names:
            row: Row = {**draft, **dict.fromkeys(names, scenario.b), name: scenario.a}
            given = make.allowed(scenario, table, actor.role, "insert", row)
            action = f"insert for B, with A as {name}"
            if given.keys() >= set(names):  # else a default may say who writes
                insert = make.insert(scenario, table, actor.role, row)
                todo.append(Attack(actor, action, table.label, insert, clear, reads=True))
            if (scenario.a, table.path) in scenario.maker.made:
                new: Row = {n: scenario.b for n in names if n != name}
                may = make.allowed(scenario, table, actor.role, "update", new)
                hers = scenario.pinpoint(table, scenario.a)
                give = make.update(table, may, hers)
                action = f"update to B, with A as {name}"
                if may.keys() == new.keys():
                    todo.append(Attack(actor, action, table.label, give, reads=True))
        results = list(scenario.run(todo))
        done = {a.action.rpartition(" ")[2] for a, r in results if r.sqlstate is None and r.count}
        for attack, result in results:
            leak = None
            if done == set(names) and result.sqlstate is None and result.count:
                leak = f"rows in B's name: each of {', '.join(names)} may name B"
            scenario.record(actor, attack.action, table.label, result, leak)
