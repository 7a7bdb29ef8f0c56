"""`arami-db verify` where little is allowed: as a reader, on a standby, through a pooler."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from arami_db.files import packaged_sql_dir
from tests import servers
from tests.conftest import rows, run_cli, run_json
from tests.pooler import pooled

BREAK = (
    "alter table users disable row level security;"
    " create schema other; grant usage on schema other to public;"
    " create view other.v as table users; grant select on other.v to public"
)
MEND = "alter table users enable row level security; drop view other.v; drop schema other"
BROKEN = {"public.users", "other.v"}
# What row level security hides from a reader, of all that verify asks.
HIDDEN = "039_logins: "


@contextmanager
def reader(conninfo: str, *memberships: str) -> Iterator[str]:
    """Connect as a role of no rights but those of its memberships."""
    name = f"Reader {uuid.uuid4().hex[:8]}"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"create role \"{name}\" login password '{name}'")
        for role in memberships:
            connection.execute(f'grant {role} to "{name}"')
        yield make_conninfo(conninfo, user=name, password=name)
        connection.execute(f'drop role "{name}"')


def objects(report: dict[str, Any]) -> set[str]:
    return {finding["object"] for finding in report["findings"]}


def test_a_role_that_may_only_read_gets_the_same_answer(database: str) -> None:
    with reader(database, "pg_read_all_data") as connectable:
        assert run_json("verify", "-d", connectable)["findings"] == []
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(BREAK)
        report = run_json("verify", "-d", connectable, expect=4)
        whole = run_json("verify", "-d", database, expect=4)
        [hidden] = report.pop("skipped")
        assert hidden.startswith(HIDDEN)
        assert whole.pop("skipped") == []
    assert objects(report) >= BROKEN
    assert report.pop("occasion")["role"] != whole.pop("occasion")["role"]
    assert report == whole


def test_a_role_without_rights_verifies_all_but_the_ledger_and_says_so(database: str) -> None:
    with reader(database) as connectable:
        report = run_json("verify", "-d", connectable, expect=4)
        [finding] = report["findings"]
        assert (finding["source"], finding["severity"]) == ("ledger", "integrity")
        assert "may not read the ledger" in finding["message"]
        assert report["checked"]["files"] == 0
        assert report["checked"]["facts"] > 1000
        assert [reason.startswith(HIDDEN) for reason in report["skipped"]] == [True]

        # What is known to be unreadable can be set aside, and drift is still drift.
        arguments = ["verify", "-d", connectable, "--ignore", "ledger/*"]
        assert len(run_json(*arguments)["ignored"]) == 1
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(BREAK)
            assert objects(run_json(*arguments, expect=4)) >= BROKEN
            connection.execute(MEND)
            connection.execute(finding["remedy"])
        # It can read the ledger now; that it can is what tests/test_declared.py declares.
        report = run_json("verify", "-d", connectable, expect=4)
        assert {f["source"] for f in report["findings"]} == {"facts"}
        assert all("grant" in f["message"] for f in report["findings"])
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(f"drop owned by {finding['remedy'].rpartition(' to ')[2]}")


def test_limits_meant_for_requests_end_no_verification(database: str, tmp_path: Path) -> None:
    sql = tmp_path / "sql"
    shutil.copytree(packaged_sql_dir(), sql)
    slow = "select 'cosmetic', '', '', '' from pg_catalog.pg_sleep(0.5) as nap where nap is null"
    (sql / "checks" / "099_slow.sql").write_text(slow)
    known = "select name from pg_settings where name ~ '^(statement|transaction)_timeout$'"
    limits = " ".join(f"-c {name}=300ms" for (name,) in rows(database, known))
    hurried = make_conninfo(database, options=limits)
    assert run_json("verify", "-d", hurried, "--sql-dir", str(sql))["findings"] == []


def test_a_role_that_may_not_connect_is_no_connection(database: str) -> None:
    name = str(psycopg.conninfo.conninfo_to_dict(database)["dbname"])
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"revoke connect on database {name} from public")
    with reader(database) as connectable:
        assert "permission denied" in run_cli("verify", "-d", connectable, expect=7).stderr


@pytest.fixture(scope="module")
def standby() -> Iterator[tuple[str, str]]:
    """A migrated server and its hot standby."""
    with servers.replicated(lambda primary: run_cli("migrate", "--database", primary)) as both:
        yield both


def caught_up(primary: str, standby: str) -> None:
    """Wait until the standby has replayed all that the primary has written."""
    with psycopg.connect(primary) as here, psycopg.connect(standby, autocommit=True) as there:
        position = here.execute("select pg_current_wal_flush_lsn()").fetchone()
        query = "select pg_last_wal_replay_lsn() >= %s"
        while there.execute(query, position).fetchone() != (True,):
            there.execute("select pg_sleep(0.02)")


def test_a_standby_answers_as_its_primary_does(standby: tuple[str, str]) -> None:
    primary, replica = standby
    caught_up(*standby)
    with psycopg.connect(replica) as connection:
        assert connection.execute("select pg_is_in_recovery()").fetchone() == (True,)
    clean = run_json("verify", "-d", replica)
    assert clean["findings"] == []
    assert clean["skipped"] == []
    with psycopg.connect(primary, autocommit=True) as connection:
        connection.execute(BREAK)
    caught_up(*standby)
    found = run_json("verify", "-d", replica, expect=4)
    assert objects(found) >= BROKEN
    assert found == run_json("verify", "-d", primary, expect=4)
    with psycopg.connect(primary, autocommit=True) as connection:
        connection.execute(MEND)


def test_row_level_security_cannot_be_proved_on_a_standby(standby: tuple[str, str]) -> None:
    report = run_json("verify", "-d", standby[1], "--prove-rls", expect=4)
    [finding] = [finding for finding in report["findings"] if finding["source"] == "rls"]
    assert "read-only" in finding["message"]


def test_the_doctor_tells_what_a_standby_cannot_do(standby: tuple[str, str]) -> None:
    report = run_json("doctor", "-d", standby[1], expect=4)
    assert report["server"]["standby"]
    working = {one["command"] for one in report["commands"] if one["outcome"] == "works"}
    assert working == {"status", "verify"}
    for one in report["commands"]:
        assert all("standby" in reason["reason"] for reason in one["reasons"])
    assert report["block"] is None


def test_a_reader_on_a_standby_gets_the_same_answer(standby: tuple[str, str]) -> None:
    primary, replica = standby
    with reader(primary, "pg_read_all_data") as connectable:
        caught_up(*standby)
        parameters = psycopg.conninfo.conninfo_to_dict(connectable)
        on_replica = make_conninfo(
            replica, user=parameters["user"], password=parameters["password"]
        )
        report = run_json("verify", "-d", on_replica)
    assert report["findings"] == []
    assert [reason.startswith(HIDDEN) for reason in report["skipped"]] == [True]


def test_through_a_pooler_in_transaction_mode_the_answer_is_the_same(database: str) -> None:
    with pooled(database) as through:
        for code, breaking in ((0, None), (4, BREAK)):
            if breaking:
                with psycopg.connect(database, autocommit=True) as connection:
                    connection.execute(breaking)
            report = run_json("verify", "-d", through, expect=code)
            assert report == run_json("verify", "-d", database, expect=code)
            assert objects(report) >= (BROKEN if breaking else set())


def test_row_level_security_can_be_proved_through_a_pooler(database: str) -> None:
    with pooled(database) as through:
        assert run_json("doctor", "-d", through)["server"]["pooled"]
        report = run_json("verify", "-d", through, "--prove-rls")
    assert report["findings"] == []
    assert report["checked"]["attempts"] > 1000


def test_no_setting_of_verify_reaches_the_next_client(database: str) -> None:
    query = (
        "select current_setting('search_path'), current_setting('timezone') ="
        " (select reset_val from pg_settings where name = 'TimeZone'), current_setting('jit'),"
        " current_setting('transaction_read_only'),"
        " nullif(current_setting('request.jwt.claims', true), '')"
    )
    with pooled(database) as through:
        run_cli("verify", "-d", through)
        clients = [psycopg.connect(through, autocommit=True, prepare_threshold=None) for _ in "123"]
        for client in clients:
            client.execute("begin")
            assert client.execute(query).fetchone() == ('"$user", public', True, "on", "off", None)
        for client in clients:
            client.close()
