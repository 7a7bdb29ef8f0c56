"""What says of an attempt whether somebody came to what is not theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import psycopg
from psycopg import sql

from arami_db.policies import Branch
from arami_db.policies.expressions.tree import walk
from arami_db.prove.attempts.actors import Actor, owner
from arami_db.prove.attempts.model import MEANT, Attack, Result
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.prove.schema.secrets import SECRET
from arami_db.rows.maker import Row
from arami_db.rows.tables import Table

# Columns that say something of a person that not everybody may know.
PERSONAL = re.compile(
    r"e_?mail|phone|mobile|address|street|birth|\bdob\b|passport|ssn|iban|salary|diagnos|secret|token"
    r"|password|card|tax_id|health"
)
_ASKING = re.compile(r"auth\.|current_setting|current_user|session_user")  # who asks
_PERSON = re.compile("user|owner|member|profile|account|author|email|phone")  # about somebody
_USERS = ("public.users", "auth.users")
_INTERVENED = "0A000"  # a foreign key alone does not protect against truncate


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
            leak = _leak(attack, replace(result, changed=changed))
        else:
            leak = _leak(attack, result)
        scenario.record(attack.actor, attack.action, attack.object, result, leak)


def _leak(attack: Attack, result: Result) -> str | None:
    if attack.action == "truncate":
        # The right to truncate is checked before any lock is waited for.
        if result.sqlstate == _INTERVENED or result.interrupted:
            return f"may truncate; all that was in the way: {result.message}"
        return "it was emptied" if result.sqlstate is None else None
    if result.sqlstate is not None:
        return None
    if attack.reads and result.count:
        return f"{result.count} of B's rows visible"
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


def is_common(scenario: Scenario, table: Table) -> bool:
    """Whether a table is of no user and for all to read, so that absent rows tell of nobody.

    Args:
        scenario: what the schema is in.
        table: the table.
    """
    return not table.owners and is_public(scenario, table)


def is_shown(scenario: Scenario, table: Table) -> bool:
    """Whether a policy says by itself that everybody may read B's row of a table, as it is.

    Args:
        scenario: in which B has rows.
        table: the table.
    """
    branches = (b for p in scenario.schema.guard(table.path).policies for b in p.branches)
    where = scenario.pinpoint(table, scenario.b)
    for branch in branches:
        if "select" in branch.text or not is_meant(scenario, table, branch):
            continue
        query = sql.SQL("select from {} where {} and ({})")
        shown = query.format(table.identifier, where, sql.SQL(branch.text))
        try:
            with scenario.connection.transaction():
                if scenario.connection.execute(shown).fetchone() is not None:
                    return True
        except psycopg.Error:  # it is true of some rows only, and fails on this one
            if scenario.connection.closed:
                raise
    return False


def is_meant(scenario: Scenario, table: Table, branch: Branch) -> bool:
    """Whether a branch says by itself that everybody may read what it lets through.

    It does where it names anon, who is everybody, and asks nothing of who asks; and where rows are
    somebody's, nothing personal may be in what is read, and no secret beside them goes unasked.

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
    # What is computed from columns that are read, too, tells no more than they do.
    is_whole = set(readable) == set(table.columns)
    telling = [n for n in readable if table.columns[n].writable or not is_whole]
    if table.owners and any(PERSONAL.search(name.lower()) for name in telling):
        return False
    if table.owners and _has_secret(scenario, table, branch):
        return False
    scenario.public.setdefault(table.label, branch.policy)
    return True


def _has_secret(scenario: Scenario, table: Table, branch: Branch) -> bool:
    """Whether a branch looks for a row that hangs on its own and has a secret, as a link does."""
    queries = [one.query for one in walk(branch.expression) if one.query is not None]
    sources = {source.table for one in queries for source in one.sources}
    hanging = (t for path, t in scenario.schema.tables.items() if path in sources)
    return any(
        any(SECRET.search(name.lower()) for name in one.columns)
        and any(key.parent == table.path for key in one.foreign_keys)
        for one in hanging
    )


def is_hidden_from(scenario: Scenario, table: Table, actor: Actor, row: Row) -> bool:
    """Whether B may read B's row and A may not, though A's id is in it where it owns nothing.

    Args:
        scenario: where the row is.
        table: whose.
        actor: A.
        row: what of it was asked for.
    """
    holding = {name for name, value in row.items() if scenario.a in (value or "")}
    compared = {column.column for column in scenario.schema.compared.get(table.path, ())}
    if not holding or holding & compared:
        return False
    read = make.select(scenario, table, actor.role, scenario.b)
    actors = (owner(scenario.b, {}), actor)
    todo = [Attack(one, "see", table.label, read, reads=True) for one in actors]
    theirs, mine = (result for _, result in scenario.run(todo))
    return theirs.is_done and not mine.is_done


def ownerless(scenario: Scenario, table: Table, actor: Actor) -> Iterator[Attack]:
    """Attempts to write rows without an owner, which no user may write."""
    row = scenario.row(scenario.b, table.path)
    if row is None:
        return
    draft = scenario.maker.drafts[scenario.b, table.path]
    insert = make.insert(scenario, table, actor.role, draft)
    name = make.changed_column(scenario, table, actor.role)
    at = (make.point(scenario, table, scenario.b),)
    read = make.select(scenario, table, actor.role, scenario.b)
    yield Attack(actor, "select", table.label, read, reads=True)
    made = (
        ("insert", insert, scenario.clearing(table, scenario.b)),
        ("update blindly", make.update(table, {name: row[name]}, make.CURRENT), at),
        ("delete blindly", make.delete(table, make.CURRENT), at),
        ("truncate", sql.SQL("truncate {}").format(table.identifier), ()),
    )
    is_by_default = actor.role in scenario.schema.guard(table.path).emptied_by
    for action, statement, prepare in made[: -1 if is_by_default else None]:
        yield Attack(actor, action, table.label, statement, prepare)


def judge_ownerless(scenario: Scenario, todo: list[Attack]) -> None:
    """Try to write rows without an owner.

    Inserting where no rows can be read is allowed: a letter box.

    Args:
        scenario: where the rows are.
        todo: the attacks.
    """
    tables = {table.label: table for table in scenario.schema.tried}
    for attack, result in scenario.run(todo):
        if attack.reads:
            is_meant_so = result.is_done and is_public(scenario, tables[attack.object])
            told = replace(result, message=MEANT) if is_meant_so else result
            scenario.tell(attack.actor, attack.action, attack.object, told)
            continue
        guard = scenario.schema.guard(tables[attack.object].path)
        leak = _leak(attack, result)
        if attack.action == "insert" and result.sqlstate is None and result.count:
            reads = guard.promises(attack.actor.role, "select")
            leak = "writes rows without an owner that others can read" if reads else None
        elif leak is None and result.sqlstate is None and result.count:
            leak = "changes rows without an owner"
        scenario.record(attack.actor, attack.action, attack.object, result, leak)


def name_ownerless(scenario: Scenario) -> None:
    """Say of which tables nobody can tell whose rows they hold, though users may reach them."""
    for table in scenario.schema.ownerless:
        guard = scenario.schema.guard(table.path)
        for role in ("anon", "authenticated"):
            columns = guard.columns(role, "select")
            is_unclear = any(_points_nowhere(table, name) for name in columns)
            if any(map(_PERSON.search, columns)) or (is_unclear and not is_public(scenario, table)):
                scenario.skip(
                    f"{table.label}: no policy or foreign key says whose rows these are ({role})"
                )


def _points_nowhere(table: Table, name: str) -> bool:
    """Whether a column holds ids of what no key says: of people, maybe."""
    held = {n for key in table.keys for n in key.columns}
    held |= {n for key in table.foreign_keys for n in key.columns}
    return table.columns[name].type == "uuid" and name not in held
