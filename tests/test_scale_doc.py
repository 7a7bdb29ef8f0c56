"""docs/scale.md: its figures are those measured, its SQL is SQL, and the way back leads back."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import postgast
import psycopg

from tests.citus import EVERYBODY, cluster_database, distribute, needs_citus
from tests.conftest import clean_environment, made, rows, run_cli, run_shell

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "scale.md").read_text(encoding="utf-8")
FIGURES = json.loads((DOCS / "plots" / "distributed.json").read_text())["milliseconds"]


def test_the_table_has_the_figures_that_were_measured() -> None:
    for request, times in FIGURES.items():
        one, *others = times.values()
        cells = " | ".join(f"{each / one:.1f}" for each in others)
        assert f"| {request} | {one:.2f} | {cells} |\n" in PAGE


def test_every_statement_is_one() -> None:
    blocks = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 4
    for block in blocks:
        postgast.parse(block)


@needs_citus
def test_the_way_back_leads_to_the_same_rows(server: dict[str, str], tmp_path: Path) -> None:
    [block] = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    with made(server) as one, cluster_database() as machines:
        run_cli("seed", "demo", "--users", "5", "-d", machines[0])
        distribute(machines[0])
        with psycopg.connect(machines[0], autocommit=True) as cluster:
            cluster.execute("update public.users set name = 'Ann' where email is not null")
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        run_shell(block, clean_environment(CLUSTER=machines[0], ONE=one, PATH=path), tmp_path)
        for table, place in (
            ("public.users", f"where id <> '{EVERYBODY}'"),
            ("public.app_settings", ""),
            ("public.session_history_with_analytics", ""),
            ("public.virtue_collection", ""),
            ("auth.users", ""),
        ):
            query = f"select to_jsonb(t)::text as r from {table} as t {place} order by 1"
            there = [row.replace(f'"{EVERYBODY}"', "null") for (row,) in rows(machines[0], query)]
            assert sorted(there) == [row for (row,) in rows(one, query.replace(place, ""))]
        logged = "select count(*), count(distinct row_id) from audit.change_log"
        assert rows(one, logged) == rows(machines[0], logged)
        assert rows(one, logged)[0][0] > 0
