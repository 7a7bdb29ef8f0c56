"""auth.uid() as it must behave, whoever wrote it: asked, because no catalog tells."""

from __future__ import annotations

import json
from itertools import product

import psycopg
from psycopg import sql

from arami_db.database.connect import Connection, lost
from arami_db.verify.findings import Finding, Severity

_ONE = "00000000-0000-4000-8000-000000000001"
_OTHER = "00000000-0000-4000-8000-000000000002"
_REFUSED = "an error"
_CLAIMS, _LEGACY = "request.jwt.claims", "request.jwt.claim.sub"

# What each case sets, what auth.uid() answers, and how the case is told.
_CASES: tuple[tuple[dict[str, str], str | None, str], ...] = (
    ({}, None, "without claims"),
    ({_CLAIMS: "", _LEGACY: ""}, None, "with empty claims"),
    ({_CLAIMS: json.dumps({"sub": _ONE})}, _ONE, "with request.jwt.claims"),
    ({_LEGACY: _ONE}, _ONE, "with request.jwt.claim.sub"),
    ({_CLAIMS: json.dumps({"role": "anon"})}, None, "with claims that hold no sub"),
    (
        {_CLAIMS: json.dumps({"email": _ONE, "user_metadata": {"sub": _ONE}})},
        None,
        "with a sub elsewhere in the claims",
    ),
    ({_CLAIMS: json.dumps({"sub": "nobody"})}, _REFUSED, "with a sub that is no uuid"),
    ({_CLAIMS: json.dumps({"sub": _OTHER}), _LEGACY: _ONE}, _ONE, "with both styles of claims"),
)


def check_claims(connection: Connection) -> list[Finding] | None:
    """Ask auth.uid() with each style of claims, in transactions that are rolled back.

    Returns:
        A finding for each wrong answer; None when this role may not ask.
    """
    found: list[Finding] = []
    wrong: set[str] = set()
    # As whoever this is, and as those it is meant for: a function can tell them apart.
    for role, (settings, expected, case) in product(("none", "authenticated"), _CASES):
        try:
            actual = _uid(connection, role, settings)
        except psycopg.errors.InsufficientPrivilege:
            # The catalog's checks tell who may call it; this role need not, nor become another.
            return None if role == "none" else found
        except psycopg.Error as error:
            if connection.closed:
                raise lost(error) from error
            refused = expected == _REFUSED and (error.sqlstate or "").startswith("22")
            actual = _REFUSED if refused else f"error: {error.diag.message_primary}"
        if actual != expected and case not in wrong:
            wrong.add(case)
            told = case if role == "none" else f"{case}, as {role}"
            found.append(
                Finding(
                    Severity.SECURITY,
                    "auth",
                    "auth.uid()",
                    f"auth.uid() answers wrongly {told}",
                    expected=str(expected),
                    actual=str(actual),
                )
            )
    return found


def _uid(connection: Connection, role: str, settings: dict[str, str]) -> str | None:
    """One round trip, in a transaction of its own."""
    given = sql.SQL(", ").join(
        sql.SQL("set_config({}, {}, true)").format(name, value)
        for name, value in {_CLAIMS: "", _LEGACY: "", "role": role, **settings}.items()
    )
    ask = sql.SQL(
        "begin read only; set local statement_timeout = 0;"
        " select {}; select auth.uid()::text; rollback"
    ).format(given)
    try:
        cursor = connection.execute(ask)
    except psycopg.Error:
        if not connection.closed:
            connection.rollback()
        raise
    for _ in range(3):  # begin, set, select
        cursor.nextset()
    row = cursor.fetchone()
    return str(row[0]) if row and row[0] is not None else None
