"""auth.uid() as it must behave, whoever wrote it: asked, because no catalog tells."""

from __future__ import annotations

import json

import psycopg
from psycopg import sql

from arami_db.database.connect import Connection
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
    found = []
    for settings, expected, case in _CASES:
        try:
            actual = _uid(connection, settings)
        except psycopg.errors.InsufficientPrivilege:
            return None  # the catalog's checks tell who may call it; this role need not
        except psycopg.Error as error:
            refused = expected == _REFUSED and (error.sqlstate or "").startswith("22")
            actual = _REFUSED if refused else f"error: {error.diag.message_primary}"
        if actual != expected:
            found.append(
                Finding(
                    Severity.SECURITY,
                    "auth",
                    "auth.uid()",
                    f"auth.uid() answers wrongly {case}",
                    expected=str(expected),
                    actual=str(actual),
                )
            )
    return found


def _uid(connection: Connection, settings: dict[str, str]) -> str | None:
    """One round trip, in a transaction of its own."""
    given = sql.SQL(", ").join(
        sql.SQL("set_config({}, {}, true)").format(name, settings.get(name, ""))
        for name in (_CLAIMS, _LEGACY)
    )
    ask = sql.SQL("begin read only; select {}; select auth.uid()::text; rollback").format(given)
    try:
        cursor = connection.execute(ask)
    except psycopg.Error:
        connection.rollback()
        raise
    cursor.nextset()
    cursor.nextset()
    row = cursor.fetchone()
    return str(row[0]) if row and row[0] is not None else None
