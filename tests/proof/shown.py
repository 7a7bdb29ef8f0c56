"""Whether a case is what it says: its attack made by hand, as the API would.

`python -m tests.proof.shown [SERVER]` shows all.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.proof import databases
from tests.proof.case import A, B, Case, Part
from tests.proof.corpus import CASES

MARK = "secret"
_NEXT = re.compile(r";\n(?=select|insert|update|delete|set|truncate|fetch|do|$)")
_ACCOUNTS = f"""
insert into auth.users (id, email) values ('{A}', 'a@example.org'), ('{B}', 'b@example.net');
"""
_PROFILES = """
insert into public.users (id, email) select id, email from auth.users on conflict do nothing
"""
# What an API can read without knowing anything, in schemas that begin so; a good design shows
# nobody else's row to it.
_READABLE = """
select format('select %%s from %%s', string_agg(quote_ident(a.attname), ', '), c.oid::regclass)
from pg_catalog.pg_class as c
inner join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
where c.relkind in ('r', 'v', 'm', 'p') and has_schema_privilege(c.relnamespace, 'usage')
    and has_column_privilege(c.oid, a.attnum, 'select')
    and starts_with(c.relnamespace::regnamespace::text, %s)
    and c.relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema', 'arami_db')
group by c.oid
"""


@dataclass
class Shown:
    """What was seen of a case.

    Attributes:
        secrets: what A or nobody in particular was shown of B's.
        harm: something of B's was changed.
        works: what A must be able to do and was done; None when there was nothing to do.
        errors: what each refused statement was refused with.
    """

    secrets: list[str] = field(default_factory=list)
    harm: bool = False
    works: bool = True
    errors: list[str] = field(default_factory=list)

    def wrong(self, kind: str) -> str | None:
        """What contradicts that the case is of a kind."""
        leaked = bool(self.secrets or self.harm)
        if leaked != (kind != "good"):
            return f"leaked {self.secrets or self.harm}" if leaked else f"no leak: {self.errors}"
        return None if self.works else f"does not work: {self.errors}"


def show(conninfo: str, case: Case, schema: str = "public") -> Shown:
    """Make a case's rows, attack, and roll all back.

    Args:
        conninfo: a superuser's, of a database with the base and the case's schema.
        case: the case.
        schema: where its objects stand.

    Returns:
        What was seen.

    Raises:
        psycopg.Error: when rows cannot be made.
    """
    shown = Shown()
    with psycopg.connect(conninfo) as connection:
        connection.add_notice_handler(lambda said: _look(shown, f"{said.message_primary}"))
        connection.execute(_ACCOUNTS)
        if not case.is_bare:
            connection.execute(_PROFILES)
        for part in case.parts:
            _run(connection, shown, part, case.placed(part.sql, schema))
        if case.kind == "good" or not any(part.what == "attack" for part in case.parts):
            for role in ("authenticated", "anon"):
                _sweep(connection, shown, role, "" if schema == "public" else schema)
        connection.rollback()
    return shown


def _sweep(connection: psycopg.Connection[Any], shown: Shown, role: str, schema: str) -> None:
    """Read whatever a role may, as A, in schemas that begin so."""
    with _as(connection, Part("attack", role, "{}", "")):
        for (query,) in connection.execute(_READABLE, [schema]).fetchall():
            _try(connection, shown, query)


def _run(connection: psycopg.Connection[Any], shown: Shown, part: Part, sql: str) -> None:
    if part.what == "rows":
        connection.execute(sql.encode())
    elif part.what == "harm":
        shown.harm |= bool(connection.execute(sql.encode()).fetchall())
    elif part.what == "works":
        before = list(shown.secrets)
        with connection.transaction(force_rollback=True), _as(connection, part):
            shown.works &= _try(connection, shown, sql)
        shown.secrets[:] = before  # what A may do does not leak
    else:
        with _as(connection, part):
            for statement in filter(str.strip, _NEXT.split(sql)):
                _try(connection, shown, statement)


def _try(connection: psycopg.Connection[Any], shown: Shown, statement: str) -> bool:
    """Whether a statement was done and returned rows; what it says is looked at in any case."""
    try:
        with connection.transaction():
            done = connection.execute(statement.encode())
            rows = done.fetchall() if done.description else []
    except psycopg.Error as error:
        if (error.sqlstate or "").startswith("42") and error.sqlstate != "42501":
            raise  # the case's own mistake, which nothing can be told from
        said = f"{error.diag.message_primary} {error.diag.message_detail}"
        shown.errors.append(said)
        _look(shown, said)
        return False
    for row in rows:
        _look(shown, f"{statement.strip()[:60]} -> {row}", str(row))
    return bool(rows)


def _look(shown: Shown, said: str, values: str | None = None) -> None:
    if MARK in (said if values is None else values).lower():
        shown.secrets.append(said)


@contextmanager
def _as(connection: psycopg.Connection[Any], part: Part) -> Iterator[None]:
    """Be a role, with A's claims where somebody has signed in."""
    person = {"sub": A, "email": "a@example.org"} if part.role != "anon" else {}
    claims = json.dumps({"role": part.role, **person, **json.loads(part.claims)})
    connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
    connection.execute(f"set local role {part.role}".encode())
    yield
    connection.execute("reset role")


def main() -> int:
    """Show every case; return how many are not what they say."""
    wrong = 0
    with databases.server() as server, databases.base(server) as template:
        for group in databases.groups():
            with databases.holding(server, template, group) as conninfo:
                for case in group.cases:
                    said = show(conninfo, case, group.schema(case)).wrong(case.kind)
                    wrong += said is not None
                    print(f"{case.id}: {said or 'as it says'}")
    print(f"{len(CASES)} cases, {wrong} not what they say")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
