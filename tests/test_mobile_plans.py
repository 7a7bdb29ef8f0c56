"""What an app asks for is answered from indexes: its own rows are found, nobody else's are read."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import psycopg
import pytest

from tests.conftest import made, run_cli

# By its file: to mypy, benchmarks are programs and no package.
mobile = import_module("benchmarks.mobile")
# What a request may look at, in pages, at whatever size: several levels of several indexes, and the
# rows of one user.
MOST_PAGES = 150
# Everybody's rows are in these; a sequential scan of one is a request that slows down for years.
LARGE = {
    "users",
    "daily_sessions",
    "daily_sessions_archive",
    "session_analytics",
    "user_goals",
    "user_streaks",
    "virtue_collection",
}


@pytest.fixture(scope="module")
def connection(server: dict[str, str], template: str) -> Iterator[psycopg.Connection[Any]]:
    """A database with demo users, part of their sessions archived, and statistics."""
    with made(server, template) as conninfo:
        run_cli("seed", "demo", "--users", "300", "-d", conninfo)
        run_cli("archive", "--older-than", "1 year", "-d", conninfo)
        with psycopg.connect(conninfo, autocommit=True) as opened:
            mobile.settle(opened)
            yield opened


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's node and all below it."""
    yield node
    for below in node.get("Plans", ()):
        yield from nodes(below)


@pytest.mark.parametrize("name", [name for name in mobile.REQUESTS if name != "summary"])
def test_a_request_reads_its_users_rows_by_index(
    name: str, connection: psycopg.Connection[Any]
) -> None:
    # The page of the user with most sessions may be sorted out of all: docs/benchmarking.md.
    heaviest = 1 if name == "history page" else 0
    for user in mobile.people(connection, 5)[heaviest:]:
        with mobile.signed_in(connection, user):
            found = mobile.plan(connection, mobile.for_user(mobile.REQUESTS[name].app, user))
        scans = [n for n in nodes(found) if n["Node Type"] == "Seq Scan"]
        assert [n["Relation Name"] for n in scans if n["Relation Name"] in LARGE] == []
        assert found["Shared Hit Blocks"] + found["Shared Read Blocks"] < MOST_PAGES
        if name == "history page":
            fetched = [n["Actual Rows"] for n in nodes(found) if "Scan" in n["Node Type"]]
            assert sum(fetched) <= 41, "a page of twenty from each half, and no more"


def test_the_summary_reads_its_users_rows_of_those_days(
    connection: psycopg.Connection[Any],
) -> None:
    """A function's plan is its own: its pages are counted, and those of older sessions are none.

    Where everybody's sessions of those days lie side by side, as in so small a database, it may
    read these.
    """
    summary = mobile.REQUESTS["summary"].app
    for user in mobile.people(connection, 5):
        query = (
            "select count(*) filter (where session_date >= current_date - 30), count(*)"
            " from public.session_history where user_id = %s"
        )
        [[recent, every]] = connection.execute(query, [user]).fetchall()
        with mobile.signed_in(connection, user):
            connection.execute(summary.encode())  # plans it
            found = mobile.plan(connection, summary)
        pages = found["Shared Hit Blocks"] + found["Shared Read Blocks"]
        assert pages <= 2 * recent + 12, f"{pages} pages, {recent} sessions of {every}"
