"""A scenario: two users with rows in every table, and the attempts on these rows.

`two_users` gives A and B their rows, `making` makes each row, and `memberships` takes from A the
rows that would let A read everything. `harm` says what a change does to B, `statements` writes the
SQL of attacks, and `record` keeps the verdicts. Start with `Scenario` below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from psycopg import sql

from arami_db.prove.attempts.batch import Watched, attempts
from arami_db.prove.attempts.model import Attack, Result
from arami_db.prove.attempts.single import one_by_one
from arami_db.prove.scenario.harm import harmed
from arami_db.prove.scenario.two_users import TwoUsers
from arami_db.prove.schema.predicates import may_be_nobodys
from arami_db.rows.tables import Path

_MOMENT = re.compile(r"(?:19|20)\d\d-\d\d-\d\d")  # moments are not secret
_EACH = """
    select coalesce(string_agg(
        hashtextextended(concat_ws(' ', t.tableoid, t.ctid, t::text), 0)::text, ' '
    ), '') from {} as t where ({}) and ({}) is not true"""
_EVERY = """ || (
    select concat_ws(' ', ' ', count(*), sum(
        hashtextextended(concat_ws(' ', t.tableoid, t.ctid, t::text), 0)::numeric
    )) from {} as t where {} is null)"""
_CAPABILITY = re.compile(
    r"token|nonce|otp|passcode|(?:share|invite|invitation|access|join)_?(?:code|key|link)"
)
_TELLING = 12  # characters of what cannot be guessed


class Scenario(TwoUsers):
    """Two users with rows, and what all attacks need of them."""

    def belongings(self) -> frozenset[tuple[str, ...]]:
        """B's rows on Citus, as B sees them: table, place, content. A rewritten row moves."""
        if self.is_outside:
            return frozenset()
        self.act_for(self.b)
        part = sql.SQL("select {}, t.tableoid::text, t.ctid::text, t::text from {} as t where {}")
        parts = [
            part.format(table.label, table.identifier, self.where(table, self.b))
            for table in self.schema.owned
        ]
        return frozenset(self.connection.execute(sql.SQL(" union all ").join(parts)).fetchall())

    @cached_property
    def watched(self) -> dict[str, str]:
        """By table, SQL for a digest of B's and ownerless rows; A may change own rows."""
        found = {}
        for table in self.schema.tables.values():
            theirs = self.where(table, self.b)
            mine = self.where(table, self.a) if table.direct else sql.SQL("false")
            query = sql.SQL(_EACH).format(table.identifier, theirs, mine)
            if may_be_nobodys(table):
                nobody = sql.SQL(_EVERY).format(
                    table.identifier, sql.Identifier(table.direct[0].column)
                )
                query = sql.SQL("select ({}){}").format(query, nobody)
            if oid := self.oids.get(table.path):
                found[str(oid)] = query.as_string()
        return found

    @cached_property
    def tokens(self) -> list[str]:
        """What is in B's rows, in nobody else's, and cannot be guessed."""
        mine = {
            v for (user, _), row in self.maker.made.items() if user != self.b for v in row.values()
        }
        theirs = {
            v
            for (user, _), row in self.maker.made.items()
            if user == self.b
            for v in row.values()
            if v
        }
        return sorted(v for v in theirs - mine if len(v) >= _TELLING and not _MOMENT.match(v))

    def is_let_in(self, given: str) -> bool:
        """Whether arguments hold a token out of B's rows: who has it was given it."""
        return any(token in given for token in self._capabilities)

    @cached_property
    def _capabilities(self) -> list[str]:
        return [
            value
            for (user, _), row in self.maker.made.items()
            if user == self.b
            for name, value in row.items()
            if value and len(value) >= _TELLING and _CAPABILITY.search(name.lower())
        ]

    @cached_property
    def oids(self) -> dict[Path, int]:
        """The tables as Postgres numbers them."""
        rows = self.connection.execute(
            "select n.nspname, c.relname, c.oid::bigint from pg_catalog.pg_class as c inner join"
            " pg_catalog.pg_namespace as n on n.oid = c.relnamespace where c.relkind in ('r', 'p')"
            " and has_table_privilege(c.oid, 'select')"
        )
        return {(schema, name): oid for schema, name, oid in rows}

    @cached_property
    def labels(self) -> dict[str, str]:
        """What people call the tables that Postgres numbers."""
        return {str(oid): ".".join(path) for path, oid in self.oids.items()}

    def operators_claims(self, user: str) -> dict[str, object]:
        """Claims of a user's that operators set, where policies read whose a row is from them."""
        claims: dict[str, object] = {}
        for table in self.schema.tables.values():
            for held in table.direct:
                if held.kind == "claim":
                    value: object = self.maker.value(table, held, user)
                    value = [value] if held.in_list else value
                    for key in reversed(held.claim[1:]):
                        value = {key: value}
                    claims[held.claim[0]] = value
        return claims

    def run(self, attacks: Sequence[Attack]) -> Iterator[tuple[Attack, Result]]:
        """Try attacks, and say what came of each; nothing is written down."""
        if self.role:
            yield from one_by_one(self.connection, attacks, self.belongings)
            return
        for attack, result in attempts(self.connection, attacks, self._watch()):
            changed = tuple(self.labels.get(oid, oid) for oid in result.changed)
            changed = changed and harmed(self, attack, changed)
            yield attack, Result(result.count, result.sqlstate, result.message, changed)

    def _watch(self) -> Watched:
        hooked = {t.label for t in self.schema.tried if self.schema.guard(t.path).has_hooks}
        views = self.schema.views
        hooked |= {v.label for v in views if self.schema.guard((v.schema, v.name)).acts}
        hooked |= {function.identity for function in self.schema.functions}
        own = {label: oid for oid, label in self.labels.items()}
        return Watched(self.watched, self._reaches, own, frozenset(hooked))

    @cached_property
    def _reaches(self) -> dict[str, tuple[str, ...]]:
        of = {label: oid for oid, label in self.labels.items() if oid in self.watched}
        return {
            name: tuple(of[label] for label in labels if label in of)
            for name, labels in self.schema.reaches.items()
            if labels is not None
        }
