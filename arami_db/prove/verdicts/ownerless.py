"""Tables whose rows have no owner: users must not write them, and may read what is public."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from psycopg import sql

from arami_db.prove.attempts.actors import Actor
from arami_db.prove.attempts.model import MEANT, Attack
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.prove.verdicts.judging import leak_of
from arami_db.prove.verdicts.public import is_public
from arami_db.rows.tables import Table

_PERSON = re.compile("user|owner|member|profile|account|author|email|phone")  # about somebody


def attacks(scenario: Scenario, table: Table, actor: Actor) -> Iterator[Attack]:
    """Attempts to write rows without an owner, which no user may write.

    Args:
        scenario: where the rows are.
        table: the table.
        actor: who tries.
    """
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


def judge(scenario: Scenario, todo: list[Attack]) -> None:
    """Try to write rows without an owner, and record a verdict on each attempt.

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
        leak = leak_of(attack, result)
        if attack.action == "insert" and result.sqlstate is None and result.count:
            reads = guard.promises(attack.actor.role, "select")
            leak = "writes rows without an owner that others can read" if reads else None
        elif leak is None and result.sqlstate is None and result.count:
            leak = "changes rows without an owner"
        scenario.record(attack.actor, attack.action, attack.object, result, leak)


def name_unclear(scenario: Scenario) -> None:
    """Name the tables that users may reach and of whose rows nothing says whose they are."""
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
    return table.columns[name].type == "uuid" and name not in table.leading
