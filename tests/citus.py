"""Databases on the Citus cluster that $ARAMI_TEST_CITUS names, and the same data on one server."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.conftest import run_cli

Connection = psycopg.Connection[Any]

EVERYBODY = "00000000-0000-0000-0000-000000000000"
needs_citus = pytest.mark.skipif(
    "ARAMI_TEST_CITUS" not in os.environ,
    reason="needs a Citus cluster: ARAMI_TEST_CITUS names its coordinator's superuser",
)


def nodes() -> list[str]:
    """The cluster's machines as connection strings, the coordinator first."""
    named = os.environ["ARAMI_TEST_CITUS"]
    with psycopg.connect(named, autocommit=True) as connection:
        found = connection.execute(
            "select nodename, nodeport from pg_dist_node order by groupid"
        ).fetchall()
    return [make_conninfo(named, host=host, port=port) for host, port in found]


@contextmanager
def cluster_database() -> Iterator[list[str]]:
    """A migrated database on all machines, not yet distributed: each machine's, as superuser."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    machines = nodes()
    made = [make_conninfo(machine, dbname=name) for machine in machines]
    for machine, database in zip(machines, made, strict=True):
        with psycopg.connect(machine, autocommit=True) as connection:
            connection.execute("set citus.enable_create_database_propagation to off")
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("create extension citus")
    try:
        with psycopg.connect(made[0], autocommit=True) as connection:
            for place, machine in enumerate(made):
                parts = conninfo_to_dict(machine)
                add = "citus_add_node" if place else "citus_set_coordinator_host"
                connection.execute(
                    sql.SQL("select {}(%s, %s)").format(sql.Identifier(add)),
                    [parts["host"], int(str(parts["port"]))],
                )
        run_cli("migrate", "-d", made[0])
        yield made
    finally:
        for machine in machines:
            with psycopg.connect(machine, autocommit=True) as connection:
                connection.execute("set citus.enable_create_database_propagation to off")
                connection.execute(
                    sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
                )


def distribute(coordinator: str, shards: int = 4) -> None:
    """Distribute a database, as `arami-db distribute` does."""
    run_cli("distribute", "--shards", str(shards), "--yes", "-d", coordinator)


def copy_rows(source: Connection, target: Connection) -> None:
    """Copy every row of a plain database to another of the same schema, triggers left out."""
    tables = source.execute(
        """
        select format('%I.%I', n.nspname, c.relname),
            string_agg(quote_ident(a.attname), ', ' order by a.attnum)
        from pg_class as c
        join pg_namespace as n on n.oid = c.relnamespace
        join pg_attribute as a
            on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        where c.relkind = 'r' and n.nspname in ('auth', 'public', 'audit')
        group by 1
        """
    ).fetchall()
    with target.transaction():
        target.execute("set local session_replication_role to replica")
        for table, _ in tables:
            target.execute(f"truncate {table} cascade")
        for table, columns in tables:
            read, write = source.cursor(), target.cursor()
            with (
                read.copy(f"copy {table} ({columns}) to stdout") as rows,
                write.copy(f"copy {table} ({columns}) from stdin") as into,
            ):
                for row in rows:
                    into.write(row)


@contextmanager
def acting_on_citus(
    connection: Connection, role: str, user: str | None = None, *, keep: bool = False
) -> Iterator[Connection]:
    """As tests.conftest.acting_as, and with what db-pre-request does; for a plain server too."""
    with connection.transaction(force_rollback=not keep):
        claims = json.dumps({"sub": str(user), "role": role}) if user else ""
        connection.execute(f"set local role {role}")
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        known = connection.execute("select to_regprocedure('public.repeat_claims()')").fetchone()
        if known != (None,):
            connection.execute("select public.repeat_claims()")
        yield connection


def asked(connection: Connection, query: str, values: Sequence[object] = ()) -> tuple[str, Any]:
    """What a statement brings: its rows as text, sorted, or the SQLSTATE of its error."""
    try:
        with connection.transaction():
            cursor = connection.execute(query.encode(), values or None)
            if cursor.description is None:
                return ("done", cursor.rowcount)
            return ("rows", sorted(repr(row) for row in cursor.fetchall()))
    except psycopg.Error as error:
        return ("error", error.sqlstate)
