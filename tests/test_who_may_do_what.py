"""The matrix for an auditor: each cell says what was tried, in Markdown and in HTML."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import markdown
import psycopg
import pytest
from markdown_it import MarkdownIt

from arami_db.database.connect import connect
from arami_db.files import SqlTree, packaged_sql_dir
from arami_db.prove.matrix import ACTORS, OUTCOMES, MatrixCell, matrix
from arami_db.prove.schema.exposed import Exposed
from arami_db.render.findings import pages
from arami_db.settings import Declaration
from arami_db.verifying import operation
from arami_db.verifying.aside import Wishes
from arami_db.verifying.report import VerifyReport
from tests.conftest import clean_environment, made, run_cli, run_shell
from tests.test_prove import FOREIGN, RIGHT, definer, second_way, table

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
HOSTILE = "<script>alert(1)</script>|\n\n## x | y\n| `b` ** [a](javascript:x) \"'& </td><img src=x>"
QUOTED = '"' + HOSTILE.replace('"', '""') + '"'
DDL = (
    "create policy hole on public.user_goals for select to authenticated using (true)",
    "create policy no on public.user_streaks as restrictive for delete using (false)",
    table("posts", "status text default 'draft'", second_way("status = 'published'")),
    table("shown", "is_shown boolean default false", second_way("is_shown")),
    FOREIGN["f_json(p jsonb)"],
    definer("odd", "x point", "int", "select 1"),
    table(QUOTED, "x int", ""),
    f"create policy {QUOTED} on public.{QUOTED} for select to authenticated using (x = 7)",
    "create table public.shut (id int primary key, user_id uuid not null references public.users);"
    " alter table public.shut enable row level security;"
    " revoke all on public.shut from anon, authenticated, service_role",
    *RIGHT,
)
REASON = "shown | to <b>everybody</b>"


@pytest.fixture(scope="module")
def report(server: dict[str, str], template: str) -> Iterator[VerifyReport]:
    """What verify says of our own schema beside leaks, right designs and names that attack."""
    shown = Declaration("rls", "public.shown", REASON, "arami-db.toml", action="select")
    with made(server, template) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as opened:
            for statement in DDL:
                opened.execute(statement)
        with connect(conninfo) as connection:
            tree = SqlTree(packaged_sql_dir())
            wishes = Wishes(declarations=(shown,))
            yield operation.verify(connection, tree, wishes=wishes, prove_rls=True)


@pytest.fixture(scope="module")
def cells(report: VerifyReport) -> dict[str, dict[tuple[str, str], MatrixCell]]:
    """The cells by object, actor and command."""
    assert report.proof
    declared = {("public.shown", "select"): REASON}
    found = matrix(report.proof.objects, report.proof.attempts, declared)
    return {one.name: its for one, its in found.items()}


CELLS = {
    ("public.user_goals", "A on B's", "select"): "leak",
    ("public.user_goals", "A on B's", "delete"): "no rows",
    ("public.user_goals", "anon", "select"): "refused by grant",
    ("public.user_streaks", "A on own", "delete"): "broken",
    ("public.user_streaks", "A on own", "update"): "allowed",
    ("public.posts", "A on B's", "select"): "leak",
    ("public.posts", "A on B's", "insert"): "refused by policy",
    ("public.posts", "A on own", "select"): "allowed",
    ("public.posts", "service_role", "delete"): "allowed",
    ("public.shown", "A on B's", "select"): "declared",
    ("public.f_json(p jsonb)", "A on B's", "call"): "leak",
    ("public.odd(x point)", "A on B's", "call"): "made up",
    ("public.user_dashboard", "A on B's", "select"): "nothing of B's",
    ("public.user_dashboard", "A on own", "select"): "allowed",
    ("public.user_dashboard", "A on own", "insert"): "not granted",
    ("public.record_activity(streak_type text, occurred_at timestamp with time zone,"
     " user_uuid uuid)", "A on own", "call"): "allowed",
    ("public.delete_account()", "anon", "call"): "refused by grant",
    ("public.shut", "A on own", "select"): "refused by grant",
    ("public.shut", "service_role", "select"): "refused by grant",
    ("public.r_plans", "anon", "select"): "public",
    ("public.r_plans", "A on B's", "insert"): "refused by grant",
    ("public.r_admin", "A on B's", "select"): "conditional",
    ("public.r_mfa", "A on own", "select"): "allowed",
    ("public.r_mfa", "A on B's", "select"): "no rows",
    ("public.r_box", "anon", "insert"): "allowed",
    ("public.r_box", "anon", "select"): "refused by grant",
}  # fmt: skip


@pytest.mark.parametrize("cell", CELLS, ids=" ".join)
def test_a_cell_says_what_came_of_the_attempts(
    cells: dict[str, dict[tuple[str, str], MatrixCell]], cell: tuple[str, str, str]
) -> None:
    found = cells[cell[0]][cell[1:]]
    assert found.outcome == CELLS[cell], found


def test_evidence_names_the_policy_and_the_error(
    cells: dict[str, dict[tuple[str, str], MatrixCell]],
) -> None:
    leak = cells["public.posts"]["A on B's", "select"]
    assert leak.traces[0].evidence == "policy more: status = 'published'::text"
    assert leak.traces[0].detail == "1 of B's rows visible"
    assert leak.lets == "granted; policies: more, own"
    refused = cells["public.posts"]["A on B's", "insert"].traces[0].detail
    assert refused == 'new row violates row-level security policy for table "posts"'
    told = cells["public.r_admin"]["A on B's", "select"].traces[0]
    assert told.detail == "only an operator sets app_metadata"
    assert "call with B's id" in cells["public.f_json(p jsonb)"]["anon", "call"].traces[0].ways


def test_each_attempt_is_in_one_cell_and_nothing_else_is(
    report: VerifyReport, cells: dict[str, dict[tuple[str, str], MatrixCell]]
) -> None:
    assert report.proof
    tried = [a for a in report.proof.attempts if a.object != "pg_temp"]
    assert sum(cell.attempts for its in cells.values() for cell in its.values()) == len(tried)
    for its in cells.values():
        for cell in its.values():
            assert cell.outcome in OUTCOMES
            assert cell.attempts == sum(trace.attempts for trace in cell.traces)
            assert (cell.outcome in {"not tried", "not granted"}) == (not cell.traces)


class Page(HTMLParser):
    """The tags of a page, and the width of each row of a table."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.rows: list[int] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag down."""
        self.tags.append(tag)
        assert not {name for name, _ in attrs} & {"src", "onerror", "onload", "style"}, attrs
        if tag == "tr":
            self.rows.append(0)
        if tag in {"td", "th"}:
            self.rows[-1] += int(dict(attrs).get("colspan") or 1)

    def handle_data(self, data: str) -> None:
        """Take text down."""
        self.text += data


@pytest.mark.parametrize("reader", ["code host", "site"])
def test_names_cannot_break_out_of_their_cells_in_markdown(
    report: VerifyReport, reader: str
) -> None:
    text = pages.markdown(report)
    if reader == "code host":
        shown = MarkdownIt("commonmark").enable("table").render(text)
    else:
        shown = markdown.markdown(text, extensions=["tables", "pymdownx.superfences"])
    page = Page(shown)
    assert not {"script", "img"} & {*page.tags}
    assert "<script>alert(1)</script>|" in page.text
    assert "## x" not in re.findall(r"<h2>(.*?)</h2>", shown)
    assert page.tags.count("h2") == text.count("\n## ") - text.count("\n## x |")
    assert report.proof
    objects = [one for one in report.proof.objects if one.kind not in {"function", "procedure"}]
    assert page.rows.count(1 + len(ACTORS) * 4) == len(objects) + 1


def test_names_cannot_break_out_of_their_cells_in_html(report: VerifyReport) -> None:
    text = pages.html(report)
    page = Page(text)
    assert not {"script", "img", "link", "iframe"} & {*page.tags}
    assert "<script>alert(1)</script>|" in page.text
    assert "http" not in re.sub(r'http-equiv="', "", text)
    assert "<b>" not in text
    assert REASON in page.text
    assert report.proof
    objects = [one for one in report.proof.objects if one.kind not in {"function", "procedure"}]
    assert page.rows.count(1 + len(ACTORS) * 4) == len(objects) + 1
    anchors = set(re.findall(r'href="#(.*?)"', text))
    assert len(anchors) == len(report.proof.objects)
    assert anchors <= set(re.findall(r'id="(.*?)"', text))


def test_both_say_what_an_auditor_signs(report: VerifyReport) -> None:
    assert report.proof
    assert report.occasion
    for text in (pages.markdown(report), pages.html(report)):
        said = re.sub(r"&#39;", "'", text)
        for part in (
            report.occasion.moment,
            report.occasion.server,
            report.occasion.database,
            report.proof.coverage,
            f"{len(report.proof.attempts)} attempts",
            "uq_session_analytics_session_id_metric_name",
            "called with made-up arguments only",
            "public.r_plans",
            "Signed by",
            "only an operator sets app_metadata",
        ):
            assert part in said, part
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text)  # ids of users who never were


def test_the_page_on_security_says_what_its_command_says(database: str, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = clean_environment(DATABASE_URL=database, PATH=path, PYTHONPATH=str(ROOT))
    [block] = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    run_shell(block, environment, tmp_path)
    proved = (tmp_path / "who-may-do-what.md").read_text(encoding="utf-8")
    assert "**leak**" not in proved
    assert "**broken**" not in proved
    there = cells_of(proved)
    excerpt = cells_of(PAGE[PAGE.index("| What | anon") :].partition("\n\n")[0])
    assert len(excerpt) == 3 * 7
    assert {key: there[key] for key in excerpt} == excerpt


def cells_of(page: str) -> dict[tuple[str, str], str]:
    """What the tables of a page say of each object, without the numbers."""
    found: dict[tuple[str, str], str] = {}
    columns: list[str] = []
    for line in page.splitlines():
        cells = [re.sub(r" \d+$", "", cell.strip()) for cell in line.strip("|").split(" | ")]
        if line.startswith("| What |"):
            columns = cells[1:]
        elif line.startswith("| `public."):
            named = zip(columns, cells[1:], strict=False)
            found |= {(cells[0], column): cell for column, cell in named}
    return found


def test_without_the_proof_there_are_the_findings(database: str) -> None:
    plain = run_cli("verify", "--format", "html", "-d", database).stdout
    assert "not attacked: --prove-rls does" in plain
    assert "Who may do what" not in plain
    assert "<p>None.</p>" in plain


def test_every_test_that_the_page_on_security_names_is_there() -> None:
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAGE)
    assert len(named) > 40
    assert PAGE.count("::test_") == len(named)
    for file, name in named:
        assert f"\ndef {name}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), name
    tables = PAGE[PAGE.index("## What the schema stops") : PAGE.index("## Who may do what")]
    rows = [line for line in tables.splitlines() if line.startswith("| ")]
    assert [r for r in rows if "::test_" not in r and not r.startswith("| control |")] == []


def test_an_object_without_a_rule_is_not_tried() -> None:
    unseen = Exposed("f()", "public", "function", is_owned=True, is_secured=False)
    [its] = matrix([unseen], [], {}).values()
    assert {cell.outcome for cell in its.values()} == {"not tried"}


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_without_the_extra_it_says_so_before_anything_is_verified(form: str) -> None:
    code = (
        "import sys; sys.modules |= {'jinja2': None, 'markupsafe': None};"
        f" sys.argv[1:] = ['verify', '-d', 'host=/nonexistent', '--format', '{form}'];"
        " from arami_db.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=clean_environment(PYTHONPATH=str(ROOT)),
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "pip install 'arami-db[docs]'" in done.stderr
