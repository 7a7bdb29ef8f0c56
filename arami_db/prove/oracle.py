"""What says of an attempt whether somebody came to what is not theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from psycopg import sql

from arami_db.policies import Branch
from arami_db.prove import attacks
from arami_db.prove import statements as make
from arami_db.prove.actors import Actor
from arami_db.prove.attempt import TAKEN, Attack, Result
from arami_db.prove.scenario import Scenario
from arami_db.rows.maker import Row
from arami_db.rows.tables import ForeignKey, Key, Table

# Columns that say something of a person that not everybody may know.
PERSONAL = re.compile(
    r"e_?mail|phone|mobile|address|street|birth|\bdob\b|passport|ssn|iban|salary|diagnos|secret|token"
    r"|password|card|tax_id|health"
)
_ASKING = re.compile(r"auth\.|current_setting|current_user|session_user")  # who asks
_INTERVENED = "0A000"  # only a foreign key in the way is no protection against truncate


def judged(scenario: Scenario, todo: list[Attack]) -> None:
    """Try attacks, and write down what came of them.

    Args:
        scenario: where A and B have rows.
        todo: the attacks.
    """
    tables = {table.label: table for table in scenario.schema.tried}
    for attack, result in scenario.run(todo):
        table = tables.get(attack.object)
        if table is None:  # a view
            leak = _changed(result) if result.sqlstate is None else None
            scenario.record(attack.actor, attack.action, attack.object, result, leak)
            continue
        if attack.reads and result.count and is_public(scenario, table):
            scenario.record(attack.actor, attack.action, attack.object, result, evidence="public")
            continue
        leak = _leak(scenario, table, attack, result)
        scenario.record(attack.actor, attack.action, attack.object, result, leak)


def _leak(scenario: Scenario, table: Table, attack: Attack, result: Result) -> str | None:
    if attack.action == "truncate":
        # The right to truncate is checked before any lock is waited for.
        if result.sqlstate == _INTERVENED or result.interrupted:
            return f"may truncate; all that was in the way: {result.message}"
        return "it was emptied" if result.sqlstate is None else None
    if result.sqlstate is not None:
        return None
    if attack.reads and result.count:
        return f"{result.count} of B's rows visible" if table.owners else None
    return _changed(result)


def _changed(result: Result) -> str | None:
    return f"rows of others changed in {', '.join(result.changed)}" if result.changed else None


def is_public(scenario: Scenario, table: Table) -> bool:
    """Whether a policy says by itself that everybody may read a table.

    Args:
        scenario: what the schema is in.
        table: the table.
    """
    branches = (b for p in scenario.schema.guard(table.path).policies for b in p.branches)
    return any(
        branch.text.strip("()") == "true" and is_meant(scenario, table, branch)
        for branch in branches
    )


def is_meant(scenario: Scenario, table: Table, branch: Branch) -> bool:
    """Whether a branch says by itself that everybody may read what it lets through.

    It does where it names anon, who is everybody, and asks nothing of who asks; and where rows are
    somebody's, nothing personal may be in what is read.

    Args:
        scenario: what the schema is in.
        table: the branch's.
        branch: the branch.
    """
    guard = scenario.schema.guard(table.path)
    readable = guard.columns("anon", "select")
    is_for_all = "anon" in branch.roles and branch.permissive and branch.clause == "using"
    is_reading = branch.command in {"select", "all"} and guard.is_secured and readable
    if not is_for_all or not is_reading or _ASKING.search(branch.text):
        return False
    if table.owners and any(PERSONAL.search(name.lower()) for name in readable):
        return False
    scenario.public.setdefault(table.label, branch.policy)
    return True


def ownerless(scenario: Scenario, table: Table, actor: Actor) -> Iterator[Attack]:
    """What nobody may do with rows that are nobody's: write them."""
    row = scenario.row(scenario.b, table.path)
    if row is None:
        return
    draft = scenario.maker.drafts[scenario.b, table.path]
    insert = make.insert(scenario, table, actor.role, draft)
    name = make.changed_column(scenario, table, actor.role)
    at = (make.point(scenario, table, scenario.b),)
    made = (
        ("insert", insert, scenario.clearing(table, scenario.b)),
        ("update blindly", make.update(table, {name: row[name]}, make.CURRENT), at),
        ("delete blindly", make.delete(table, make.CURRENT), at),
        ("truncate", sql.SQL("truncate {}").format(table.identifier), ()),
    )
    for action, statement, prepare in made:
        yield Attack(actor, action, table.label, statement, prepare)


def judge_ownerless(scenario: Scenario, todo: list[Attack]) -> None:
    """Try to write what is nobody's.

    To put something in, and to see nothing of what is there, is a letter box: no leak.

    Args:
        scenario: where the rows are.
        todo: the attacks.
    """
    tables = {table.label: table for table in scenario.schema.tried}
    for attack, result in scenario.run(todo):
        guard = scenario.schema.guard(tables[attack.object].path)
        leak = _leak(scenario, tables[attack.object], attack, result)
        if attack.action == "insert" and result.sqlstate is None and result.count:
            reads = guard.promises(attack.actor.role, "select")
            leak = "writes rows that are nobody's, for others to read" if reads else None
        elif leak is None and result.sqlstate is None and result.count:
            leak = "changes rows that are nobody's"
        scenario.record(attack.actor, attack.action, attack.object, result, leak)


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
                action = f"attach to B's {parent.label} by {attack.action} ({key.name})"
                todo.append((replace(attack, action=action), table, key, parent.label))
    seen = {attack.object for attack, result in scenario.run(list(parents.values())) if result.count}
    results = scenario.run([attack for attack, *_ in todo])
    for (attack, table, key, parent), (_, result) in zip(todo, results, strict=True):
        leak = None
        if result.sqlstate is None and result.count and parent not in seen:
            leak = _harm(scenario, table, key.columns, result)
            told = "a row can refer to somebody's row: so whoever tries learns that it exists"
            if leak is None:
                scenario.oracles.setdefault((table.label, key.name), told)
        scenario.record(actor, attack.action, table.label, result, leak)


def _attaching(scenario: Scenario, table: Table, actor: Actor, link: Row) -> Iterator[Attack]:
    hers = scenario.pinpoint(table, scenario.a)
    draft = {**scenario.maker.drafts[scenario.a, table.path], **link}
    insert = make.insert(scenario, table, actor.role, draft)
    may = make.allowed(scenario, table, actor.role, "update", link)
    yield Attack(actor, "insert", table.label, insert, scenario.clearing(table, scenario.a))
    yield Attack(actor, "update", table.label, make.update(table, may, hers))


def _harm(scenario: Scenario, table: Table, columns: Iterable[str], result: Result) -> str | None:
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
        row = {**draft, **{n: theirs[n] for n in key.columns if table.columns[n].writable}}
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
            row = {**draft, **dict.fromkeys(names, scenario.b), name: scenario.a}
            insert = make.insert(scenario, table, actor.role, row)
            action = f"insert for B, with A as {name}"
            todo.append(Attack(actor, action, table.label, insert, clear, reads=True))
        results = list(scenario.run(todo))
        is_done = all(result.sqlstate is None and result.count for _, result in results)
        for attack, result in results:
            leak = f"rows in B's name: each of {', '.join(names)} may name B" if is_done else None
            scenario.record(actor, attack.action, table.label, result, leak)
