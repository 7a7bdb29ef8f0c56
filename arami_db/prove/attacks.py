"""Everything that somebody could try on another user's rows, table by table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from psycopg import sql

from arami_db.prove.actors import Actor
from arami_db.prove.ground import (
    CURSOR,
    assign,
    changed_column,
    clear,
    clear_for_giving,
    clear_for_taking,
    point,
)
from arami_db.prove.stage import Stage
from arami_db.prove.trial import Step, attempt, copied
from arami_db.rows.maker import Row, inserting
from arami_db.rows.tables import ForeignKey, Table

Attack = tuple[str, sql.Composed, Step | None]


def insert_for_b(stage: Stage, table: Table, actor: Actor) -> None:
    """Try to make, in B's name, the very row that B is about to get."""
    statement = inserting(table, stage.maker.drafts[stage.b, table.path])
    result = attempt(stage.connection, actor, statement, judge=stage.belongings)
    stage.record_effect(actor, "insert for B", table.label, result)


def attack(stage: Stage, table: Table, actor: Actor) -> None:
    """Try all the rest on a table in which A and B have a row each."""
    read(stage, table, actor)
    mine, theirs = stage.row(stage.a, table), stage.row(stage.b, table)
    if mine is None or theirs is None:
        return
    attacks = [
        *_writes(stage, table, actor, theirs),
        *_upserts(stage, table, theirs),
        *_attachments(stage, table),
        *_own(stage, table, actor, mine),
        *_nobodys(stage, table, actor, theirs),
    ]
    for action, statement, prepare in attacks:
        result = attempt(
            stage.connection, actor, statement, prepare=prepare, judge=stage.belongings
        )
        stage.record_effect(actor, action, table.label, result)
    truncate(stage, table, actor)


def read(stage: Stage, table: Table, actor: Actor, how: str = "") -> None:
    """Try to read B's rows, by select and by copy."""
    readable = stage.privileged(table.path, actor.role, "select")
    condition = _recognise(stage, table, readable)
    columns = sql.SQL(", ").join(map(sql.Identifier, readable or table.columns))
    query = sql.SQL("select {} from {} where {}").format(columns, table.identifier, condition)
    others = sql.SQL("select count(*) from {} where ({}) and not ({})").format(
        table.identifier, condition, stage.where(table, stage.b)
    )
    besides = 0 if stage.role else stage.count(others)  # on Citus nobody may look at all
    copy = sql.SQL("copy ({}) to stdout").format(query)
    attempts = {
        "select": attempt(stage.connection, actor, query),
        "copy": copied(stage.connection, actor, copy),
    }
    for action, result in attempts.items():
        seen = len(result.rows) - besides
        leak = f"{seen} of B's rows visible" if seen > 0 else None
        stage.record(actor, f"{action}{how}", table.label, result, leak)


def truncate(stage: Stage, table: Table, actor: Actor) -> None:
    """Try to empty the table. Only a foreign key in the way is no protection."""
    statement = sql.SQL("truncate {}").format(table.identifier)
    result = attempt(stage.connection, actor, statement, judge=stage.belongings)
    # The right to truncate is checked before any lock is waited for.
    if result.sqlstate == "0A000" or result.interrupted:
        leak = f"may truncate; all that was in the way: {result.message}"
        stage.record(actor, "truncate", table.label, result, leak)
    else:
        stage.record_effect(actor, "truncate", table.label, result)


def _recognise(stage: Stage, table: Table, readable: list[str]) -> sql.Composable:
    """B's rows by their owner where the role may read that, by all it may read otherwise."""
    row = stage.row(stage.b, table)
    if row is None or (set(table.owner) <= set(readable) and table.via is None):
        return stage.where(table, stage.b)
    return sql.SQL(" and ").join(
        sql.SQL("{}::text is not distinct from {}").format(sql.Identifier(name), row[name])
        for name in readable or row
    )


def _writes(stage: Stage, table: Table, actor: Actor, theirs: Row) -> Iterator[Attack]:
    name, place = changed_column(stage, table, actor.role), table.identifier
    hers, its = stage.pinpoint(table, stage.a), stage.pinpoint(table, stage.b)
    change = sql.SQL("update {} set {} where ").format(place, assign({name: theirs[name]}))
    current = sql.SQL("current of {}").format(CURSOR)
    delete = sql.SQL("delete from {} where ").format(place)
    at_theirs = partial(point, stage, table, stage.b)
    yield "update", change + its, None
    yield "update blindly", change + current, at_theirs
    yield "delete", delete + its, None
    yield "delete blindly", delete + current, at_theirs

    mine = stage.row(stage.a, table) or {}
    take = sql.SQL("update {} set {} where ").format(place, assign(_keys(table, mine)))
    give = sql.SQL("update {} set {} where ").format(place, assign(_keys(table, theirs)))
    yield "update to A", take + current, partial(clear_for_taking, stage, table)
    yield "update to B", give + hers, partial(clear_for_giving, stage, table)
    # Without a condition to read by, the policies for reading do not judge the new row.
    yield "update to B blindly", give + current, partial(clear_for_giving, stage, table)


def _upserts(stage: Stage, table: Table, theirs: Row) -> Iterator[Attack]:
    draft_a = stage.maker.drafts[stage.a, table.path]
    draft_b = stage.maker.drafts[stage.b, table.path]
    for key in table.keys:
        if not key.arbiter or any(theirs[name] is None for name in key.columns):
            continue
        same = {name: theirs[name] for name in key.columns if table.columns[name].writable}
        for who, draft in (("B", draft_b), ("A", draft_a)):
            row = {**draft, **same}
            updated = dict.fromkeys([*key.columns, *table.owner])
            statement = sql.SQL("{} on conflict ({}) do update set {}").format(
                inserting(table, row),
                sql.SQL(", ").join(map(sql.Identifier, key.columns)),
                sql.SQL(", ").join(
                    sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name))
                    for name in updated
                    if table.columns[name].writable
                ),
            )
            yield f"upsert as {who} on {key.name}", statement, partial(clear, stage, table)


def _attachments(stage: Stage, table: Table) -> Iterator[Attack]:
    for key, parent in stage.attachments(table):
        theirs = stage.row(stage.b, parent)
        if theirs is None:
            if stage.is_outside:  # somebody who is there need not have all
                continue
            stage.skip(f"attaching {table.label} to B's {parent.label}: B has no row there")
            continue
        link = _link(table, key, theirs)
        draft = {**stage.maker.drafts[stage.a, table.path], **link}
        yield (
            f"attach to B's {parent.label} by insert ({key.name})",
            inserting(table, draft),
            partial(clear, stage, table),
        )
        yield (
            f"attach to B's {parent.label} by update ({key.name})",
            sql.SQL("update {} set {} where {}").format(
                table.identifier, assign(link), stage.pinpoint(table, stage.a)
            ),
            partial(clear_for_giving, stage, table),
        )


def _own(stage: Stage, table: Table, actor: Actor, mine: Row) -> Iterator[Attack]:
    """What A may do with own rows, by which a trigger or rule could reach B's."""
    name, hers = changed_column(stage, table, actor.role), stage.pinpoint(table, stage.a)
    change = sql.SQL("update {} set {} where ").format(table.identifier, assign({name: mine[name]}))
    yield "update own", change + hers, None
    yield "delete own", sql.SQL("delete from {} where ").format(table.identifier) + hers, None
    draft = stage.maker.drafts[stage.a, table.path]
    yield "insert own", inserting(table, draft), partial(clear, stage, table)


def _nobodys(stage: Stage, table: Table, actor: Actor, theirs: Row) -> Iterator[Attack]:
    """Rows without an owner are everybody's to read, at most."""
    if not stage.has_ownerless(table):
        return
    (owner,), place = table.owner, table.identifier
    draft = stage.maker.drafts[stage.b, table.path]
    row = {n: v for n, v in draft.items() if not table.columns[n].default} | {owner: None}
    insert = inserting(table, row)

    def prepare() -> None:
        stage.connection.execute(insert)

    name = changed_column(stage, table, actor.role)
    nobodys = sql.SQL("{} is null").format(sql.Identifier(owner))
    change = sql.SQL("update {} set {} where ").format(place, assign({name: theirs[name]}))
    give = sql.SQL("update {} set {} where ").format(place, assign({owner: None}))
    yield "insert for nobody", insert, None
    yield "update nobody's", change + nobodys, prepare
    yield "delete nobody's", sql.SQL("delete from {} where ").format(place) + nobodys, prepare
    yield "update own to nobody", give + stage.pinpoint(table, stage.a), None


def _link(table: Table, key: ForeignKey, theirs: Row) -> Row:
    """Values that point one foreign key at B's row, and the optional others nowhere."""
    link: Row = {}
    for other in table.foreign_keys:
        for name in other.columns:
            if name not in table.owner and not table.columns[name].required:
                link[name] = None
    for own, reference in zip(key.columns, key.references, strict=True):
        if own not in table.owner:
            link[own] = theirs[reference]
    return link


def _keys(table: Table, row: Row) -> Row:
    """What makes a row its user's: the owner, and the keys to the user's other rows."""
    names = {name for key in table.foreign_keys for name in key.columns} | set(table.owner)
    return {name: row[name] for name in names if table.columns[name].writable}
