"""The mobile client's calls, in PostgREST's own statements, and what each costs in a full house."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.conftest import ALICE, BOB, LIMIT, made, scalar
from tests.postgrest import Api, Request, Response, serving, token

ROOT = Path(__file__).parents[1]

PAGE = "select=*&order=created_at.desc,id.desc&limit=20"
_DEEP = date.today() - timedelta(days=700)
LATER = f"created_at=lte.{_DEEP}&or=(created_at.lt.{_DEEP},id.lt.{ALICE})"
# ALICE has a long history, half of it archived; 2,000 others have what makes a scan expensive.
FILL = f"""
insert into public.users (id, email, name)
select gen_random_uuid(), format('user%s@example.com', n), format('User %s', n)
from generate_series(1, 2000) as n;
insert into public.users (id, email, name, timezone)
values ('{ALICE}', 'alice@example.com', 'Alice', 'Europe/Lisbon'),
    ('{BOB}', 'bob@example.com', 'Bob', 'UTC');

insert into public.daily_sessions
    (user_id, session_type, duration_seconds, virtue_earned, emotional_snapshot, session_date,
     created_at)
select u.id, 'written_clarity', 600, 'patience',
    '[{{"emotion": "calm", "intensity": 3, "color": "#88aaff", "confidence": 0.9}}]',
    current_date - n, now() - n * interval '1 day'
from public.users as u
cross join generate_series(1, case u.id when '{ALICE}' then 2000 else 20 end) as n;
insert into public.session_analytics (session_id, user_id, metric_name, metric_value)
select s.id, s.user_id, m.name, 0.5
from public.daily_sessions as s
cross join (values ('engagement_score'), ('voice_clarity')) as m (name)
where s.user_id = '{ALICE}';
insert into public.onboarding_profiles (user_id, disc_type) select id, 'S' from public.users;
insert into public.ritual_preferences (user_id, timing, duration, style, voice_id, focus_area)
select id, 'flexible', 'variable', 'mixed', 'wise_mentor', 'sleep' from public.users;
insert into public.user_streaks (user_id, streak_type, current_streak)
select id, 'daily_session', 3 from public.users;
insert into public.virtue_collection (user_id, virtue_name)
select id, 'virtue ' || n from public.users cross join generate_series(1, 10) as n;
insert into public.user_goals (user_id, goal_text)
select id, 'goal ' || n from public.users cross join generate_series(1, 10) as n;
insert into public.app_settings (user_id, setting_key, setting_value)
select id, 'theme', '"dark"' from public.users;
insert into public.app_settings (setting_key, setting_value, setting_type)
values ('voices', 'true', 'feature_flag');
"""
ARCHIVE = "select * from audit.archive_daily_sessions(now() - interval '1000 days', 100000)"


@pytest.fixture(scope="module")
def api(server: dict[str, str], template: str) -> Iterator[Api]:
    with made(server, template) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(FILL.encode())
            connection.execute(ARCHIVE)
            connection.execute("vacuum analyze")
        yield Api(conninfo)


class Client:
    """Somebody signed in, or nobody.

    Args:
        api: where the requests go.
        user: the id in the token; None for the anonymous key.
        role: the role in the token.
    """

    def __init__(self, api: Api, user: str | None, role: str = "authenticated") -> None:
        self.api = api
        self.headers = {"authorization": f"Bearer {token(user, role)}"}

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Request:
        return Request(method, path, {**self.headers, **headers}, body)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        return self.api.send(self.request(method, path, body, **headers))

    def get(self, path: str) -> Any:
        answer = self.send("GET", path)
        assert answer.status == 200, answer
        return answer.body

    def rpc(self, function: str, **arguments: Any) -> Any:
        answer = self.send("POST", f"rpc/{function}", arguments)
        assert answer.status < 300, answer
        return answer.body

    def rows_read(self, method: str, path: str, body: Any = None, **headers: str) -> int:
        """How many rows the statement's scans read; what it writes is rolled back."""
        request = self.request(method, path, body, **headers)
        text, values = self.api.statement(request)
        with self.api.acting(request) as cursor:
            row = cursor.execute(
                f"explain (analyze, format json) {text}".encode(), values
            ).fetchone()
            assert row is not None
            cursor.connection.rollback()
        plan: dict[str, Any] = row[0][0]["Plan"]
        return _rows_read(plan)


def _rows_read(node: dict[str, Any]) -> int:
    """The rows that the scans of a plan read, those that a filter removed among them."""
    below = sum(_rows_read(child) for child in node.get("Plans", []))
    if "Relation Name" not in node or node["Node Type"] == "ModifyTable":
        return below
    removed = sum(node.get(f"Rows Removed by {what}", 0) for what in ("Filter", "Index Recheck"))
    return int(below + (node["Actual Rows"] + removed) * node["Actual Loops"])


@pytest.fixture
def alice(api: Api) -> Client:
    return Client(api, ALICE)


@pytest.fixture
def bob(api: Api) -> Client:
    return Client(api, BOB)


def pages(client: Client, size: int) -> Iterator[list[dict[str, Any]]]:
    """The history, page by page, each from where the one before ended."""
    path = f"session_history?select=id,created_at&order=created_at.desc,id.desc&limit={size}"
    after = ""
    while page := client.get(path + after):
        yield page
        at, key = page[-1]["created_at"], page[-1]["id"]
        condition = f'(created_at.lt."{at}",id.lt.{key})'
        after = f"&created_at=lte.{quote(at)}&or={quote(condition)}"


# --- what the calls answer ----------------------------------------------------------------------


def test_the_profile_comes_with_what_there_is_one_of(alice: Client) -> None:
    path = "users?select=name,onboarding_profiles(disc_type),ritual_preferences(voice_id)"
    assert alice.get(path) == [
        {
            "name": "Alice",
            "onboarding_profiles": {"disc_type": "S"},
            "ritual_preferences": {"voice_id": "wise_mentor"},
        }
    ]


def test_the_dashboard_is_one_row(alice: Client) -> None:
    (shown,) = alice.get("user_dashboard?select=*")
    assert shown["id"] == ALICE
    assert (shown["total_virtues"], shown["active_goals"], shown["sessions_this_week"]) == (
        10,
        10,
        7,
    )


def test_pages_of_the_history_hold_every_session_once_and_go_on_into_the_archive(
    alice: Client,
) -> None:
    found = [session["id"] for page in pages(alice, 500) for session in page]
    assert len(found) == len(set(found)) == 2000


@pytest.mark.parametrize("days", [3, 1999])
def test_a_session_comes_with_its_analytics_wherever_it_lies(alice: Client, days: int) -> None:
    page = f"order=created_at.desc&offset={days}&limit=1"
    path = f"session_history_with_analytics?select=analytics&{page}"
    (session,) = alice.get(path)
    assert [metric["metric_name"] for metric in session["analytics"]] == [
        "engagement_score",
        "voice_clarity",
    ]


def test_a_setting_is_put_twice_without_saying_whose(api: Api, bob: Client) -> None:
    path = "app_settings?on_conflict=user_id,setting_key&select=user_id,setting_value"
    for value in ("pt", "fr"):
        answer = bob.send(
            "POST",
            path,
            {"setting_key": "language", "setting_value": value},
            prefer="return=representation,resolution=merge-duplicates",
        )
        assert answer.body == [{"user_id": BOB, "setting_value": value}], answer


def test_what_is_written_is_the_callers_own(bob: Client) -> None:
    wrote = bob.send(
        "POST", "user_goals?select=user_id", {"goal_text": "walk"}, prefer="return=representation"
    )
    assert wrote.body == [{"user_id": BOB}]
    stolen = bob.send("POST", "user_goals", {"goal_text": "walk", "user_id": ALICE})
    assert (stolen.status, stolen.body["code"]) == (403, "42501")
    assert bob.get(f"user_goals?user_id=eq.{ALICE}") == []


def test_a_virtue_earned_twice_is_counted_in_the_row(bob: Client) -> None:
    for times in (1, 2):
        assert bob.rpc("earn_virtue", virtue_name="courage")["times_earned"] == times


def test_two_users_may_leave_their_phone_empty(alice: Client, bob: Client) -> None:
    for client, user in ((alice, ALICE), (bob, BOB)):
        path = f"users?id=eq.{user}&select=phone"
        answer = client.send("PATCH", path, {"phone": ""}, prefer="return=representation")
        assert answer.body == [{"phone": None}], answer


@pytest.mark.parametrize("call", ["rpc/earn_virtue", "rpc/delete_account", "user_dashboard"])
def test_nobody_signed_in_gets_nothing(api: Api, call: str) -> None:
    method, body = (
        ("POST", {"virtue_name": "x"} if "earn" in call else {}) if "rpc" in call else ("GET", None)
    )
    answer = Client(api, None, "anon").send(method, call, body)
    assert answer.body["code"] == "42501", answer


def test_an_account_is_deleted_in_one_call(
    api: Api, connection_to: psycopg.Connection[Any]
) -> None:
    (carol,) = connection_to.execute(
        "insert into auth.users (email) values ('carol@example.com') returning id::text"
    ).fetchone() or ("",)
    client = Client(api, carol)
    assert client.get("users?select=email") == [{"email": "carol@example.com"}]
    client.rpc("record_activity", streak_type="daily_session")
    client.rpc("delete_account")
    left = connection_to.execute(
        "select id from auth.users where id = %(id)s union all select id from public.users where"
        " id = %(id)s union all select user_id from public.user_streaks where user_id = %(id)s",
        {"id": carol},
    ).fetchall()
    assert left == []


@pytest.fixture
def connection_to(api: Api) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(api.conninfo, autocommit=True) as opened:
        yield opened


# --- what they cost -----------------------------------------------------------------------------

# The call, and how many rows it may read. ALICE has 2,000 sessions, others have 40,000. Without a
# condition on user_id a list of the history reads the caller's own history: a policy alone does not
# tell the planner that an index on (user_id, created_at, id) has the order asked for.
OWN = 2000
COSTS = {
    "profile": ("GET", "users?select=*,onboarding_profiles(*),ritual_preferences(*)", None, 10),
    "dashboard": ("GET", "user_dashboard?select=*", None, 60),
    "first page": ("GET", f"session_history?{PAGE}", None, OWN),
    "own page": ("GET", f"session_history?{PAGE}&user_id=eq.{ALICE}", None, 50),
    "later page": ("GET", f"session_history?{PAGE}&{LATER}", None, OWN),
    "own later page": ("GET", f"session_history?{PAGE}&{LATER}&user_id=eq.{ALICE}", None, 50),
    "page with analytics": ("GET", f"session_history_with_analytics?{PAGE}", None, OWN + 40),
    "own page with analytics": (
        "GET",
        f"session_history_with_analytics?{PAGE}&user_id=eq.{ALICE}",
        None,
        100,
    ),
    "goals": ("GET", "user_goals?status=eq.active&order=created_at.desc", None, 20),
    "settings": ("GET", "app_settings?select=setting_key,setting_value", None, 10),
    "virtue": ("POST", "rpc/earn_virtue", {"virtue_name": "virtue 1"}, 10),
    "streak": ("POST", "rpc/record_activity", {"streak_type": "daily_session"}, 10),
    "month": ("POST", "rpc/get_session_summary", {"user_uuid": ALICE, "days_back": 30}, 70),
}


@pytest.mark.parametrize("call", COSTS)
def test_a_call_reads_what_it_shows_and_not_the_history(alice: Client, call: str) -> None:
    method, path, body, bound = COSTS[call]
    assert alice.rows_read(method, path, body) <= bound


# --- docs/api.md, through supabase-js ----------------------------------------------------------

SUPABASE_JS = "@supabase/supabase-js@2.119.1"
SCRIPT = """
import {{ createClient }} from '@supabase/supabase-js'
const [url, token, id] = process.argv.slice(2)
const user = {{ id }}
const supabase = createClient(url, 'anonymous-key', {{
  global: {{ headers: {{ Authorization: `Bearer ${{token}}` }} }},
  auth: {{ persistSession: false, autoRefreshToken: false }},
  realtime: {{ transport: class {{}} }} // Node before 22 has none, and nothing here needs one
}})
{blocks}
console.log(JSON.stringify({{ profile, dashboard, firstPage, nextPage, session, virtue, streak,
  setting, refusal }}))
"""


def test_supabase_js_gets_what_the_page_about_the_client_says(
    server: dict[str, str], api: Api, tmp_path: Path
) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("needs npm")
    blocks = re.findall(r"```js\n(.*?)```", (ROOT / "docs/api.md").read_text("utf-8"), re.DOTALL)
    (tmp_path / "client.mjs").write_text(SCRIPT.format(blocks="".join(blocks)), "utf-8")
    subprocess.run([npm, "install", "--silent", "--prefix", tmp_path, SUPABASE_JS], check=True)
    with made(server, str(conninfo_to_dict(api.conninfo)["dbname"])) as own:
        with serving(Api(own)) as url:
            ran = subprocess.run(
                [node, tmp_path / "client.mjs", url, token(ALICE), ALICE],
                capture_output=True,
                text=True,
                timeout=LIMIT,
                check=False,
            )
        assert ran.returncode == 0, ran.stderr
        answers = json.loads(ran.stdout)
        assert scalar(own, "select count(*) from users where id = %s", ALICE) == 0
        assert scalar(own, "select count(*) from session_history where user_id = %s", ALICE) == 0
    assert answers["profile"]["onboarding_profiles"] == {"disc_type": "S"}
    assert answers["dashboard"]["active_goals"] == 10
    shown = [one["id"] for one in answers["firstPage"] + answers["nextPage"]]
    assert len(set(shown)) == 40
    assert len(answers["session"]["analytics"]) == 2
    assert answers["virtue"]["times_earned"] == 1
    assert answers["streak"]["current_streak"] == 1
    assert answers["setting"] == {"user_id": ALICE, "setting_value": "dark"}
    assert answers["refusal"] is None
