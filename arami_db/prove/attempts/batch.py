"""Send many attempts in one message; each is undone, and says which watched rows it changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from arami_db.database.connect import Connection, query
from arami_db.prove.attempts.model import Attack, Result

_BATCH = 400


@dataclass(frozen=True)
class Watched:
    """The rows that attempts must not change.

    Attributes:
        queries: by table, as Postgres numbers it, a query that digests its rows.
        reaches: by object, the tables that a write to it may come to; all for others.
        own: tables, as Postgres numbers them, by what people call them.
        hooked: objects where something may happen though no row is touched.
    """

    queries: Mapping[str, str]
    reaches: Mapping[str, Sequence[str]]
    own: Mapping[str, str]
    hooked: frozenset[str]


def attempts(
    connection: Connection, attacks: Sequence[Attack], watch: Watched
) -> Iterator[tuple[Attack, Result]]:
    """Let actors try many statements in one message, and report which watched rows each changed.

    Args:
        connection: in a transaction, as the privileged role.
        attacks: what is tried.
        watch: the rows that are to stay as they are.
    """
    for start in range(0, len(attacks), _BATCH):
        part = attacks[start : start + _BATCH]
        results = _tried(connection, part, None)
        done = [
            n
            for n, (attack, result) in enumerate(zip(part, results, strict=True))
            if result.sqlstate is None
            and not attack.reads
            and (result.count or attack.object in watch.hooked)
        ]
        judged = _tried(connection, [part[n] for n in done], watch)
        for n, result in zip(done, judged, strict=True):
            results[n] = result
        yield from zip(part, results, strict=True)


def _tried(
    connection: Connection, attacks: Sequence[Attack], watch: Watched | None
) -> list[Result]:
    if not attacks:
        return []
    needed: set[str] = set()
    told = []
    for attack in attacks:
        reach = watch.reaches.get(attack.object, list(watch.queries)) if watch else ()
        needed |= {*reach}
        told.append(
            {
                "become": attack.actor.become.as_string(),
                "statement": attack.statement.as_string(),
                "prepare": [step.as_string() for step in attack.prepare],
                "judge": watch is not None,
                "watch": [*reach],
                "own": watch.own.get(attack.object) if watch else None,
            }
        )
    watched = {oid: watch.queries[oid] for oid in needed} if watch else {}
    script = sql.SQL(query("prove_attacks")).format(
        attacks=sql.Literal(json.dumps(told)), watched=sql.Literal(json.dumps(watched))
    )
    connection.execute(script)
    [(answers,)] = connection.execute("select current_setting('arami_prove.answers')").fetchall()
    return [Result(n or 0, code, said, tuple(at)) for n, code, said, at in json.loads(answers)]
