"""The Supabase CLI itself, and databases as a Supabase project has them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from arami_db.embedded.binaries import runnable
from arami_db.embedded.privileges import server_account
from tests import servers
from tests.conftest import LIMIT, Run, clean_environment, missing

VERSION = "3.1.0"
CACHE = Path(__file__).parents[1] / ".servers" / f"supabase-{VERSION}"
PROGRAM = CACHE / "node_modules" / ".bin" / "supabase"

# What the platform has made before anybody migrates: postgres is not a superuser there, and owns
# neither schema auth nor the database's default privileges for others.
ROLES = """
    create role anon nologin noinherit;
    create role authenticated nologin noinherit;
    create role service_role nologin noinherit bypassrls;
    create role authenticator login noinherit;
    grant anon, authenticated, service_role to authenticator;
    create role dashboard login createrole createdb bypassrls replication;
    grant anon, authenticated, service_role to dashboard with admin option;
    grant pg_monitor, pg_read_all_data to dashboard;
"""
PLATFORM = """
    create schema auth;
    create schema extensions;
    create table auth.users (id uuid primary key, email text, phone text);
    create function auth.uid() returns uuid language sql stable as $$
  select
  coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
  )::uuid
$$;
    grant usage on schema auth, extensions to anon, authenticated, service_role, dashboard;
    grant create on schema extensions to dashboard;
    grant all on table auth.users to dashboard;
    alter schema public owner to dashboard;
    grant usage on schema public to anon, authenticated, service_role;
    alter default privileges for role dashboard in schema public
    grant all on tables to anon, authenticated, service_role;
    alter default privileges for role dashboard in schema public
    grant all on functions to anon, authenticated, service_role;
    alter default privileges for role dashboard in schema public
    grant all on sequences to anon, authenticated, service_role;
"""


def program() -> Path:
    """The Supabase CLI, fetched once; the test is skipped where it cannot be had."""
    if PROGRAM.exists():
        return PROGRAM
    if (npm := shutil.which("npm")) is None:
        missing("npm, for the Supabase CLI")
    CACHE.parent.mkdir(exist_ok=True)
    fetched = Path(tempfile.mkdtemp(dir=CACHE.parent))
    fetch = [npm, "install", "--prefix", str(fetched), "--no-audit", "--no-fund"]
    got = subprocess.run(
        [*fetch, f"supabase@{VERSION}"], capture_output=True, text=True, check=False
    )
    with suppress(OSError):  # another worker was first
        fetched.rename(CACHE)
    shutil.rmtree(fetched, ignore_errors=True)
    if not PROGRAM.exists():
        missing(f"the Supabase CLI {VERSION} from npm: {got.stderr[-500:]}")
    return PROGRAM


def environment(home: Path, **extra: str) -> dict[str, str]:
    """An environment in which the CLI sends no data and finds no settings of a user."""
    return clean_environment(HOME=str(home), DO_NOT_TRACK="1", CI="1", **extra)


def supabase(project: Path, *words: str, expect: int = 0) -> Run:
    """Run the CLI in a project and require an exit code."""
    done = subprocess.run(
        [str(program()), *words],
        cwd=project,
        env=environment(project),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == expect, f"{words}\n{done.stdout}\n{done.stderr}"
    return done


def push(project: Path, url: str) -> str:
    """`supabase db push`; what it says."""
    done = supabase(project, "db", "push", "--db-url", url, "--yes")
    return done.stdout + done.stderr


@contextmanager
def cluster() -> Iterator[int]:
    """A server with the platform's roles, on a port of 127.0.0.1: the CLI knows no sockets."""
    with servers.folder() as programs, servers.folder() as place:
        postgres = runnable(programs, server_account()).tool("postgres")
        port = servers.free_port()
        options = f"-c listen_addresses=127.0.0.1 -c port={port}"
        with servers.running(Path(postgres).parent, place, options=options) as admin:
            with psycopg.connect(admin, port=port, autocommit=True) as connection:
                connection.execute(ROLES.encode())
            yield port


def database(port: int) -> str:
    """A project's database on such a server, as the URL of the role that owns it."""
    name = f"project_{uuid.uuid4().hex[:8]}"
    admin = f"postgresql://postgres@127.0.0.1:{port}"
    with psycopg.connect(f"{admin}/postgres", autocommit=True) as connection:
        connection.execute(f"create database {name} owner dashboard")
        connection.execute(f'alter database {name} set search_path = "$user", public, extensions')
    with psycopg.connect(f"{admin}/{name}", autocommit=True) as connection:
        connection.execute(PLATFORM.encode())
    return f"postgresql://dashboard@127.0.0.1:{port}/{name}"
