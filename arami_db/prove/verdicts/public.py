"""What everybody is meant to read, as policies say: whole tables, or single rows."""

from __future__ import annotations

import re

import psycopg
from psycopg import sql

from arami_db.policies import Branch
from arami_db.policies.expressions.tree import walk
from arami_db.prove.scenario import Scenario
from arami_db.prove.schema.secrets import SECRET
from arami_db.rows.tables import Table

# Columns that say something of a person that not everybody may know.
PERSONAL = re.compile(
    r"e_?mail|phone|mobile|address|street|birth|\bdob\b|passport|ssn|iban|salary|diagnos|secret|token"
    r"|password|card|tax_id|health"
)
_ASKING = re.compile(r"auth\.|current_setting|current_user|session_user")  # who asks


def is_public(scenario: Scenario, table: Table) -> bool:
    """Whether a policy lets everybody read all rows of a table.

    Args:
        scenario: what the schema is in.
        table: the table.
    """
    branches = (b for p in scenario.schema.guard(table.path).policies for b in p.branches)
    return any(
        branch.text.strip("()") == "true" and is_meant(scenario, table, branch)
        for branch in branches
    )


def is_common(scenario: Scenario, table: Table) -> bool:
    """Whether a table has no owners and everybody may read it.

    Args:
        scenario: what the schema is in.
        table: the table.
    """
    return not table.owners and is_public(scenario, table)


def is_shown(scenario: Scenario, table: Table) -> bool:
    """Whether a policy lets everybody read B's row of a table, as the row is now.

    Args:
        scenario: in which B has rows.
        table: the table.
    """
    branches = (b for p in scenario.schema.guard(table.path).policies for b in p.branches)
    where = scenario.pinpoint(table, scenario.b)
    for branch in branches:
        if "select" in branch.text or not is_meant(scenario, table, branch):
            continue
        query = sql.SQL("select from {} where {} and ({})")
        shown = query.format(table.identifier, where, sql.SQL(branch.text))
        try:
            with scenario.connection.transaction():
                if scenario.connection.execute(shown).fetchone() is not None:
                    return True
        except psycopg.Error:  # it is true of some rows only, and fails on this one
            if scenario.connection.closed:
                raise
    return False


def is_meant(scenario: Scenario, table: Table, branch: Branch) -> bool:
    """Whether a branch is meant to let everybody read the rows for which it is true.

    It does where it names anon, who is everybody, and asks nothing of who asks; and where rows are
    somebody's, nothing personal may be in what is read, and no secret beside them goes unasked.

    Args:
        scenario: what the schema is in.
        table: the branch's.
        branch: the branch.
    """
    guard = scenario.schema.guard(table.path)
    readable = guard.columns("anon", "select")
    is_for_all = "anon" in branch.roles and branch.permissive and branch.clause == "using"
    is_reading = branch.command in {"select", "all"} and guard.is_secured and readable
    if not is_for_all or not is_reading or _ASKING.search(branch.text):
        return False
    # What is computed from columns that are read, too, tells no more than they do.
    is_whole = set(readable) == set(table.columns)
    telling = [n for n in readable if table.columns[n].writable or not is_whole]
    if table.owners and any(PERSONAL.search(name.lower()) for name in telling):
        return False
    if table.owners and _has_secret(scenario, table, branch):
        return False
    scenario.public.setdefault(table.label, branch.policy)
    return True


def _has_secret(scenario: Scenario, table: Table, branch: Branch) -> bool:
    """Whether a branch looks in a table that refers to its table and has a secret column: links."""
    queries = [one.query for one in walk(branch.expression) if one.query is not None]
    sources = {source.table for one in queries for source in one.sources}
    links = (t for path, t in scenario.schema.tables.items() if path in sources)
    return any(
        any(SECRET.search(name.lower()) for name in one.columns)
        and any(key.parent == table.path for key in one.foreign_keys)
        for one in links
    )
