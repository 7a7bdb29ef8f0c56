"""What `--format json` writes is what the schemas of docs/json say, key by key, errors included."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from referencing import Registry, Resource

from arami_db import embedded
from arami_db.files import packaged_sql_dir
from tests.archive_runs import execute, fill
from tests.conftest import ALICE, LIMIT, run_cli, run_json, start_cli

Project = Callable[[dict[str, str]], Path]
ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "json"
SCHEMAS = {path.name: json.loads(path.read_text()) for path in FOLDER.glob("*.schema.json")}


def strict(schema: Any) -> Any:
    """A schema that takes no key but those it describes: none may go undocumented."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(part) for key, part in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        closed.setdefault("additionalProperties", False)
    return closed


RESOURCES = [(name, Resource.from_contents(strict(schema))) for name, schema in SCHEMAS.items()]
REGISTRY: Registry[Any] = Registry().with_resources(RESOURCES)


def hold(name: str, document: Any) -> None:
    """Require that a document is as a schema says."""
    schema = strict(SCHEMAS[f"{name}.schema.json"])
    jsonschema.Draft202012Validator(schema, registry=REGISTRY).validate(document)


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_schema_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == name
    assert 'additionalProperties": false' not in (FOLDER / name).read_text()


def test_the_page_lists_every_schema_and_every_command() -> None:
    page = (FOLDER / "README.md").read_text()
    assert set(re.findall(r"\((.*?\.schema\.json)\)", page)) == set(SCHEMAS)
    listed = set(re.findall(r"`([a-z ]+)`", page))
    commands = re.findall(
        r"## arami-db (.+?)\n\n```text\n(.*?)```",
        (ROOT / "docs" / "commands.md").read_text(),
        re.DOTALL,
    )
    speaking = {name for name, text in commands if re.search(r"--format <[^>]*json", text)}
    assert len(speaking) > 15
    assert speaking <= listed


def test_migrations_and_their_state(empty_database: str, project: Project) -> None:
    root = project(
        {
            "migrations/001_a.sql": "create table public.a (id int);",
            "migrations/002_b.sql": "select 1;",
            "views/001_v.sql": "create view public.v as select 1 as one;",
            "seeds/001_s.sql": "insert into public.a values (1);",
        }
    )
    named = ("-d", empty_database, "--sql-dir", str(root))
    hold("changes", run_json("baseline", "7", *named, expect=2))
    hold("status", run_json("status", "--check", *named, expect=3))
    hold("status", run_json("status", "--sql-dir", "/nowhere", expect=2))
    hold("migrate", run_json("migrate", "--dry-run", *named))
    hold("migrate", run_json("migrate", "--target", "1", *named))
    hold("migrate", run_json("migrate", *named))
    hold("seed", run_json("seed", *named))
    hold("seed", run_json("seed", "nobody", *named, expect=2))
    (root / "migrations" / "002_b.sql").write_text("select 2;")
    hold("status", run_json("status", "--check", *named, expect=6))
    hold("migrate", run_json("migrate", *named, expect=6))
    hold("changes", run_json("repair", "--accept", "2", *named))
    hold("path", run_json("new", "third", "--sql-dir", str(root)))
    (root / "migrations" / "003_third.sql").write_text("select 1;\nselect nonsense;")
    hold("migrate", run_json("migrate", *named, expect=1))
    found = run_json("status", *named)
    assert found["failures"]
    hold("status", found)
    hold("path", run_json("new", "", "--sql-dir", str(root), expect=2))


def test_demo_data(database: str) -> None:
    hold("seed-demo", run_json("seed", "demo", "--users", "3", "-d", database))
    hold(
        "seed-demo",
        run_json("seed", "demo", "--users", "9", "--years", "2", "-d", database, expect=2),
    )
    hold("seed-demo", run_json("seed", "demo", "--remove", "-d", database))


def test_an_export(tmp_path: Path, project: Project) -> None:
    root = project({"views/001_v.sql": "create or replace view public.v as select 1 as one;"})
    named = ("export", "supabase", str(tmp_path / "app"), "--sql-dir", str(root))
    hold("export", run_json(*named, "--check", expect=3))
    hold("export", run_json(*named))
    (root / "views" / "001_v.sql").rename(root / "views" / "002_w.sql")
    (root / "views" / "002_w.sql").write_text("select 1;")
    found = run_json(*named)
    assert found["notes"]
    hold("export", found)
    hold("export", run_json("export", "supabase", str(root / "views" / "002_w.sql"), expect=2))


def test_a_baseline(empty_database: str, project: Project) -> None:
    root = project(
        {
            "migrations/001_a.sql": "create table public.a (id int);",
            "migrations/002_b.sql": "create table public.b (id int);",
        }
    )
    execute(empty_database, "create table public.a (id int)")
    shadow = make_conninfo(empty_database, dbname="postgres")
    named = ("-d", empty_database, "--sql-dir", str(root), "--shadow", shadow)
    refused = run_json("baseline", "2", *named, expect=6)
    assert refused["error"]["findings"]
    hold("changes", refused)
    hold("changes", run_json("baseline", "1", *named))
    hold("changes", run_json("baseline", "2", "--accept-differences", *named))


def test_what_is_refused_and_what_remains_of_a_file(empty_database: str, project: Project) -> None:
    for text in ("begin;\nselct 1;\ncommit;", "begin;\nselect 1;\ncommit;"):
        named = ("-d", empty_database, "--sql-dir", str(project({"migrations/001_a.sql": text})))
        refused = run_json("migrate", *named, expect=1)
        assert refused["error"]["refusals"]
        hold("migrate", refused)
    project(
        {
            "migrations/001_a.sql": "create table public.a (id int);",
            "migrations/002_b.sql": "-- arami: no-transaction\n"
            "create index concurrently i on public.a (id);\n"
            "create index concurrently j on public.a (nonsense);\n",
        }
    )
    failed = run_json("migrate", *named, expect=1)
    assert failed["error"]["remains"]
    hold("migrate", failed)


def test_a_verification(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    hold("verify", run_json("verify", "--prove-rls", "-d", database))
    for statement in (
        "alter table public.users disable row level security",
        "create table public.notes (id int)",
        "alter table public.notes enable row level security",
        "create table public.scratch (id int)",
    ):
        execute(database, statement)
    (tmp_path / "arami-db.toml").write_text(
        '[[accept]]\ntable = "public.notes"\nreason = "ours"\n'
        '[[accept]]\ntable = "public.gone"\nreason = "ours"\n'
    )
    ignore = ("--ignore", "facts/*scratch*", "--ignore", "nothing/*")
    found = run_json("verify", *ignore, "-d", database, expect=4)
    assert all(found[key] for key in ("findings", "ignored", "accepted", "stale", "unmatched"))
    assert any(finding["consequences"] for finding in found["findings"])
    hold("verify", found)
    (tmp_path / "arami-db.toml").write_text("nonsense")
    hold("verify", run_json("verify", "-d", database, expect=2))
    (tmp_path / "arami-db.toml").unlink()
    shutil.copytree(packaged_sql_dir(), tmp_path / "sql")
    hold("doctor", run_json("doctor", "-d", database))
    hold("path", run_json("snapshot", "-d", database, "--sql-dir", str(tmp_path / "sql")))


def test_archiving_and_upkeep(database: str) -> None:
    fill(database, old=20, young=10)
    hold("archive", run_json("archive", "--dry-run", "-d", database))
    hold("archive", run_json("archive", "--vacuum", "-d", database))
    hold("archive", run_json("archive", "restore", "--all", "--dry-run", "-d", database))
    hold("archive", run_json("archive", "restore", "--all", "-d", database))
    hold("archive", run_json("archive", "--before", "then", "-d", database, expect=2))
    hold("archive-history", run_json("archive", "history", "-d", database))
    hold("archive-history", run_json("archive", "history", "--limit", "0", expect=2))
    hold("maintain", run_json("maintain", "--threshold", "0", "--dry-run", "-d", database))
    hold("maintain", run_json("maintain", "--threshold", "0", "-d", database))
    old = ("maintain", "--audit-retention", "0 days", "--force", "-d", database)
    hold("maintain", run_json(*old, "--dry-run"))
    with psycopg.connect(database) as reading:
        reading.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reading.execute("select 1")
        found = run_json(*old, "--threshold", "0", expect=1)
    assert found["retention"]["run_id"]
    assert found["holders"]
    hold("maintain", found)
    hold("archive-history", run_json("archive", "history", "-d", database))
    hold("maintain", run_json("maintain", "no_such_table", "-d", database, expect=2))


def test_a_users_data(database: str, tmp_path: Path) -> None:
    fill(database, old=20, young=10)
    words = ("user", ALICE, "-d", database)
    hold("export-user", run_json("export", *words, "--output", str(tmp_path / "hers")))
    hold("export-user", run_json("export", *words, "--output", str(tmp_path), expect=2))
    hold("erase-user", run_json("erase", *words, "--dry-run"))
    hold("erase-user", run_json("erase", *words, "--yes"))
    hold("erase-user", run_json("erase", *words, "--yes", expect=1))


def test_watching(database: str) -> None:
    fill(database, old=20)
    found = run_json("monitor", "--limit", "3", "-d", database)
    assert any(answer["left_out"] for answer in found["answers"])
    hold("monitor", found)
    execute(database, "drop schema audit cascade")
    found = run_json("monitor", "archive", "-d", database)
    assert any(answer["problem"] for answer in found["answers"])
    hold("monitor", found)
    hold("monitor", run_json("monitor", "nonsense", "-d", database, expect=2))


def test_a_runner_that_waits_and_a_lock_in_the_way(empty_database: str, project: Project) -> None:
    root = project({"migrations/001_a.sql": "create table public.a (id int);"})
    named = ("-d", empty_database, "--sql-dir", str(root))
    run_cli("migrate", *named)
    project({"migrations/002_b.sql": "alter table public.a add b int;"})
    with psycopg.connect(empty_database) as blocker:
        blocker.execute("lock table public.a in access exclusive mode")
        waits = ("--lock-timeout", "300ms", "--retries", "0")
        found = run_json("migrate", *waits, *named, expect=1)
    assert found["error"]["blockers"]
    hold("migrate", found)


def test_a_command_that_is_interrupted(empty_database: str, project: Project) -> None:
    root = project({"migrations/001_a.sql": "select pg_sleep(60);"})
    named = ("-d", empty_database, "--sql-dir", str(root), "--format", "json")
    process = start_cli("migrate", *named)
    assert process.stderr
    while "applying" not in process.stderr.readline():
        pass
    process.terminate()
    found = json.loads(process.communicate(timeout=LIMIT)[0])
    assert process.returncode == found["error"]["exit_code"] == 130
    hold("migrate", found)


def test_waiting_and_settings(empty_database: str) -> None:
    hold("wait", run_json("wait", "-d", empty_database))
    hold("wait", run_json("wait", "-d", "host=127.0.0.1 port=1", "--timeout", "0", expect=7))
    hold("config", run_json("config", "-d", "postgresql://u:p@h/d"))
    hold("config", run_json("config", "-d", "postgresql://a@b@c/d", expect=2))


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that the embedded server's account may enter, with no server left in it."""
    made = Path(tempfile.mkdtemp(prefix="arami-home-"))
    made.chmod(0o711)
    yield made
    for marker in list(made.rglob("arami-db.lock")):
        embedded.destroy(root=marker.parent)
    shutil.rmtree(made)


def test_the_embedded_server(home: Path) -> None:
    for words, code in (
        (("status",), 1),
        (("start", "--tcp", "none"), 2),
        (("start",), 0),
        (("status",), 0),
        (("url",), 0),
        (("stop",), 0),
        (("destroy", "--yes"), 0),
    ):
        command = ("embedded", *words, "--format", "json")
        run = run_cli(*command, expect=code, HOME=str(home), XDG_DATA_HOME=str(home / "data"))
        hold("embedded", json.loads(run.stdout))


@pytest.mark.parametrize(
    "words",
    [
        ("migrate", "--no-such-option"),
        ("migrate", "--target", "many"),
        ("migrate", "unexpected"),
        ("no-such-command",),
        ("archive", "no-such-command"),
        ("embedded",),
        ("embedded", "no-such-command"),
        ("rollback", "1"),
        ("archive", "restore", "--session", "nonsense"),
        ("repair", "--accept"),
        (),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_json_too(words: tuple[str, ...]) -> None:
    found = run_json(*words, expect=2)
    hold("error", found)
    assert found["error"]["exit_code"] == 2
