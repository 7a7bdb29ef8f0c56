"""What keys between rows give away: hanging on somebody's row, taking its place, forging it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from arami_db.prove import attacks
from arami_db.prove import statements as make
from arami_db.prove.actors import Actor
from arami_db.prove.attempt import TAKEN, Attack, Result
from arami_db.prove.scenario import Scenario
from arami_db.rows.maker import Row
from arami_db.rows.tables import ForeignKey, Key, Table


def attached(scenario: Scenario, tables: list[Table], actor: Actor) -> None:
    """Try to hang rows of A's on rows of B's, and judge whether it harms B.

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
        for key, parent, link in attacks.attachments(scenario, table):
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
            told = "a row can refer to somebody's row: so whoever tries learns that it exists"
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
        return f"rows of others changed in {', '.join(result.changed)}"
    owners = {owner.column for owner in table.direct}
    for key in table.keys:
        names = set(key.columns)
        if names & set(columns) - owners and not names & owners and not key.primary:
            return f"it takes the place of a row of B's in {key.name}"
    return None


def taken(scenario: Scenario, tables: list[Table], actor: Actor) -> None:
    """Learn from unique keys that somebody's row is there.

    Args:
        scenario: where A and B have rows.
        tables: whose keys are tried.
        actor: who tries.
    """
    todo = [one for table in tables for one in _taking(scenario, table, actor)]
    results = scenario.run([attack for attack, _ in todo])
    for (attack, key), (_, result) in zip(todo, results, strict=True):
        if result.sqlstate == TAKEN and f'"{key.name}"' in result.message:
            told = "whoever inserts learns whether somebody has such a row"
            scenario.oracles.setdefault((attack.object, key.name), told)
        scenario.record(actor, attack.action, attack.object, result)


def _taking(scenario: Scenario, table: Table, actor: Actor) -> Iterator[tuple[Attack, Key]]:
    theirs = scenario.row(scenario.b, table.path)
    draft = scenario.maker.drafts.get((scenario.a, table.path))
    if theirs is None or draft is None:
        return
    owners = {owner.column for owner in table.direct}
    for key in table.keys:
        is_set = all(theirs.get(name) is not None for name in key.columns)
        if not is_set or not _is_telling(table, key) or owners & set(key.columns):
            continue
        row: Row = {**draft, **{n: theirs[n] for n in key.columns if table.columns[n].writable}}
        insert = make.insert(scenario, table, actor.role, row)
        clear = scenario.clearing(table, scenario.a)
        yield Attack(actor, f"insert with B's {key.name}", table.label, insert, clear), key


def _is_telling(table: Table, key: Key) -> bool:
    """Whether to know the values says nothing of the row: an id at random is no secret's name."""
    kinds = {table.columns[name].type for name in key.columns if name}
    return not (key.primary and kinds <= {"uuid"}) and all(key.columns)


def forged(scenario: Scenario, tables: list[Table], actor: Actor) -> None:
    """Try to make rows that name A and B by turns: the author must always be who writes.

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
            insert = make.insert(scenario, table, actor.role, row)
            action = f"insert for B, with A as {name}"
            todo.append(Attack(actor, action, table.label, insert, clear, reads=True))
        results = list(scenario.run(todo))
        is_done = all(result.sqlstate is None and result.count for _, result in results)
        for attack, result in results:
            leak = f"rows in B's name: each of {', '.join(names)} may name B" if is_done else None
            scenario.record(actor, attack.action, table.label, result, leak)
