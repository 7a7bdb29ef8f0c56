"""`arami-db export supabase`: what is written where, and what `migrate` finds of it later.

Here the files are applied as the Supabase CLI applies them; tests/test_supabase.py has the CLI.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from arami_db import export as operation
from arami_db.errors import AramiError
from arami_db.files import discover, packaged_sql_dir
from arami_db.files.writing import write_whole
from tests.conftest import rows, run_cli, run_json, scalar

Project = Callable[[dict[str, str]], Path]
TREE = {
    "migrations/001_t.sql": "create table public.t (a int, b int, c text);",
    "migrations/002_u.sql": "create table public.u (a int);",
    "views/001_v.sql": "create or replace view public.v as select a, b from public.t;",
    "views/002_w.sql": "create or replace view public.w as select a from public.v;",
}


def export(root: Path, into: Path) -> list[Path]:
    """The files that an export writes."""
    return list(operation.export(discover(root), into).written)


def refused(root: Path, into: Path, expect: int) -> AramiError:
    """The error that an export ends with; it writes nothing."""
    before = contents(into)
    with pytest.raises(AramiError) as raised:
        export(root, into)
    assert raised.value.exit_code == expect
    assert contents(into) == before
    return raised.value


def contents(into: Path) -> dict[str, bytes]:
    """All that is in a project's folder of migrations."""
    folder = into / "supabase" / "migrations"
    return {path.name: path.read_bytes() for path in folder.glob("*") if path.is_file()}


def names(files: list[Path]) -> list[str]:
    """What the files are called, without their numbers."""
    return [path.name.partition("_")[2] for path in files]


def apply(conninfo: str, into: Path) -> None:
    """Do what `supabase db push` does: a file a transaction, entered with its statements."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(
            "create schema if not exists supabase_migrations;"
            " create table if not exists supabase_migrations.schema_migrations"
            " (version text primary key, statements text[], name text)"
        )
        there = "select version from supabase_migrations.schema_migrations"
        done = {version for (version,) in connection.execute(there)}
        for path in sorted((into / "supabase" / "migrations").glob("*.sql")):
            version, _, name = path.stem.partition("_")
            if version in done:
                continue
            text = path.read_text()
            if "no-transaction" in text:
                connection.execute(text.encode())
            else:
                with connection.transaction():
                    connection.execute(text.encode())
            connection.execute(
                "insert into supabase_migrations.schema_migrations values (%s, %s, %s)",
                (version, [text], name),
            )


# What is written


def test_the_whole_schema_migrations_first_then_views(tmp_path: Path) -> None:
    root = packaged_sql_dir()
    files = export(root, tmp_path)
    sources = [*sorted((root / "migrations").iterdir()), *sorted((root / "views").iterdir())]
    assert names(files) == [path.name.partition("_")[2] for path in sources]
    for path, source in zip(files, sources, strict=True):
        assert path.parent == tmp_path / "supabase" / "migrations"
        assert datetime.strptime(path.name[:14], "%Y%m%d%H%M%S")
        line, text = path.read_text().split("\n", 1)
        assert line.startswith(f"-- arami-db export: {source.parent.name}/{source.name} sha256:")
        assert text == source.read_text()
    assert sorted(files) == files
    assert not any("auth_stub" in path.read_text() for path in files)


def test_the_same_bytes_wherever_and_whenever(tmp_path: Path, project: Project) -> None:
    root = project(TREE)
    for name in ("one", "two"):
        export(root, tmp_path / name)
    assert contents(tmp_path / "one") == contents(tmp_path / "two") != {}
    before = contents(tmp_path / "one")
    assert export(root, tmp_path / "one") == []
    assert contents(tmp_path / "one") == before
    said = run_cli("export", "supabase", str(tmp_path / "one"), "--sql-dir", str(root))
    assert (said.stdout, said.stderr) == ("", "nothing to export: 4 files in place\n")


def test_check_writes_nothing_and_says_by_its_exit_code(tmp_path: Path, project: Project) -> None:
    root = project(TREE)
    into = tmp_path / "p"
    named = ("export", "supabase", str(into), "--sql-dir", str(root))
    written = [one["path"] for one in run_json(*named, "--check", expect=3)["written"]]
    assert not into.exists()
    assert run_cli(*named).stdout.split() == written
    assert all(map(os.path.exists, written))
    assert run_json(*named, "--check") == {"written": [], "in_place": 4, "notes": []}


def test_only_what_is_new_or_changed_and_behind_what_is_there(
    tmp_path: Path, project: Project
) -> None:
    root = project(TREE)
    into = tmp_path / "p"
    export(root, into)
    (into / "supabase" / "migrations" / "20991231235959_theirs.sql").write_text("select 1;")
    project(
        {
            "migrations/003_x.sql": "create table public.x (a int);",
            "views/003_y.sql": "create or replace view public.y as select 1 as one;",
        }
    )
    files = export(root, into)
    assert [path.name for path in files] == ["21000101000000_x.sql", "21000101000001_y.sql"]
    project({"views/003_y.sql": "create or replace view public.y as select 2 as one;"})
    assert names(export(root, into)) == ["y.sql"]
    project({"views/003_y.sql": "create or replace view public.y as select 1 as one;"})
    assert names(export(root, into)) == ["y.sql"]
    assert export(root, into) == []


def test_numbers_that_no_date_can_follow_are_named(tmp_path: Path, project: Project) -> None:
    folder = tmp_path / "supabase" / "migrations"
    folder.mkdir(parents=True)
    (folder / "9_theirs.sql").write_text("select 1;")
    assert "9 sorts after every date" in str(refused(project(TREE), tmp_path, 2))
    (folder / "9_theirs.sql").rename(folder / "0001_theirs.sql")
    assert export(project(TREE), tmp_path)[0].name > "0001_theirs.sql"


def test_each_statement_outside_a_transaction_is_a_migration_of_its_own(
    tmp_path: Path, project: Project
) -> None:
    text = "-- arami: no-transaction\ncreate index concurrently {}a on t (a);\n"
    two = text.format("i") + "create index concurrently ib on t (b);"
    root = project(
        {**TREE, "migrations/003_one.sql": text.format("j"), "migrations/004_i.sql": two}
    )
    files = export(root, tmp_path)
    assert names(files)[2:5] == ["one.sql", "i_1.sql", "i_2.sql"]
    for path in files[2:5]:
        assert path.read_text().count("concurrently") == 1
    files[4].unlink()  # as if the run had ended there
    assert names(export(root, tmp_path)) == ["i_2.sql"]


def test_lines_that_only_psql_knows_are_left_out(tmp_path: Path, project: Project) -> None:
    text = "\\restrict abc\ncreate table public.t (a int);\n\\unrestrict abc\n"
    [path] = export(project({"migrations/001_t.sql": text}), tmp_path)
    assert "restrict" not in path.read_text()


# What is refused


def test_an_export_that_other_files_made_is_not_added_to(tmp_path: Path, project: Project) -> None:
    root = project(TREE)
    into = tmp_path / "p"
    [_, second, *_] = export(root, into)
    (root / "migrations" / "002_u.sql").write_text("create table public.u (a bigint);")
    error = refused(root, into, 6)
    assert f"002_u: changed; it was exported as {second.name}" in str(error)
    assert "write a new migration" in str(error.hint)
    assert "delete all that was exported from migration 2 on" in str(error.hint)
    project(TREE)
    (root / "migrations" / "001_t.sql").unlink()
    assert "001_t: missing" in str(refused(root, into, 6))
    project({**TREE, "migrations/003_x.sql": "select 1;"})
    export(root, into)
    (root / "migrations" / "003_x.sql").unlink()
    assert "003_x: ahead" in str(refused(root, into, 6))
    project({"migrations/004_z.sql": "select 4;", "migrations/003_x.sql": "select 1;"})
    export(root, into)
    (root / "migrations" / "002_u.sql").rename(root / "migrations" / "002_v.sql")
    assert export(root, into) == []  # another name, the same text


def test_a_migration_numbered_below_one_exported_is_refused(
    tmp_path: Path, project: Project
) -> None:
    root = project({name: text for name, text in TREE.items() if name != "migrations/001_t.sql"})
    export(root, tmp_path / "p")
    project({"migrations/001_t.sql": TREE["migrations/001_t.sql"]})
    error = refused(root, tmp_path / "p", 6)
    assert "001_t: out of order" in str(error)
    assert "Renumber" in str(error.hint)


def test_of_many_that_were_edited_eight_are_named_and_the_rest_counted(
    tmp_path: Path, project: Project
) -> None:
    root = project({f"migrations/{n:03}_t{n}.sql": f"create table t{n} ();" for n in range(1, 11)})
    for path in export(root, tmp_path / "p"):
        path.write_text(path.read_text() + "select 1;\n")
    said = str(refused(root, tmp_path / "p", 6))
    assert said.count(" no longer matches ") == 8
    assert said.endswith("\n  and 2 more")


def test_what_was_edited_after_it_was_exported_is_refused(tmp_path: Path, project: Project) -> None:
    alone = "-- arami: no-transaction\n/* one */ create index concurrently a on t (a);\n"
    two = {"migrations/003_i.sql": f"{alone}create index concurrently b on t (b); -- two\n"}
    root = project({**TREE, **two})
    into = tmp_path / "p"
    files = export(root, into)
    project({"views/001_v.sql": "create or replace view public.v as select b, a from public.t;"})
    files += export(root, into)
    for path in files:
        before = path.read_bytes()
        path.write_bytes(b"\xef\xbb\xbf" + before.replace(b"\n", b"\r\n"))  # as editors do
        assert export(root, into) == []
        path.write_bytes(before + b"select 1;\n")
        if path == files[4]:  # what came after it is what counts
            assert export(root, into) == []
        else:
            assert f"{path.name} no longer matches " in str(refused(root, into, 6))
        path.write_bytes(before)
    assert export(root, into) == []


def test_a_folder_of_supabase_is_not_a_project(tmp_path: Path, project: Project) -> None:
    root = project(TREE)
    (tmp_path / "config.toml").write_text("title = 'of something else'")
    export(root, tmp_path)
    for folder in ("supabase", "supabase/migrations", "supabase/functions"):
        hint = str(refused(root, tmp_path / folder, 2).hint)
        assert hint == f"Name the directory that holds it: {tmp_path}"


def test_nothing_is_half_written(tmp_path: Path, project: Project) -> None:
    folder = tmp_path / "supabase" / "migrations"
    long = project({**TREE, f"migrations/003_{'x' * 245}.sql": "select 1;"})
    assert "cannot be written: File name too long" in str(refused(long, tmp_path, 2))
    assert list(folder.iterdir()) == []
    folder.rmdir()
    folder.write_text("")
    assert "cannot be read" in str(refused(project(TREE), tmp_path, 2))


def test_exports_at_the_same_time_leave_each_others_files(tmp_path: Path) -> None:
    folder, files = tmp_path / "m", {f"{n:03}.sql": f"select {n};" for n in range(100)}
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(write_whole, folder, files) for _ in range(16)]:
            done.result()
    assert {path.name: path.read_text() for path in folder.iterdir()} == files


def test_a_view_whose_file_is_gone_is_said(tmp_path: Path, project: Project) -> None:
    root = project(TREE)
    export(root, tmp_path / "p")
    (root / "views" / "002_w.sql").unlink()
    said = run_cli("export", "supabase", str(tmp_path / "p"), "--sql-dir", str(root))
    assert "views/002_w was exported and has no file any more" in said.stderr


# Views that change


def columns(conninfo: str, view: str) -> list[str]:
    """The columns of a view, in order."""
    query = "select attname from pg_attribute where attrelid = %s::regclass order by attnum"
    return [name for (name,) in rows(conninfo, query, view)]


def test_a_view_is_replaced_and_keeps_what_others_gave_it(
    empty_database: str, tmp_path: Path, project: Project
) -> None:
    root = project(TREE)
    export(root, tmp_path)
    apply(empty_database, tmp_path)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create view public.theirs as select * from public.v")
        connection.execute("grant select on public.v to public")
    project({"views/001_v.sql": "create or replace view public.v as select a, b, c from public.t;"})
    assert names(export(root, tmp_path)) == ["v.sql"]
    apply(empty_database, tmp_path)
    assert columns(empty_database, "public.v") == ["a", "b", "c"]
    assert columns(empty_database, "public.theirs") == ["a", "b"]
    assert scalar(empty_database, "select has_table_privilege('public', 'public.v', 'select')")


def test_a_view_that_loses_a_column_takes_along_what_stands_on_it(
    empty_database: str, tmp_path: Path, project: Project
) -> None:
    more = {
        "views/003_m.sql": "create materialized view public.m as select a from public.w;"
        " create unique index mi on public.m (a);",
        "views/004_f.sql": "create or replace function public.f() returns setof public.w"
        " language sql as 'select * from public.w';\n"
        "create or replace function public.g() returns bigint language sql begin atomic;"
        " select count(*) from public.m; end;",
        "views/005_alone.sql": "create or replace view public.alone as select 'public.v' as v;",
    }
    root = project({**TREE, **more})
    export(root, tmp_path)
    apply(empty_database, tmp_path)
    project({"views/001_v.sql": "create or replace view public.v as select b, a from public.t;"})
    [path] = export(root, tmp_path)
    assert "alone" not in path.read_text()
    apply(empty_database, tmp_path)
    assert columns(empty_database, "public.v") == ["b", "a"]
    assert scalar(empty_database, "select count(*) from public.f()") == 0
    assert scalar(empty_database, "select public.g()") == 0
    assert scalar(empty_database, "select to_regclass('public.mi') is not null")
    # Two that changed are one migration: nobody sees the one without the other.
    project(
        {
            "views/001_v.sql": "create or replace view public.v as select c from public.t;",
            "views/002_w.sql": "create or replace view public.w as select c as a from public.v;",
        }
    )
    assert names(export(root, tmp_path)) == ["views.sql"]
    apply(empty_database, tmp_path)
    assert columns(empty_database, "public.w") == ["a"]
    assert scalar(empty_database, "select public.g()") == 0
    assert export(root, tmp_path) == []


def test_what_another_migration_built_on_a_view_is_not_dropped(
    empty_database: str, tmp_path: Path, project: Project
) -> None:
    root = project(TREE)
    export(root, tmp_path)
    apply(empty_database, tmp_path)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create view public.theirs as select * from public.v")
    project({"views/001_v.sql": "create or replace view public.v as select b, a from public.t;"})
    export(root, tmp_path)
    with pytest.raises(psycopg.errors.DependentObjectsStillExist, match="cannot drop view"):
        apply(empty_database, tmp_path)
    assert columns(empty_database, "public.v") == ["a", "b"]


# What migrate finds of it


def test_migrate_names_what_the_supabase_cli_applied(
    empty_database: str, tmp_path: Path, project: Project
) -> None:
    root = project(TREE)
    named = ("-d", empty_database, "--sql-dir", str(root))
    shadow = ("--shadow", make_conninfo(empty_database, dbname="postgres"))
    into = tmp_path / "p"
    files = export(root, into)
    for path in files[1:]:  # only the first of the migrations has been pushed
        path.rename(path.with_suffix(".later"))
    apply(empty_database, into)
    error = run_json("migrate", *named, expect=6)["error"]
    assert "the Supabase CLI has applied migrations/001_t here" in error["message"]
    assert "arami-db baseline 1\n" in error["hint"]
    assert run_json("migrate", "--dry-run", *named, expect=6)["error"]["type"] == "Ledger"
    assert scalar(empty_database, "select to_regnamespace('arami_db')") is None
    for path in files[1:]:
        path.with_suffix(".later").rename(path)
    apply(empty_database, into)
    hint = run_json("migrate", *named, expect=6)["error"]["hint"]
    command = re.search(r"arami-db (baseline 2)\n", hint)
    assert command
    changes = run_json(*command[1].split(), *named, *shadow)["changes"]
    assert len(changes) == 4  # the views, too: they are as the files make them
    assert run_json("migrate", *named)["applied"] == []
    run_cli("status", "--check", *named)
    # The next migration, pushed as well, to a ledger that is one behind.
    project({"migrations/003_x.sql": "create table public.x (a int);"})
    export(root, into)
    apply(empty_database, into)
    assert "baseline 3" in run_json("migrate", *named, expect=6)["error"]["hint"]
    # And one that was not.
    run_json("baseline", "3", *named, *shadow)
    project({"migrations/004_y.sql": "create table public.y (a int);"})
    assert len(run_json("migrate", *named)["applied"]) == 1


def test_a_view_that_is_not_there_as_its_file_has_it_is_not_entered(
    empty_database: str, tmp_path: Path, project: Project
) -> None:
    root = project(TREE)
    named = ("-d", empty_database, "--sql-dir", str(root))
    shadow = ("--shadow", make_conninfo(empty_database, dbname="postgres"))
    export(root, tmp_path)
    apply(empty_database, tmp_path)
    project({"views/002_w.sql": "create or replace view public.w as select b from public.v;"})
    changes = run_json("baseline", "2", *named, *shadow)["changes"]
    assert [change["file"][:10] for change in changes] == ["migrations"] * 2
    assert run_json("baseline", "2", *named, *shadow)["changes"] == []
    assert len(run_json("migrate", *named)["applied"]) == 2
    assert columns(empty_database, "public.w") == ["b"]


def test_the_supabase_ledger_of_every_age(
    empty_database: str, tmp_path: Path, project: Project
) -> None:
    root = project(TREE)
    named = ("-d", empty_database, "--sql-dir", str(root))
    export(root, tmp_path)
    apply(empty_database, tmp_path)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        table = "supabase_migrations.schema_migrations"
        connection.execute(f"insert into {table} values ('1', null, null), ('2', '{{}}', 'u')")
        assert "baseline 2" in run_json("migrate", *named, expect=6)["error"]["hint"]
        connection.execute(f"update {table} set statements = null")
        assert "baseline 2" in run_json("migrate", *named, expect=6)["error"]["hint"]
        connection.execute(f"update {table} set name = 'other' where name = 't'")
        assert "already exists" in run_json("migrate", *named, expect=1)["error"]["message"]
        connection.execute(f"alter table {table} drop name, drop statements")
        assert "already exists" in run_json("migrate", *named, expect=1)["error"]["message"]
        connection.execute(f"drop table {table}; drop schema arami_db cascade")
        connection.execute("drop table public.t, public.u cascade")
    assert len(run_json("migrate", *named)["applied"]) == 4


def test_a_role_that_may_not_read_the_supabase_ledger_is_told(
    empty_database: str, tmp_path: Path, project: Project
) -> None:
    root = project(TREE)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create schema supabase_migrations")
        connection.execute("create table supabase_migrations.schema_migrations (version text)")
        connection.execute("create role export_reader login")
        try:
            connection.execute("grant create on schema public to export_reader")
            connection.execute(
                f"grant create on database {connection.info.dbname} to export_reader"
            )
            conninfo = make_conninfo(empty_database, user="export_reader")
            done = run_cli("migrate", "-d", conninfo, "--sql-dir", str(root))
            assert "schema_migrations is there, and this role may not read it" in done.stderr
        finally:
            connection.execute("drop owned by export_reader cascade; drop role export_reader")
