"""Supabase's auth schema as its auth server (GoTrue) makes it, and the statements it sends.

Columns, defaults, indexes and grants are those of supabase/auth's migrations (to 2026) and of
supabase/postgres; the statements are written after what its models insert, update and delete.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

GOTRUE = "supabase_auth_admin"

ROLE = f"""
do $$ begin
    create role {GOTRUE} noinherit createrole login noreplication;
    alter role {GOTRUE} set search_path = auth;
exception when duplicate_object then null;
end $$;
"""

FUNCTIONS = """
create schema auth;
create function auth.uid() returns uuid language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
  )::uuid
$$;
grant usage on schema auth to anon, authenticated, service_role;
"""

# Of the first migration, before phones, soft deletion and anonymous users.
FIRST = """
create table auth.users (
    instance_id uuid,
    id uuid not null unique,
    aud varchar(255),
    role varchar(255),
    email varchar(255) unique,
    encrypted_password varchar(255),
    confirmed_at timestamptz,
    invited_at timestamptz,
    confirmation_token varchar(255),
    confirmation_sent_at timestamptz,
    recovery_token varchar(255),
    recovery_sent_at timestamptz,
    email_change_token varchar(255),
    email_change varchar(255),
    email_change_sent_at timestamptz,
    last_sign_in_at timestamptz,
    raw_app_meta_data jsonb,
    raw_user_meta_data jsonb,
    is_super_admin bool,
    created_at timestamptz,
    updated_at timestamptz,
    constraint users_pkey primary key (id)
);
"""

# What its later migrations make of it.
LATER = """
alter table auth.users
    add column phone varchar(15) unique default null,
    add column phone_confirmed_at timestamptz,
    add column phone_change varchar(15) default '',
    add column phone_change_token varchar(255) default '',
    add column phone_change_sent_at timestamptz;
alter table auth.users rename column confirmed_at to email_confirmed_at;
alter table auth.users
    add column confirmed_at timestamptz
    generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
    add column email_change_token_current varchar(255) default '',
    add column email_change_confirm_status smallint default 0
    check (email_change_confirm_status between 0 and 2);
alter table auth.users rename column email_change_token to email_change_token_new;
alter table auth.users
    add column banned_until timestamptz,
    add column reauthentication_token varchar(255) default '',
    add column reauthentication_sent_at timestamptz;
create unique index confirmation_token_idx on auth.users (confirmation_token)
where confirmation_token !~ '^[0-9 ]*$';
create unique index recovery_token_idx on auth.users (recovery_token)
where recovery_token !~ '^[0-9 ]*$';
alter table auth.users add column is_sso_user boolean not null default false;
alter table auth.users drop constraint users_email_key;
create unique index users_email_partial_key on auth.users (email) where (is_sso_user = false);
alter table auth.users alter column phone type text, alter column phone_change type text;
alter table auth.users
    add column deleted_at timestamptz,
    add column is_anonymous boolean not null default false;
create table auth.sessions (
    id uuid primary key,
    user_id uuid not null references auth.users (id) on delete cascade
);
alter table auth.users enable row level security;
"""

# Hosted, the role that migrates is not a superuser; supabase/postgres grants it all.
GRANTS = """
grant usage on schema auth to {0} with grant option;
grant all on all tables in schema auth to {0} with grant option;
alter role {0} bypassrls;
"""
# What any Postgres needs besides, for a role that is to own the schema.
OWNER = """
alter database {1} owner to {0};
grant anon, authenticated, service_role to {0};
"""


def install(connection: psycopg.Connection[Any], *, later: bool = True) -> None:
    """Make schema auth as Supabase has it, the tables owned by GoTrue's role.

    Args:
        connection: a superuser's.
        later: with all migrations of the auth server; without, with its first alone.
    """
    statements = (ROLE, FUNCTIONS, FIRST, LATER if later else "")
    for statement in statements:
        connection.execute(statement.encode())
    if later:
        connection.execute(f"alter table auth.sessions owner to {GOTRUE}")
    connection.execute(f"alter table auth.users owner to {GOTRUE}")
    connection.execute(f"grant all on schema auth to {GOTRUE}")


def adopt(connection: psycopg.Connection[Any], role: str, grants: str = GRANTS) -> None:
    """Let a role keep our schema in a database, with the grants of the platform or others."""
    for statement in (OWNER, grants):
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL(statement).format(sql.Identifier(role), name))


@contextmanager
def acting(connection: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """Be GoTrue: its role and its search_path, in a transaction that commits."""
    with connection.transaction():
        connection.execute(f"set local role {GOTRUE}; set local search_path = auth")
        yield connection
        connection.execute("reset role; reset search_path")


def sign_up(
    connection: psycopg.Connection[Any],
    email: str | None = None,
    *,
    phone: str | None = None,
    metadata: Any = None,
    **more: object,
) -> str:
    """Insert a login with every column that there is, as GoTrue does; its id."""
    login: dict[str, object] = {
        "id": str(uuid.uuid4()),
        "instance_id": str(uuid.UUID(int=0)),
        "aud": "authenticated",
        "role": "authenticated",
        "email": email,
        "phone": phone,
        "encrypted_password": "",
        "confirmation_token": "",
        "recovery_token": "",
        "email_change_token_current": "",
        "email_change_token_new": "",
        "email_change_token": "",
        "email_change": "",
        "phone_change_token": "",
        "phone_change": "",
        "reauthentication_token": "",
        "email_change_confirm_status": 0,
        "raw_app_meta_data": json.dumps({"provider": "email", "providers": ["email"]}),
        "raw_user_meta_data": json.dumps({} if metadata is None else metadata),
        "is_sso_user": False,
        "is_anonymous": False,
        "created_at": "now",
        "updated_at": "now",
        **more,
    }
    found = connection.execute(
        "select attname::text from pg_attribute where attrelid = 'auth.users'::regclass"
    ).fetchall()
    login = {name: value for name, value in login.items() if (name,) in found}
    statement = sql.SQL("insert into users ({}) values ({})").format(
        sql.SQL(", ").join(map(sql.Identifier, login)),
        sql.SQL(", ").join(sql.Placeholder() * len(login)),
    )
    with acting(connection):
        connection.execute(statement, list(login.values()))
    return str(login["id"])


def update(connection: psycopg.Connection[Any], login: str, **columns: object) -> None:
    """Update some columns of a login, as GoTrue does: the columns named, and updated_at."""
    columns["updated_at"] = "now"
    statement = sql.SQL("update users as users set {} where users.id = %s").format(
        sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in columns)
    )
    with acting(connection):
        connection.execute(statement, [*columns.values(), login])


def delete(connection: psycopg.Connection[Any], login: str) -> None:
    """Delete a login, as GoTrue's admin API does."""
    with acting(connection):
        connection.execute("delete from users as users where users.id = %s", [login])


def soft_delete(connection: psycopg.Connection[Any], login: str) -> None:
    """Delete a login softly: what names a person becomes a hash, the metadata goes after it."""
    hashed = "q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6j7k8l9z0x1c"
    empty = dict.fromkeys(
        (
            "confirmation_token",
            "recovery_token",
            "email_change_token_current",
            "email_change_token_new",
            "phone_change_token",
        ),
        "",
    )
    update(
        connection, login, email=hashed, phone=hashed[:15], encrypted_password=None,
        email_change=hashed, phone_change=hashed[:15], **empty, deleted_at="now",
    )  # fmt: skip
    update(connection, login, raw_user_meta_data="{}")
    update(connection, login, raw_app_meta_data="{}")
