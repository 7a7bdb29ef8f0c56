"""The auth stub: what stands in for Supabase's auth schema on a plain Postgres."""

from __future__ import annotations

from arami_db import ledger
from arami_db.administrator import require_uid
from arami_db.database.execute import Step
from arami_db.database.server import Server
from arami_db.files.script import Script, load
from arami_db.files.sqlfile import SqlFile
from arami_db.runner.apply import Runner
from arami_db.runner.steps import closing_steps, statement_steps


def stub_for(server: Server, stub: SqlFile | None) -> Script | None:
    """The stub, where the server needs it.

    Raises:
        RefusedFileError: it cannot be run as it stands.
        PlatformError: there is a schema auth without auth.uid(); it is not ours to alter.
    """
    require_uid(server, stub)
    if stub is None or server.has_auth_uid:
        return None
    return load(stub)


def stub_steps(script: Script) -> list[Step]:
    """The statements of the stub and their line of history, without a transaction of their own."""
    return [
        *statement_steps(script, script.statements),
        *closing_steps(script),
        ledger.event("applied", script.file),
    ]


def apply_stub(runner: Runner, script: Script) -> None:
    """Apply the stub in a transaction of its own, where there are only views to follow."""
    steps = [*runner.begin(durable=False), *stub_steps(script), Step("commit")]
    runner.attempt(script, lambda: runner.send(script, steps))
    tell(runner, script)


def tell(runner: Runner, script: Script) -> None:
    """Say that the stub was applied."""
    runner.report.note(
        "plain Postgres: no auth.uid() here, so the auth stub was applied: schema auth; roles"
        f" anon, authenticated, service_role, authenticator ({script.file.label})"
    )
