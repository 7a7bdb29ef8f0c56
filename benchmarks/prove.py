"""How long the proof of row level security takes on a schema of many tables, and its progress.

python benchmarks/prove.py [TABLES]   # on a private server of its own; 500 unless told
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from arami_db import embedded
from arami_db.database.connect import Connection
from arami_db.files import packaged_sql_dir
from arami_db.prove import prove

_OWN = "((select auth.uid()) = {})"
_USERS = f"""
    create table public.users (
        id uuid primary key default gen_random_uuid(), email text unique, name text
    );
    alter table public.users enable row level security;
    create policy own on public.users to authenticated using {_OWN.format("id")};
    grant select, insert, update, delete on public.users to authenticated, service_role;
    create function public.touch() returns trigger language plpgsql as $$
        begin new.updated_at = now(); return new; end $$;
"""


def table(number: int) -> str:
    """A table of the users' own rows, or one whose rows hang on those of the one before."""
    name, above = f"public.t{number}", f"public.t{number - 1}"
    if number % 3 == 2:
        whose = f"exists (select from {above} as p where p.id = t_id and p.user_id = auth.uid())"
        columns = f"t_id uuid not null references {above} on delete cascade, label varchar(40)"
        more = ""
    else:
        whose = _OWN.format("user_id")
        columns = (
            "user_id uuid not null references public.users on delete cascade, title text,"
            " status text not null default 'draft' check (status in ('draft', 'done')),"
            " updated_at timestamptz not null default now(), unique (user_id, title)"
        )
        more = f"create trigger touch before update on {name} for each row"
        more += " execute function public.touch();"
    return (
        f"create table {name} (id uuid primary key default gen_random_uuid(), {columns}); {more}"
        f" alter table {name} enable row level security;"
        f" create policy own on {name} to authenticated using ({whose}) with check ({whose});"
        f" grant select, insert, update, delete on {name} to authenticated, service_role;"
    )


def door(number: int) -> str:
    """A view of a table, and a function that returns its rows."""
    name = f"public.t{number}"
    return (
        f"create view public.v{number} with (security_invoker = true) as select * from {name};"
        f" grant select on public.v{number} to authenticated;"
        f" create function public.f{number}(x uuid) returns setof {name} language sql stable"
        f" as 'select * from {name} where id = x';"
    )


def make(connection: Connection, tables: int) -> None:
    """Make the schema, a transaction a table."""
    stub = (packaged_sql_dir() / "auth_stub.sql").read_text(encoding="utf-8")
    connection.execute(stub.encode())
    connection.execute("grant usage on schema public to anon, authenticated, service_role")
    connection.execute(_USERS.encode())
    for number in range(tables):
        connection.execute(table(number).encode())
        if number % 10 == 0:
            connection.execute(door(number).encode())


def main() -> None:
    """Make the schema, prove it, and say how long that took."""
    tables = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    root = Path(tempfile.mkdtemp(prefix="arami-prove-"))
    root.chmod(0o711)  # the server's account, when root runs this, must get in
    try:
        server = embedded.start(root=root)
        with psycopg.connect(server.conninfo, autocommit=True) as connection:
            make(connection, tables)
            begun = time.perf_counter()

            def say(step: str) -> None:
                print(f"{time.perf_counter() - begun:6.1f} s  {step}", file=sys.stderr)

            proof = prove(connection, begin=say)
            took = time.perf_counter() - begun
    finally:
        embedded.destroy(root=root)
        shutil.rmtree(root, ignore_errors=True)
    print(f"{tables} tables: {len(proof.attempts)} attempts in {took:.1f} s; {proof.coverage}")
    if not proof.holds:
        sys.exit(f"not clean: {proof.leaks[:3]} {proof.failures[:3]} {proof.unattempted[:3]}")


if __name__ == "__main__":
    main()
