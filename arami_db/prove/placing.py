"""Making a case real: B's row as it says, and rows elsewhere, by the attacker where that works."""

from __future__ import annotations

import re
from dataclasses import dataclass

from psycopg import sql

from arami_db.policies import Branch, Case
from arami_db.prove import statements as make
from arami_db.prove.actors import Actor
from arami_db.prove.attempt import Attack
from arami_db.prove.elsewhere import promoted, put, written
from arami_db.prove.scenario import Scenario
from arami_db.prove.whose import follows
from arami_db.rows.identities import email
from arami_db.rows.maker import Row
from arami_db.rows.tables import Owner, Path, Table

Rows = list[tuple[Path, Row]]


@dataclass(frozen=True)
class Placed:
    """A case made real.

    Attributes:
        row: the row of the branch's table.
        is_own: whether it names A as one of its owners.
        is_theirs: whether it is B's: everybody may read rows without an owner.
        by_attacker: whether A could write all the rows elsewhere that speak of A.
    """

    row: Row
    is_own: bool
    is_theirs: bool
    by_attacker: bool


def placed(scenario: Scenario, table: Table, case: Case, actor: Actor) -> Placed:
    """Make a case real, in a savepoint of the caller's.

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
        if not written(scenario, path, row, actor) and not promoted(scenario, path, row, read):
            by_attacker = False
            put(scenario, path, row, scenario.a)
    for path, row in late:
        put(scenario, path, row, scenario.b)
    made = made or put(scenario, table.path, wanted, scenario.b)
    led = {owner.column: made[owner.column] for owner in table.owners}
    is_own = scenario.a in str(wanted) or follows(tables, led, mine)
    is_own |= any(_names(made[owner.column], scenario.a, owner) for owner in table.direct)
    is_theirs = table in scenario.schema.owned and (
        not table.direct or any(made[owner.column] is not None for owner in table.direct)
    )
    return Placed(made, is_own, is_theirs, by_attacker)


def _rows(scenario: Scenario, table: Table, case: Case) -> tuple[Rows, Rows, Row]:
    """The rows elsewhere that are B's and A's, and the row itself, with the keys that are there."""
    renamed: dict[str, str] = _known(scenario, case.branch, table.path, dict(case.row))
    theirs, mine = [], []
    for path, values in case.others:
        row = {n: renamed.get(v, v) if v is not None else None for n, v in values.items()}
        if scenario.a in str(row) or email(scenario.a) in str(row):
            mine.append((path, row))
            continue
        renamed |= _known(scenario, case.branch, path, row)
        theirs.append((path, {n: renamed.get(v, v) if v else v for n, v in row.items()}))
    mine = [(p, {n: renamed.get(v, v) if v else v for n, v in r.items()}) for p, r in mine]
    return theirs, mine, {n: renamed.get(v, v) if v else v for n, v in case.row.items()}


def _read(scenario: Scenario, table: Table, case: Case, actor: Actor) -> Attack:
    """What shows whether A reaches the row by now; nothing where the case is of no reading."""
    read: sql.Composable = make.select(scenario, table, actor.role, scenario.b)
    if case.branch.command not in {"select", "all"}:
        read = sql.SQL("select where false")
    return Attack(actor, "see", table.label, read, reads=True)


def _names(value: str | None, user: str, owner: Owner) -> bool:
    held = email(user) if owner.kind == "email" else user
    return held in (value or "") and owner.kind != "claim"


def _known(scenario: Scenario, branch: Branch, path: Path, row: Row) -> dict[str, str]:
    """The key of a row that is to be there, and that of B's row there, which will do.

    It will not where the branch itself says the key.
    """
    table, theirs = scenario.schema.tables.get(path), scenario.row(scenario.b, path)
    if table is None or theirs is None:
        return {}
    found = {}
    for key in table.keys:
        if key.primary and len(key.columns) == 1:
            wanted, there = row.get(key.columns[0]), theirs[key.columns[0]]
            is_said = re.search(rf"(?<!\w){re.escape(wanted or '')}(?!\w)", branch.text)
            if wanted and there and not is_said:
                found[wanted] = there
    return found
