"""What pgrls says of each case, for comparison: `python -m tests.proof.pgrls [SERVER]`.

Cases stand in schemas of their own, so that one run of each mode tells of many. A case is proved
when the verifier calls an object of its schema a leak in some mode; linted when only a rule of the
linter names one; undecided when the verifier says of one that it cannot tell; else silent. Rules
that fire on the base, which is right, count for none.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from tests.conftest import rows
from tests.proof import databases, tally
from tests.proof.databases import Group

MODES = ("anon", "cross-tenant", "write", "escalation", "reachability")
BASE = {"public.users", "public.notes"}
VERDICTS = ("proved", "linted", "undecided", "silent")


def main() -> int:
    """Print each case's verdict, and how many there are of each; return 0."""
    with databases.server() as server, databases.base(server) as template:
        with databases.holding(server, template, Group("", ())) as conninfo:
            usual = {found["rule_id"] for found in _lint(conninfo, "public")}
        said: dict[str, str] = {}
        for group in databases.groups():
            with databases.holding(server, template, group) as conninfo:
                said |= _verdicts(conninfo, group, usual)
    for name, verdict in said.items():
        print(f"{name}: {verdict}")
    print(tally.table(said, ("leak", "oracle"), VERDICTS))
    print(tally.table(said, ("good",), VERDICTS))
    return 0


def _verdicts(conninfo: str, group: Group, usual: set[str]) -> dict[str, str]:
    """The verdict on each case of a database."""
    schemas = ",".join(["public", *_schemas(conninfo)])
    tables = [table for mode in MODES for table in _tables(conninfo, schemas, mode)]
    named = _lint(conninfo, schemas)
    said = {
        "proved": {table["table"] for table in tables if table["verdict"] == "leak"},
        "linted": {found["location"] for found in named if found["rule_id"] not in usual},
        "undecided": {table["table"] for table in tables if table["verdict"] == "unverified"},
    }
    said = {verdict: names - BASE for verdict, names in said.items()}
    return {case.id: _verdict(group.schema(case), said) for case in group.cases}


def _verdict(schema: str, said: dict[str, set[str]]) -> str:
    """The first verdict on an object of a schema, or of those whose names begin like it."""
    places = (f"{schema}.", f"{schema}_", "app.")
    for verdict, names in said.items():
        if any(name.startswith(places) for name in names):
            return verdict
    return "silent"


def _schemas(conninfo: str) -> Iterator[str]:
    query = "select nspname from pg_namespace where nspname !~ '^(pg_|information_|(public|auth)$)'"
    return (name for (name,) in rows(conninfo, query))


def _tables(conninfo: str, schemas: str, mode: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = _pgrls(conninfo, "verify", schemas, "--mode", mode)["tables"]
    return found


def _lint(conninfo: str, schemas: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = _pgrls(conninfo, "lint", schemas)["violations"]
    return found


def _pgrls(conninfo: str, command: str, schemas: str, *options: str) -> dict[str, Any]:
    argv = [sys.executable, "-m", "pgrls", command, "--database-url", conninfo]
    options = ("--schemas", schemas, "--format", "json", *options)
    with tempfile.TemporaryDirectory() as nowhere:  # so that without an owner settings are found
        run = subprocess.run(
            [*argv, *options], capture_output=True, text=True, check=False, cwd=nowhere
        )
    if run.returncode > 1:  # 1: it found something
        raise SystemExit(f"pgrls {command}: {run.stderr}")
    report: dict[str, Any] = json.loads(run.stdout)
    return report


if __name__ == "__main__":
    sys.exit(main())
