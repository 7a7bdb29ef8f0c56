"""What the schema document says, as mended by the design: facts as data, for the tests to hold.

Columns read `name type [not null] [default …]`, indexes `[unique ](columns)[ where …]`, foreign
keys `(columns) -> table (columns) on delete action`, the way `catalog` queries below state them.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, LiteralString

import psycopg
from psycopg.types.json import Jsonb

Connection = psycopg.Connection[Any]

API_ROLES = ("anon", "authenticated", "service_role")
SIGNED_IN_ROLES = ("authenticated", "service_role")

TABLES = {
    "users": """
        id uuid not null default gen_random_uuid()
        email text
        phone text
        name text
        preferred_language text not null default 'en'
        onboarding_completed boolean not null default false
        timezone text not null default 'UTC'
        created_at timestamptz not null default now()
        updated_at timestamptz not null default now()
    """,
    "onboarding_profiles": """
        id uuid not null default gen_random_uuid()
        user_id uuid not null default auth.uid()
        disc_type text not null
        enneagram_type integer
        confidence_score numeric(3,2)
        personality_insights jsonb
        assessment_transcript text
        completed_at timestamptz not null default now()
        created_at timestamptz not null default now()
    """,
    "user_emotional_categories": """
        id uuid not null default gen_random_uuid()
        user_id uuid not null default auth.uid()
        category text not null
        priority_level integer not null default 1
        created_at timestamptz not null default now()
    """,
    "user_goals": """
        id uuid not null default gen_random_uuid()
        user_id uuid not null default auth.uid()
        goal_text text not null
        goal_type text not null default 'emotional_wellness'
        smart_goal text
        status text not null default 'active'
        target_date date
        progress_percentage integer not null default 0
        source text not null default 'onboarding'
        created_at timestamptz not null default now()
        updated_at timestamptz not null default now()
    """,
    "ritual_preferences": """
        id uuid not null default gen_random_uuid()
        user_id uuid not null default auth.uid()
        timing text not null
        duration text not null
        style text not null
        voice_id text not null
        focus_area text not null
        elevenlabs_voice_id text
        session_frequency text not null default 'daily'
        preferred_session_time time
        reminder_enabled boolean not null default true
        created_at timestamptz not null default now()
        updated_at timestamptz not null default now()
    """,
    "daily_sessions": """
        id uuid not null default gen_random_uuid()
        user_id uuid not null default auth.uid()
        session_type text not null
        session_status text not null default 'completed'
        duration_seconds integer
        virtue_earned text
        emotional_snapshot jsonb
        key_insights jsonb
        suggested_goals jsonb
        conversation_transcript text
        session_metadata jsonb
        session_date date not null default CURRENT_DATE
        started_at timestamptz
        completed_at timestamptz
        created_at timestamptz not null default now()
    """,
    "session_analytics": """
        id uuid not null default gen_random_uuid()
        session_id uuid
        user_id uuid not null default auth.uid()
        metric_name text not null
        metric_value numeric(10,4)
        metric_unit text
        calculated_at timestamptz not null default now()
    """,
    "enneagram_assessments": """
        id uuid not null default gen_random_uuid()
        user_id uuid not null default auth.uid()
        enneagram_type integer not null
        wing_type integer
        confidence_score numeric(3,2)
        type_scores jsonb
        conversation_transcript text
        assessment_duration_seconds integer
        assessment_version text not null default '1.0'
        completed_at timestamptz not null default now()
        created_at timestamptz not null default now()
    """,
    "user_streaks": """
        id uuid not null default gen_random_uuid()
        user_id uuid not null default auth.uid()
        streak_type text not null
        current_streak integer not null default 0
        longest_streak integer not null default 0
        last_activity_date date
        streak_start_date date
        created_at timestamptz not null default now()
        updated_at timestamptz not null default now()
    """,
    "virtue_collection": """
        id uuid not null default gen_random_uuid()
        user_id uuid not null default auth.uid()
        virtue_name text not null
        virtue_description text
        virtue_icon text
        earned_from_session_id uuid
        times_earned integer not null default 1
        first_earned_at timestamptz not null default now()
        last_earned_at timestamptz not null default now()
        earned_from_archived_session_id uuid
    """,
    "app_settings": """
        id uuid not null default gen_random_uuid()
        user_id uuid default auth.uid()
        setting_key text not null
        setting_value jsonb not null
        setting_type text not null default 'user'
        created_at timestamptz not null default now()
        updated_at timestamptz not null default now()
    """,
}
TABLES["daily_sessions_archive"] = (
    TABLES["daily_sessions"].rstrip() + "\n archived_at timestamptz not null default now()"
)
TABLES["session_analytics_archive"] = (
    TABLES["session_analytics"].rstrip() + "\n archived_at timestamptz not null default now()"
)

COLUMNS = {
    table: [line.strip() for line in text.strip().splitlines()] for table, text in TABLES.items()
}

_SESSION_CHECKS = {
    "session_type": ("face_to_face", "spoken_presence", "silent_reflection", "written_clarity"),
    "session_status": ("started", "in_progress", "completed", "interrupted", "failed"),
}

CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "users": {"preferred_language": ("en", "pt", "es", "fr")},
    "onboarding_profiles": {"disc_type": ("D", "I", "S", "C")},
    "user_emotional_categories": {
        "category": (
            "stress_management",
            "goal_achievement",
            "relationships",
            "self_worth",
            "emotional_regulation",
            "work_life_balance",
            "personal_growth",
            "mindfulness",
        )
    },
    "user_goals": {
        "goal_type": (
            "emotional_wellness",
            "personal_growth",
            "relationships",
            "career",
            "health",
            "mindfulness",
        ),
        "status": ("active", "completed", "paused", "archived"),
        "source": ("onboarding", "session_suggestion", "user_created"),
    },
    "ritual_preferences": {
        "timing": ("morning_person", "evening_person", "flexible"),
        "duration": ("quick_focused", "deeper_dive", "variable"),
        "style": ("guided_structure", "open_conversation", "mixed"),
        "voice_id": ("confident_coach", "warm_friend", "gentle_guide", "wise_mentor"),
        "session_frequency": ("daily", "weekdays", "custom"),
    },
    "daily_sessions": _SESSION_CHECKS,
    "daily_sessions_archive": _SESSION_CHECKS,
    "user_streaks": {"streak_type": ("daily_session", "weekly_goal", "monthly_virtue")},
    "app_settings": {"setting_type": ("user", "system", "feature_flag")},
}

# Lowest and highest accepted value; a step beyond either is refused.
RANGES: dict[str, dict[str, tuple[Decimal, Decimal, Decimal]]] = {
    table: {
        column: (Decimal(low), Decimal(high), Decimal(step))
        for column, (low, high, step) in columns.items()
    }
    for table, columns in {
        "onboarding_profiles": {
            "enneagram_type": ("1", "9", "1"),
            "confidence_score": ("0.70", "1.00", "0.01"),
        },
        "user_emotional_categories": {"priority_level": ("1", "5", "1")},
        "user_goals": {"progress_percentage": ("0", "100", "1")},
        "enneagram_assessments": {
            "enneagram_type": ("1", "9", "1"),
            "wing_type": ("1", "9", "1"),
            "confidence_score": ("0.50", "1.00", "0.01"),
        },
    }.items()
}

# The names the document gives, where a unique column had a second, plain index: that one, unique.
INDEXES = {
    "users": {
        "idx_users_email": "unique (email)",
        "idx_users_phone": "unique (phone)",
        "idx_users_onboarding": "(onboarding_completed)",
    },
    "onboarding_profiles": {
        "idx_onboarding_profiles_user_id": "unique (user_id)",
        "idx_onboarding_profiles_disc": "(disc_type)",
        "idx_onboarding_profiles_enneagram": "(enneagram_type)",
    },
    "user_emotional_categories": {
        "idx_user_emotional_categories_user_id": "(user_id)",
        "idx_user_emotional_categories_category": "(category)",
        "idx_user_category_unique": "unique (user_id, category)",
    },
    "user_goals": {
        "idx_user_goals_user_id": "(user_id)",
        "idx_user_goals_status": "(status)",
        "idx_user_goals_type": "(goal_type)",
        "idx_active_goals": "(user_id) where (status = 'active'::text)",
    },
    "ritual_preferences": {
        "idx_ritual_preferences_user_id": "unique (user_id)",
        "idx_ritual_preferences_timing": "(timing)",
        "idx_ritual_preferences_voice": "(voice_id)",
    },
    "daily_sessions": {
        "idx_daily_sessions_user_id": "(user_id)",
        "idx_daily_sessions_date": "(session_date)",
        "idx_daily_sessions_type": "(session_type)",
        "idx_daily_sessions_status": "(session_status)",
        "idx_recent_sessions": "(user_id, created_at desc, id desc)",
        "idx_daily_sessions_created_at": "(created_at nulls first, id)",
        "idx_daily_sessions_user_id_session_date": "(user_id, session_date)",
        "uq_daily_sessions_user_id_id": "unique (user_id, id)",
    },
    "session_analytics": {
        "idx_session_analytics_session_id": "(session_id, user_id)",
        "idx_session_analytics_user_id": "(user_id)",
        "idx_session_analytics_metric": "(metric_name)",
        "uq_session_analytics_session_id_metric_name": "unique (session_id, metric_name)",
    },
    "enneagram_assessments": {
        "idx_enneagram_assessments_user_id": "(user_id)",
        "idx_enneagram_assessments_type": "(enneagram_type)",
    },
    "user_streaks": {
        "idx_user_streaks_user_id": "(user_id)",
        "idx_user_streaks_type": "(streak_type)",
        "uq_user_streaks_user_id_streak_type": "unique (user_id, streak_type)",
    },
    "virtue_collection": {
        "idx_virtue_collection_user_id": "(user_id)",
        "idx_virtue_collection_virtue": "(virtue_name)",
        "uq_virtue_collection_user_id_virtue_name": "unique (user_id, virtue_name)",
    },
    "app_settings": {
        "idx_app_settings_user_id": "(user_id)",
        "idx_app_settings_key": "(setting_key)",
        "uq_app_settings_user_id_setting_key": ("unique (user_id, setting_key) nulls not distinct"),
    },
}

_OWNED = {"users": "(user_id) -> users (id) on delete cascade"}
_VIRTUE_KEY = "(user_id, {1}) -> {0} (user_id, id) on delete set null ({1})"

# By the table referenced; the name of each is fk_<table>_<referenced>.
FOREIGN_KEYS = {
    "users": {},
    **{table: _OWNED for table in TABLES if table != "users"},
    "session_analytics": {
        **_OWNED,
        "daily_sessions": "(session_id, user_id) -> daily_sessions (id, user_id) on delete cascade",
    },
    "session_analytics_archive": {
        **_OWNED,
        "daily_sessions_archive": (
            "(user_id, session_id) -> daily_sessions_archive (user_id, id) on delete cascade"
        ),
    },
    "virtue_collection": {
        **_OWNED,
        "daily_sessions": _VIRTUE_KEY.format("daily_sessions", "earned_from_session_id"),
        "daily_sessions_archive": _VIRTUE_KEY.format(
            "daily_sessions_archive", "earned_from_archived_session_id"
        ),
    },
}

POLICIES = {
    "users": {"Users can only access their own data"},
    "onboarding_profiles": {"Users can only access their own onboarding"},
    "user_emotional_categories": {"Users can only access their own categories"},
    "user_goals": {"Users can only access their own goals"},
    "ritual_preferences": {"Users can only access their own preferences"},
    "daily_sessions": {"Users can only access their own sessions"},
    "session_analytics": {"Users can only access their own analytics"},
    "enneagram_assessments": {"Users can only access their own assessments"},
    "user_streaks": {"Users can only access their own streaks"},
    "virtue_collection": {"Users can only access their own virtues"},
    "app_settings": {
        "Users can read their own and global settings",
        "Users can add settings of their own",
        "Users can only access their own settings",
        "Users can delete their own settings",
    },
    "daily_sessions_archive": {"Users can only access their own archived sessions"},
    "session_analytics_archive": {"Users can only access their own archived analytics"},
}

# `for each row` triggers by the document's names; auditing adds its own to every table.
STAMPED = ("users", "user_goals", "ritual_preferences", "user_streaks", "app_settings")

_SESSION = [" ".join(line.split()[:2]) for line in COLUMNS["daily_sessions"]]
VIEWS = {
    "user_dashboard": [
        "id uuid",
        "name text",
        "preferred_language text",
        "disc_type text",
        "enneagram_type integer",
        "timing text",
        "voice_id text",
        "daily_streak integer",
        "total_virtues bigint",
        "sessions_this_week bigint",
        "active_goals bigint",
    ],
    "session_history": _SESSION,
    "session_history_with_analytics": [*_SESSION, "analytics jsonb"],
}

FUNCTIONS = {
    "get_session_summary": (
        "user_uuid uuid, days_back integer DEFAULT 30",
        "TABLE(total_sessions integer, avg_duration_minutes numeric,"
        " most_common_virtue text, dominant_emotions text[])",
    ),
    "update_updated_at_column": ("", "trigger"),
    "clean_users_row": ("", "trigger"),
    "delete_account": ("", "void"),
    "earn_virtue": (
        "virtue_name text, virtue_description text DEFAULT NULL::text,"
        " virtue_icon text DEFAULT NULL::text, session_id uuid DEFAULT NULL::uuid,"
        " user_uuid uuid DEFAULT auth.uid()",
        "virtue_collection",
    ),
    "record_activity": (
        "streak_type text, occurred_at timestamp with time zone DEFAULT now(),"
        " user_uuid uuid DEFAULT auth.uid()",
        "user_streaks",
    ),
}

EMOTION = {"emotion": "calm", "intensity": 3, "color": "#88aaff", "confidence": 0.9}
INSIGHT = {"insight": "rest helps", "category": "health", "importance": 4}
GOAL = {
    "category": "health",
    "description": "sleep more",
    "smart_goal": "in bed by eleven for a week",
    "timeframe": "one week",
    "priority": 2,
}
METADATA = {
    "ai_agent_version": "2.1",
    "voice_quality_score": 0.8,
    "user_engagement_score": 7,
    "technical_issues": ["echo"],
    "external_conversation_id": "c-1",
}

_MOMENT = "2024-02-29 12:30:00+00"
_SESSION_ROW: dict[str, Any] = {
    "session_type": "face_to_face",
    "session_status": "completed",
    "duration_seconds": 600,
    "virtue_earned": "patience",
    "emotional_snapshot": Jsonb([EMOTION]),
    "key_insights": Jsonb(["breathe", INSIGHT]),
    "suggested_goals": Jsonb([GOAL]),
    "conversation_transcript": "I slept well.",
    "session_metadata": Jsonb(METADATA),
    "session_date": date(2024, 2, 29),
    "started_at": _MOMENT,
    "completed_at": _MOMENT,
    "created_at": _MOMENT,
}
_ANALYTICS_ROW: dict[str, Any] = {
    "metric_name": "engagement_score",
    "metric_value": Decimal("0.7500"),
    "metric_unit": "ratio",
    "calculated_at": _MOMENT,
}

# One full row a table: every column but the keys, which `settle` adds.
ROWS: dict[str, dict[str, Any]] = {
    "users": {
        "email": "somebody@example.com",
        "phone": "+351 900 000 000",
        "name": "Somebody",
        "preferred_language": "pt",
        "onboarding_completed": True,
        "timezone": "Europe/Lisbon",
        "created_at": _MOMENT,
        "updated_at": _MOMENT,
    },
    "onboarding_profiles": {
        "disc_type": "S",
        "enneagram_type": 4,
        "confidence_score": Decimal("0.80"),
        "personality_insights": Jsonb({"likes": "tea"}),
        "assessment_transcript": "I like tea.",
        "completed_at": _MOMENT,
        "created_at": _MOMENT,
    },
    "user_emotional_categories": {
        "category": "self_worth",
        "priority_level": 2,
        "created_at": _MOMENT,
    },
    "user_goals": {
        "goal_text": "walk",
        "goal_type": "health",
        "smart_goal": "walk two miles a day",
        "status": "active",
        "target_date": date(2024, 12, 31),
        "progress_percentage": 40,
        "source": "user_created",
        "created_at": _MOMENT,
        "updated_at": _MOMENT,
    },
    "ritual_preferences": {
        "timing": "flexible",
        "duration": "variable",
        "style": "mixed",
        "voice_id": "wise_mentor",
        "focus_area": "sleep",
        "elevenlabs_voice_id": "xi-1",
        "session_frequency": "weekdays",
        "preferred_session_time": time(7, 30),
        "reminder_enabled": False,
        "created_at": _MOMENT,
        "updated_at": _MOMENT,
    },
    "daily_sessions": _SESSION_ROW,
    "daily_sessions_archive": {**_SESSION_ROW, "archived_at": _MOMENT},
    "session_analytics": _ANALYTICS_ROW,
    "session_analytics_archive": {**_ANALYTICS_ROW, "archived_at": _MOMENT},
    "enneagram_assessments": {
        "enneagram_type": 4,
        "wing_type": 5,
        "confidence_score": Decimal("0.60"),
        "type_scores": Jsonb({"4": 0.6}),
        "conversation_transcript": "I keep to myself.",
        "assessment_duration_seconds": 900,
        "assessment_version": "1.1",
        "completed_at": _MOMENT,
        "created_at": _MOMENT,
    },
    "user_streaks": {
        "streak_type": "weekly_goal",
        "current_streak": 3,
        "longest_streak": 8,
        "last_activity_date": date(2024, 2, 28),
        "streak_start_date": date(2024, 2, 1),
        "created_at": _MOMENT,
        "updated_at": _MOMENT,
    },
    "virtue_collection": {
        "virtue_name": "patience",
        "virtue_description": "waiting well",
        "virtue_icon": "hourglass",
        "times_earned": 2,
        "first_earned_at": _MOMENT,
        "last_earned_at": _MOMENT,
    },
    "app_settings": {
        "setting_key": "theme",
        "setting_value": Jsonb({"dark": True}),
        "setting_type": "user",
        "created_at": _MOMENT,
        "updated_at": _MOMENT,
    },
}


def owner_column(table: str) -> str:
    """The column that says whose row it is."""
    return "id" if table == "users" else "user_id"


def tables(connection: Connection) -> list[str]:
    """Every table of schema public, from the catalog: a new one is covered by every test."""
    return names(
        connection,
        "select relname from pg_class where relkind in ('r', 'p')"
        " and relnamespace = 'public'::regnamespace order by relname",
    )


def names(connection: Connection, query: str, *parameters: object) -> list[str]:
    """The first column of a query."""
    return [str(row[0]) for row in connection.execute(query, parameters)]


def value(connection: Connection, query: str, *parameters: object) -> Any:
    """The one value of a query."""
    row = connection.execute(query, parameters).fetchone()
    assert row is not None, f"no row from {query}"
    return row[0]


def insert(connection: Connection, table: str, row: dict[str, Any], suffix: str = "") -> Any:
    """Insert a row and return its id."""
    places = ", ".join(["%s"] * len(row))
    return value(
        connection,
        f"insert into public.{table} ({', '.join(row)}) values ({places}) {suffix} returning id",
        *row.values(),
    )


def row_for(table: str, user: str, **extra: object) -> dict[str, Any]:
    """The full row of a table, belonging to a user."""
    assert table in ROWS, f"add a row for the new table {table} to tests/documented.py"
    row = {**ROWS[table], owner_column(table): user, **extra}
    if table == "users":
        row |= {"email": f"{user}@example.com", "phone": user}
    return row


def settle(connection: Connection, user: str) -> None:
    """Give a user one full row in every table; every reference set."""
    insert(connection, "users", row_for("users", user))
    live = insert(connection, "daily_sessions", row_for("daily_sessions", user))
    archived = insert(connection, "daily_sessions_archive", row_for("daily_sessions_archive", user))
    references: dict[str, dict[str, object]] = {
        "session_analytics": {"session_id": live},
        "session_analytics_archive": {"session_id": archived},
        "virtue_collection": {"earned_from_session_id": live},
    }
    done = {"users", "daily_sessions", "daily_sessions_archive"}
    for table in tables(connection):
        if table not in done:
            insert(connection, table, row_for(table, user, **references.get(table, {})))
    from_archive = {"virtue_name": "courage", "earned_from_archived_session_id": archived}
    insert(connection, "virtue_collection", row_for("virtue_collection", user, **from_archive))


def another(table: str, column: str) -> Any:
    """A value that a column accepts and its full row does not hold."""
    held = ROWS[table][column]
    if choices := CHOICES.get(table, {}).get(column):
        return next(choice for choice in choices if choice != held)
    if column == "timezone":
        return "Pacific/Kiritimati"
    return _different(held)


def _different(held: Any) -> Any:
    different: Any = f"{held} (changed)"
    match held:
        case bool():
            different = not held
        case int():
            different = held + 1
        case Decimal():
            different = held + Decimal("0.10")
        case date():
            different = held + timedelta(days=1)
        case time():
            different = held.replace(minute=45)
        case Jsonb():
            different = Jsonb(_different_json(held.obj))
        case str() if held == _MOMENT:
            different = "2024-03-01 08:00:00+00"
    return different


def _different_json(held: Any) -> Any:
    if isinstance(held, list):
        return [*held, *held]
    if "ai_agent_version" in held:
        return {"ai_agent_version": "2.2"}
    return {"changed": True}


def outcome(connection: Connection, query: str, *parameters: object) -> int | str:
    """What a statement comes to: the number of its rows, or the SQLSTATE that refused it."""
    try:
        with connection.transaction():
            return connection.execute(query, parameters).rowcount
    except psycopg.Error as error:
        return error.sqlstate or str(error)


REFUSED = "42501"  # insufficient_privilege: what both a missing grant and a policy raise
CHECK_VIOLATION = "23514"
UNIQUE_VIOLATION = "23505"
NOT_NULL_VIOLATION = "23502"
FOREIGN_KEY_VIOLATION = "23503"
MALFORMED = "22P02"  # invalid_text_representation

CATALOG: dict[str, LiteralString] = {
    "columns": """
        select concat_ws(
            ' ',
            a.attname,
            replace(replace(format_type(a.atttypid, a.atttypmod),
                'timestamp with time zone', 'timestamptz'),
                'time without time zone', 'time'),
            case when a.attnotnull then 'not null' end,
            'default ' || replace(pg_get_expr(d.adbin, d.adrelid), '::text', '')
        )
        from pg_attribute as a
        left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped
        order by a.attnum
    """,
    "indexes": """
        select
            i.indexrelid::regclass::text as name,
            case when i.indisunique then 'unique ' else '' end
                || '(' || string_agg(
                    pg_get_indexdef(i.indexrelid, k::integer, true)
                        || (array['', ' desc nulls last', ' nulls first', ' desc'])
                            [i.indoption[k - 1] + 1],
                    ', ' order by k
                ) || ')'
                || case when i.indnullsnotdistinct then ' nulls not distinct' else '' end
                || coalesce(' where ' || pg_get_expr(i.indpred, i.indrelid), '') as definition
        from pg_index as i
        cross join generate_series(1, i.indnkeyatts) as k
        where i.indrelid = %s::regclass and i.indisvalid
        group by i.indexrelid, i.indrelid, i.indisunique, i.indnullsnotdistinct, i.indpred
    """,
    "foreign keys": """
        with keys as (
            select
                k.*,
                array(select attname from pg_attribute join unnest(k.conkey) with ordinality
                    as c (attnum, n) using (attnum) where attrelid = k.conrelid order by n
                ) as own,
                array(select attname from pg_attribute join unnest(k.confkey) with ordinality
                    as c (attnum, n) using (attnum) where attrelid = k.confrelid order by n
                ) as theirs,
                array(select attname from pg_attribute
                    where attrelid = k.conrelid and attnum = any (k.confdelsetcols)
                ) as cleared
            from pg_constraint as k
            where k.contype = 'f' and k.conrelid = %s::regclass and k.convalidated
        )
        select
            conname,
            format('(%%s) -> %%s (%%s) on delete %%s', array_to_string(own, ', '),
                confrelid::regclass, array_to_string(theirs, ', '),
                case confdeltype
                    when 'c' then 'cascade'
                    when 'n' then 'set null'
                    else confdeltype::text
                end || case when cleared = '{}' then ''
                    else format(' (%%s)', array_to_string(cleared, ', ')) end
            )
        from keys
    """,
}
