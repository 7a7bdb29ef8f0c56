"""Make the rows of a case: B's row, and rows of other tables, which A writes where A may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from arami_db.policies import Case
from arami_db.prove.attempts.actors import Actor, owner
from arami_db.prove.attempts.model import Attack
from arami_db.prove.branches.attacker_rows import promoted, written
from arami_db.prove.branches.existing_rows import (
    is_there,
    known,
    may_meet,
    met,
    own_key,
    with_names,
)
from arami_db.prove.branches.other_rows import kept, put
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.prove.schema.predicates import follows
from arami_db.rows.identities import email
from arami_db.rows.maker import Row
from arami_db.rows.tables import Owner, Path, Table

Rows = list[tuple[Path, Row]]


@dataclass(frozen=True)
class Placed:
    """A case whose rows have been made.

    Attributes:
        row: the row of the branch's table.
        is_own: whether it names A as one of its owners.
        is_theirs: whether it is B's: everybody may read rows without an owner.
        is_hidden: whether B may read it and A may not, though A's id is a part of it.
        by_attacker: whether A could write all the rows elsewhere that speak of A, or come to have
            them by chance.
    """

    row: Row
    is_own: bool
    is_theirs: bool
    is_hidden: bool
    by_attacker: bool


def placed(scenario: Scenario, table: Table, case: Case, actor: Actor) -> Placed:
    """Make the rows of a case, within a savepoint of the caller.

    Args:
        scenario: in which A and B have rows.
        table: the branch's.
        case: with the ids of this scenario.
        actor: who is to write what can be written through the API.

    Raises:
        psycopg.Error: it cannot be made.
    """
    theirs, mine, wanted = _rows(scenario, table, case)
    tables = scenario.schema.tables
    late = [one for one in theirs if follows(tables, one[1], mine)]  # they lead to A's rows
    for path, row in theirs:
        if (path, row) not in late:
            put(scenario, path, row, scenario.b)
    is_late = bool(late) or follows(tables, wanted, mine)
    made = {} if is_late else put(scenario, table.path, wanted, scenario.b)
    by_attacker = True
    for path, row in mine:
        read = _read(scenario, table, case, actor)
        if may_meet(scenario, table, wanted, path, row):
            kept(scenario, tables[path], scenario.a, met(scenario, path, row))
        elif is_there(scenario, path, row):
            continue
        elif not written(scenario, path, row, actor) and not promoted(scenario, path, row, read):
            by_attacker = False
            put(scenario, path, row, scenario.a)
    for path, row in late:
        put(scenario, path, row, scenario.b)
    made = made or put(scenario, table.path, wanted, scenario.b)
    above = _with_below(tables, mine, theirs)
    return Placed(made, *_whose(scenario, table, wanted, made, above, actor), by_attacker)


def _whose(
    scenario: Scenario, table: Table, wanted: Row, made: Row, mine: Rows, actor: Actor
) -> tuple[bool, bool, bool]:
    """Whether the row is A's own, is B's, and is hidden from A though it names A."""
    led = {owner.column: made[owner.column] for owner in table.owners}
    names_a = any(_names(made[owner.column], scenario.a, owner) for owner in table.direct)
    is_hidden = not names_a and _is_hidden_from(scenario, table, actor, wanted)
    is_own = names_a or _is_under(table, led, mine)
    is_own |= scenario.a in str(wanted) and not is_hidden
    is_theirs = table in scenario.schema.owned and (
        not table.direct or any(made[owner.column] is not None for owner in table.direct)
    )
    return is_own, is_theirs, is_hidden


def _with_below(tables: Mapping[Path, Table], mine: Rows, others: Rows) -> Rows:
    """A's rows, and those among others that belong to them, parents first."""
    found = list(mine)
    for path, row in others:
        table = tables.get(path)
        led = {owner.column: row.get(owner.column) for owner in table.owners} if table else {}
        if table and _is_under(table, led, found):
            found.append((path, row))
    return found


def _is_under(table: Table, led: Row, mine: Rows) -> bool:
    """Whether a foreign key that says whose a row is leads to a row of A's."""
    return any(
        path == key.parent and led.get(key.columns[0]) == row.get(key.references[0]) is not None
        for key in table.foreign_keys
        for path, row in mine
        if key.columns[0] in led
    )


def _rows(scenario: Scenario, table: Table, case: Case) -> tuple[Rows, Rows, Row]:
    """The rows elsewhere that are B's and A's, and the row itself, with the keys that are there."""
    renamed: dict[str, str] = known(scenario, case.branch, table.path, dict(case.row))
    theirs, mine = [], []
    for path, values in case.others:
        row = with_names(values, renamed)
        if scenario.a in str(row) or email(scenario.a) in str(row):
            mine.append((path, row))
            renamed |= own_key(scenario, path, row)
            continue
        renamed |= known(scenario, case.branch, path, row)
        theirs.append((path, with_names(row, renamed)))
    mine = [(path, with_names(row, renamed)) for path, row in mine]
    return theirs, mine, with_names(case.row, renamed)


def _read(scenario: Scenario, table: Table, case: Case, actor: Actor) -> Attack:
    """What shows whether A reaches the row by now; nothing where the case is of no reading."""
    read: sql.Composable = make.select(scenario, table, actor.role, scenario.b)
    if case.branch.command not in {"select", "all"}:
        read = sql.SQL("select where false")
    return Attack(actor, "see", table.label, read, reads=True)


def _names(value: str | None, user: str, owner: Owner) -> bool:
    held = email(user) if owner.kind == "email" else user
    return held in (value or "") and owner.kind != "claim"


def _is_hidden_from(scenario: Scenario, table: Table, actor: Actor, row: Row) -> bool:
    """Whether B may read B's row and A may not, though A's id is in it where it owns nothing."""
    holding = {name for name, value in row.items() if scenario.a in (value or "")}
    compared = {column.column for column in scenario.schema.compared.get(table.path, ())}
    if not holding or holding & compared:
        return False
    read = make.select(scenario, table, actor.role, scenario.b)
    actors = (owner(scenario.b, {}), actor)
    todo = [Attack(one, "see", table.label, read, reads=True) for one in actors]
    theirs, mine = (result for _, result in scenario.run(todo))
    return theirs.is_done and not mine.is_done
