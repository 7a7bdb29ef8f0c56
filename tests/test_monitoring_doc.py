"""docs/monitoring.md does what it says; the alert rules and the dashboard name what is exported."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

from tests.archive_runs import execute, fill
from tests.conftest import clean_environment, run_cli, run_json, run_shell
from tests.exposition import families

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "monitoring.md").read_text(encoding="utf-8")
FOREIGN = {"node_textfile_mtime_seconds"}
# Words of PromQL that the rules and panels use; whatever else stands in one is a metric.
WORDS = {
    "absent",
    "and",
    "count",
    "increase",
    "max",
    "or",
    "rate",
    "time",
    "topk",
    "unless",
    "vector",
}


def blocks(language: str) -> list[str]:
    """The page's code blocks in a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def shell(database: str, tmp_path: Path) -> dict[str, str]:
    """An environment in which arami-db is a command and DATABASE_URL leads to the database."""
    command = tmp_path / "bin" / "arami-db"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m arami_db "$@"\n')
    command.chmod(0o755)
    return clean_environment(
        PATH=f"{command.parent}{os.pathsep}{os.environ['PATH']}",
        PYTHONPATH=os.pathsep.join([str(DOCS.parent), os.environ.get("PYTHONPATH", "")]),
        DATABASE_URL=database,
        TEXTFILES=str(tmp_path),
        PROJECT=str(tmp_path / "sql"),
    )


_WATCHED = r"""\1 > "$TEXTFILES/watched" &
until grep -q . "$TEXTFILES/watched"; do sleep 0.1; done
kill -TERM $!; wait $!; cat "$TEXTFILES/watched"
"""


def run(block: str, shell: dict[str, str], given: str = "") -> str:
    """What a block writes; what would watch for ever is ended once it has written something."""
    script = re.sub(r"(?m)^(.* --watch .*)$", _WATCHED, block)
    return run_shell(script, shell, given=given).stdout


def test_the_first_commands_run(shell: dict[str, str]) -> None:
    assert "Who blocks whom" in run(blocks("sh")[0], shell)


def test_the_watcher_is_answered_all_but_the_logins(database: str, tmp_path: Path) -> None:
    create, grants, _ = blocks("sql")
    execute(database, "create schema if not exists extensions")
    execute(database, "create extension pg_stat_statements schema extensions")
    execute(database, create)
    try:
        execute(database, grants)
        found = run_json("monitor", "-d", make_conninfo(database, user="arami_watcher"))
        assert [a["problem"] for a in found["answers"]] == [None] * len(found["answers"])
        [toml] = blocks("toml")
        (tmp_path / "arami-db.toml").write_text(toml)
        done = subprocess.run(
            [sys.executable, "-m", "arami_db", "verify", "-d", database, "--format", "json"],
            cwd=tmp_path,
            env=clean_environment(PYTHONPATH=str(DOCS.parent)),
            capture_output=True,
            text=True,
            check=False,
        )
        left = json.loads(done.stdout)["findings"]
        assert [f for f in left if "arami_watcher" in json.dumps(f)] == []
    finally:
        execute(database, "drop owned by arami_watcher")
        execute(database, "drop role arami_watcher")


def test_a_question_of_ones_own_is_asked(
    database: str, shell: dict[str, str], tmp_path: Path
) -> None:
    query = blocks("sql")[2]
    folder = tmp_path / "sql" / "monitor"
    folder.mkdir(parents=True)
    (folder / "910_goals_open.sql").write_text(query)
    execute(
        database,
        "with u as (insert into public.users (name) values ('A') returning id)"
        " insert into public.user_goals (user_id, goal_text, progress_percentage)"
        " select u.id, 'Rest.', 40 from u",
    )
    said = run(blocks("sh")[1], shell)
    assert re.search(r"emotional_wellness +1 +40.0 %", said)
    text = said[said.index("# TYPE") :]
    [sample] = families(text)["arami_goals_progress_ratio"].samples
    assert sample.labels["goal_type"] == "emotional_wellness"
    assert sample.value == 0.4


def test_the_textfile_is_renamed_when_it_is_whole(shell: dict[str, str], tmp_path: Path) -> None:
    wrapper = blocks("sh")[2]
    run(wrapper, shell)
    assert "arami_overview_connections" in families((tmp_path / "arami.prom").read_text())
    before = (tmp_path / "arami.prom").read_text()
    broken = {**shell, "DATABASE_URL": "host=127.0.0.1 port=1"}
    assert subprocess.run(["bash", "-c", wrapper], env=broken, check=False).returncode == 7
    assert (tmp_path / "arami.prom").read_text() == before
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["arami.prom"]


def test_a_scrape_is_answered(shell: dict[str, str]) -> None:
    request = "GET /metrics HTTP/1.0\r\nHost: here\r\n\r\n"
    head, _, body = run(blocks("sh")[3], shell, request).partition("\n\n")
    assert head.startswith("HTTP/1.0 200 OK\n")
    assert "application/openmetrics-text; version=1.0.0" in head
    assert "arami_overview_connections" in families(body)
    broken = {**shell, "DATABASE_URL": "host=127.0.0.1 port=1"}
    assert run(blocks("sh")[3], broken, request).startswith("HTTP/1.0 503 ")


def test_all_blocks_of_the_page_are_run() -> None:
    assert len(blocks("sh")) == 4
    assert len(blocks("sql")) == 3
    assert len(re.findall(r"(?m)^```\w", PAGE)) == 4 + 3 + len(blocks("toml") + blocks("cron"))
    assert "arami-metrics" in blocks("cron")[0]


# --- alert rules and dashboard ------------------------------------------------------------------


@pytest.fixture
def exported(database: str) -> set[str]:
    """The names of all series that a database of ours can have."""
    execute(database, "create extension if not exists pg_stat_statements")
    fill(database, 5)
    text = run_cli("monitor", "--format", "openmetrics", "-d", database).stdout
    assert "arami_monitor_answered" in text
    return {
        f"{name}_total" if family.type == "counter" else name
        for name, family in families(text).items()
    }


def names(expression: str) -> set[str]:
    """The metrics in an expression of PromQL: what is not a word of it, a label or a number."""
    plain = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]', " ", expression)
    plain = re.sub(r"\b(by|on|without|ignoring)\s*\([^)]*\)", " ", plain)
    return set(re.findall(r"(?<![\w.])[a-zA-Z_:][\w:]*", plain)) - WORDS


def test_the_names_are_found_in_an_expression() -> None:
    assert names('rate(a_total{b="c"}[5m]) > 0.1 * max(d) by (e) unless on (f) g') == {
        "a_total",
        "d",
        "g",
    }


def test_every_metric_of_the_alert_rules_is_exported(exported: set[str]) -> None:
    yaml: Any = pytest.importorskip("yaml")
    rules = [
        rule
        for group in yaml.safe_load((DOCS / "alerts.yml").read_text())["groups"]
        for rule in group["rules"]
    ]
    assert len(rules) > 20
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}
        assert set(rule["annotations"]) == {"summary", "description"}
        used = names(rule["expr"])
        assert used, rule
        assert used <= exported | FOREIGN, f"{rule['alert']}: {used - exported}"
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_every_metric_of_the_dashboard_is_exported(exported: set[str]) -> None:
    board = json.loads((DOCS / "grafana.json").read_text())
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    variables = {variable["name"] for variable in board["templating"]["list"]}
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
        for target in panel.get("targets", []):
            used = names(target["expr"])
            assert used, panel["title"]
            assert used <= exported, f"{panel['title']}: {used - exported}"
            assert 'database=~"$database"' in target["expr"]
            assert set(re.findall(r"\$(\w+)", target["expr"])) <= {*variables, "__rate_interval"}
    assert "arami_overview_uptime_seconds" in exported
