"""Who has no rows of their own, on Citus: tried on rows that are there, of somebody who exists.

Nobody makes rows for them: the one role of the transaction may not, and what another transaction
has not committed nobody sees. So each success on somebody's rows is a leak, and so is each answer
about somebody that differs from the one about nobody.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from psycopg import sql

from arami_db.database.connect import Connection
from arami_db.prove import attacks, observe
from arami_db.prove.actors import Actor, attackers
from arami_db.prove.catalog import Catalog, predicate
from arami_db.prove.stage import Stage
from arami_db.rows.maker import Row
from arami_db.rows.tables import Path


@dataclass(frozen=True)
class Somebody:
    """A user who is there.

    Attributes:
        user: the id.
        rows: one of each table in which they have any, as text.
    """

    user: str
    rows: dict[Path, Row]


def somebody(connection: Connection, catalog: Catalog) -> Somebody | None:
    """A user with as many kinds of rows as can be told at once; None where there is nobody.

    Args:
        connection: in a transaction, with the right to read every row.
        catalog: the tables.

    Raises:
        psycopg.Error: as the server says it.
    """
    for table in reversed(catalog.owned):
        if table.via is None:
            users = sql.SQL("select {}::text from {} order by 1 desc limit 1")
            query = users.format(sql.Identifier(table.owner[0]), table.identifier)
            if found := connection.execute(query).fetchone():
                return Somebody(found[0], _rows(connection, catalog, found[0]))
    return None


def _rows(connection: Connection, catalog: Catalog, user: str) -> dict[Path, Row]:
    rows: dict[Path, Row] = {}
    for table in catalog.owned:
        texts = sql.SQL(", ").join(
            sql.SQL("{}::text").format(sql.Identifier(name)) for name in table.columns
        )
        one = sql.SQL("select {} from {} where {} limit 1")
        query = one.format(texts, table.identifier, predicate(catalog, table, user))
        if found := connection.execute(query).fetchone():
            rows[table.path] = dict(zip(table.columns, found, strict=True))
    return rows


def play(stage: Stage, there: Somebody | None) -> None:
    """Let everybody of the stage's role try; what happened is in the stage.

    Args:
        stage: of a role.
        there: whose rows are tried.
    """
    if there is None:
        stage.skip(f"everything as {stage.role}: public.users has no row to try it on")
        return
    stage.is_outside = True
    stage.a = stage.b = there.user
    for table in stage.catalog.owned:
        if row := there.rows.get(table.path):
            stage.maker.adopt(table, there.user, row)
    for actor in attackers(there.user, there.user):
        if actor.role == stage.role:
            for table in stage.catalog.owned:
                attacks.attack(stage, table, stage.cast(actor))
            _ask(stage, stage.cast(actor))


def _ask(stage: Stage, actor: Actor) -> None:
    """Ask about somebody and about nobody: an answer that differs, or names somebody, is a leak."""
    theirs, stage.a = stage.b, str(uuid.uuid4())
    about = observe.ask(stage, actor, theirs)
    nobody = observe.ask(stage, actor, stage.a)
    for (name, action, of), result in about.items():
        other = nobody[name, action.replace("with B's", "with A's"), of]
        leak = None
        if result.rows and result.sqlstate is None:
            differs = action.startswith("call") and result.rows != other.rows
            named = action == "select" and result.rows[0][-1] is True
            leak = "it tells of somebody" if differs or named else None
        stage.record(actor, action, of, result, leak)
    stage.a = theirs


def play_definers(stage: Stage, there: Somebody | None) -> None:
    """Let everybody call what runs with the rights of another role, and look with full rights.

    Where its owner has changed rows, Citus lets no other role of the transaction at them.

    Args:
        stage: of no role; its catalog has only such functions.
        there: whose rows must stay as they are.
    """
    if not stage.catalog.functions or there is None:
        return
    stage.b = there.user
    for table in stage.catalog.owned:
        if row := there.rows.get(table.path):
            stage.maker.adopt(table, there.user, row)
    for actor in attackers(stage.a, there.user):
        about, nobody = observe.ask(stage, actor, there.user), observe.ask(stage, actor, stage.a)
        for (_, action, name), result in about.items():
            other = nobody[actor.name, action.replace("with B's", "with A's"), name]
            if result.before == result.after and result.rows == other.rows:
                stage.record(actor, action, name, result)
            elif result.before == result.after:
                stage.record(actor, action, name, result, "it tells of somebody")
            else:
                stage.record_effect(actor, action, name, result)
