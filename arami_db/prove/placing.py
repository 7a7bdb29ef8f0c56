"""Making a case real: B's row as it says, and rows elsewhere, by the attacker where that works."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass

import psycopg
from psycopg import sql

from arami_db.policies import Case
from arami_db.prove import statements as make
from arami_db.prove.actors import Actor
from arami_db.prove.attempt import Attack
from arami_db.prove.matching import known, may_meet, met, with_names
from arami_db.prove.oracle import is_hidden_from
from arami_db.prove.scenario import Scenario
from arami_db.prove.whose import pinpoint
from arami_db.rows.identities import email
from arami_db.rows.maker import Row, inserting
from arami_db.rows.tables import Owner, Path, Table

_LOGINS = ("auth", "users")
_OWN_IN_LOGIN = {"id", "raw_user_meta_data"}  # what people write of themselves, there


@dataclass(frozen=True)
class Placed:
    """A case made real.

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
    """Make a case real, in a savepoint of the caller's.

    Args:
        scenario: in which A and B have rows.
        table: the branch's.
        case: with the ids of this scenario.
        actor: who is to write what can be written through the API.

    Raises:
        psycopg.Error: it cannot be made.
    """
    renamed: dict[str, str] = known(scenario, table.path, dict(case.row))
    theirs, mine = [], []
    for path, values in case.others:
        row = with_names(values, renamed)
        if scenario.a in str(row) or email(scenario.a) in str(row):
            mine.append((path, row))
            continue
        there = known(scenario, path, row)
        renamed |= there
        theirs.append((path, with_names(row, renamed)))
    mine = [(path, with_names(row, renamed)) for path, row in mine]
    for path, row in theirs:
        _put(scenario, path, row, scenario.b)
    wanted = with_names(case.row, renamed)
    made = _put(scenario, table.path, wanted, scenario.b)
    by_attacker = True
    for path, row in mine:
        if may_meet(scenario, table, wanted, path, row):
            _kept(scenario, scenario.schema.tables[path], scenario.a, met(scenario, path, row))
        elif not _written(scenario, path, row, actor):
            by_attacker = False
            _put(scenario, path, row, scenario.a)
    names_a = any(_names(made[owner.column], scenario.a, owner) for owner in table.direct)
    is_hidden = not names_a and is_hidden_from(scenario, table, actor, wanted)
    is_own = names_a or (scenario.a in str(wanted) and not is_hidden)
    is_theirs = table in scenario.schema.owned and (
        not table.direct or any(made[owner.column] is not None for owner in table.direct)
    )
    return Placed(made, is_own, is_theirs, is_hidden, by_attacker)


def _names(value: str | None, user: str, owner: Owner) -> bool:
    held = email(user) if owner.kind == "email" else user
    return held in (value or "") and owner.kind != "claim"


def _put(scenario: Scenario, path: Path, values: Row, user: str) -> Row:
    """Have a row with such values, with all rights: the user's changed, or one more."""
    if path not in scenario.schema.tables:
        return _put_outside(scenario, path, values, user)
    table = scenario.schema.tables[path]
    values = {n: v for n, v in values.items() if table.columns[n].writable}
    there = scenario.row(user, path)
    if there is not None and all(there[n] == v for n, v in values.items()):
        return there
    if there is not None:
        try:
            with scenario.connection.transaction():
                update = make.update(table, values, pinpoint(table, there))
                return _kept(scenario, table, user, update)
        except psycopg.Error:
            if scenario.connection.closed:
                raise
    return _kept(scenario, table, user, inserting(table, _another(scenario, table, user, values)))


def _put_outside(scenario: Scenario, path: Path, values: Row, user: str) -> Row:
    """Have the user's row of a table outside the application: the login."""
    if path != _LOGINS:
        raise psycopg.errors.NoData(f"rows of {'.'.join(path)} are not made")
    row: Row = {**values, "id": user}
    statement = sql.SQL("insert into auth.users ({}) values ({}) on conflict (id) do update set {}")
    scenario.connection.execute(
        statement.format(
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(map(sql.Literal, row.values())),
            make.assign(row),
        )
    )
    return row


def _another(scenario: Scenario, table: Table, user: str, values: Row) -> Row:
    """A row like the user's, in which nothing is taken."""
    row = dict(scenario.maker.drafts.get((user, table.path), {}))
    for key in table.keys:
        for name in key.columns:
            column = table.columns.get(name)
            if column is None or name in {owner.column for owner in table.owners}:
                continue
            if any(name in foreign.columns for foreign in table.foreign_keys):
                continue
            if column.type == "uuid":
                row[name] = str(uuid.uuid4())
            elif column.category == "S" and name in row:
                row[name] = secrets.token_hex(6)[: column.length]
            elif column.category == "N" and name in row:
                row[name] = str(secrets.randbelow(30_000))
    return {**row, **values}


def _kept(scenario: Scenario, table: Table, user: str, statement: sql.Composable) -> Row:
    texts = sql.SQL(", ").join(
        sql.SQL("{}::text").format(sql.Identifier(name)) for name in table.columns
    )
    written = sql.SQL("{} returning {}").format(statement, texts)
    found = scenario.connection.execute(written).fetchone()
    if found is None:
        raise psycopg.errors.NoData("the row was accepted, and no row came of it")
    row = dict(zip(table.columns, found, strict=True))
    scenario.maker.made = {**scenario.maker.made, (user, table.path): row}
    draft = {n: v for n, v in row.items() if table.columns[n].writable}
    scenario.maker.drafts = {**scenario.maker.drafts, (user, table.path): draft}
    return row


def _written(scenario: Scenario, path: Path, row: Row, actor: Actor) -> bool:
    """Let the attacker write a row of the attacker's, as the API lets; it is kept."""
    if path[0] not in scenario.schema.exposed:
        if path == _LOGINS and set(row) <= _OWN_IN_LOGIN:
            _put(scenario, path, row, scenario.a)
            return True
        return False
    table = scenario.schema.tables[path]
    for statement in _ways(scenario, table, row, actor):
        done = [
            result
            for _, result in scenario.run(
                [Attack(actor, "write", table.label, statement, reads=True)]
            )
        ]
        if done[0].sqlstate is None and done[0].count:
            with scenario.connection.transaction():
                scenario.connection.execute(actor.become)
                scenario.connection.execute(statement)
                scenario.connection.execute("reset role; set local row_security = off")
            return True
    return False


def _ways(scenario: Scenario, table: Table, row: Row, actor: Actor) -> tuple[sql.Composed, ...]:
    ways: list[sql.Composed] = []
    mine = scenario.row(scenario.a, table.path)
    draft = _another(scenario, table, scenario.a, row)
    given = make.allowed(scenario, table, actor.role, "insert", draft)
    if all(given.get(name) == value for name, value in row.items()):
        ways.append(inserting(table, given))
    if all(draft.get(n) == v for n, v in row.items()):
        ways.append(inserting(table, row))
    if mine is not None:
        new = {n: v for n, v in row.items() if mine.get(n) != v}
        if not new:
            ways.insert(0, make.update(table, row, pinpoint(table, mine)))
        else:
            ways.append(make.update(table, new, pinpoint(table, mine)))
    return tuple(ways)
