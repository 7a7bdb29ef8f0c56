"""Second ways in: a policy beside the owner's that a row makes true."""

from __future__ import annotations

from tests.proof.case import Case, Part

# What else the table has; the second policy; and B's row for which it is true.
ROWS: dict[str, tuple[str, str, str]] = {
    "flag_default_true": (
        "listed boolean not null default true",
        "listed",
        "listed = true",
    ),
    "status_in": (
        "status text not null default 'draft' check (status in ('draft', 'open', 'sold'))",
        "status in ('open', 'sold')",
        "status = 'sold'",
    ),
    "status_not": (
        "status text not null default 'private'",
        "status <> 'private'",
        "status = 'any'",
    ),
    "enum_label": (
        "seen_by here.audience not null default 'nobody'",
        "seen_by >= 'members'",
        "seen_by = 'everybody'",
    ),
    "older_than": (
        "created_at timestamptz not null default now()",
        "created_at < now() - interval '30 days'",
        "created_at = now() - interval '40 days'",
    ),
    "published_at": (
        "published_at timestamptz",
        "published_at <= now()",
        "published_at = now() - interval '1 hour'",
    ),
    "day": ("due date", "due between '2031-01-01' and '2031-12-31'", "due = '2031-05-05'"),
    "amount": ("amount numeric not null default 0", "amount > 1000", "amount = 1001"),
    "arithmetic": (
        "a integer not null default 0, b integer not null default 0",
        "a * 2 + b = 2027 and a > b",
        "a = 1000, b = 27",
    ),
    "modulo": ("number bigint not null default 1", "number % 97 = 13", "number = 110"),
    "bit_mask": ("flags integer not null default 0", "(flags & 4) <> 0", "flags = 6"),
    "like": ("title text not null default ''", "title like 'public: _%'", "title = 'public: x'"),
    "regex": ("slug text", "slug ~ '^pub-[0-9]{3}$'", "slug = 'pub-007'"),
    "starts_with": ("slug text", "starts_with(lower(slug), 'open/')", "slug = 'OPEN/1'"),
    "length": ("title text not null default ''", "length(title) > 40", "title = repeat('x', 41)"),
    "json_key": (
        "meta jsonb not null default '{}'",
        "meta -> 'share' ->> 'with' = 'all'",
        """meta = '{"share": {"with": "all"}}'""",
    ),
    "json_number": (
        "meta jsonb not null default '{}'",
        "(meta ->> 'level')::integer >= 3",
        """meta = '{"level": 4}'""",
    ),
    "json_contains": (
        "meta jsonb not null default '{}'",
        """meta @> '{"tags": ["open"]}'""",
        """meta = '{"tags": ["open", "x"]}'""",
    ),
    "json_has_key": (
        "meta jsonb not null default '{}'",
        "meta ? 'sample'",
        """meta = '{"sample": 1}'""",
    ),
    "array_tag": ("tags text[] not null default '{}'", "'open' = any (tags)", "tags = '{x,open}'"),
    "array_overlap": (
        "tags text[] not null default '{}'",
        "tags && array['open', 'free']",
        "tags = '{free}'",
    ),
    "array_empty": (
        "only_for uuid[] not null default '{}'",
        "cardinality(only_for) = 0 or (select auth.uid()) = any (only_for)",
        "only_for = '{}'",
    ),
    "trash": ("deleted_at timestamptz", "deleted_at is not null", "deleted_at = now()"),
    "not_deleted": ("deleted_at timestamptz", "deleted_at is null", "deleted_at = null"),
    "range": (
        "open_during tstzrange",
        "open_during @> now()",
        "open_during = tstzrange(now() - interval '1 day', now() + interval '1 day')",
    ),
    "coalesced": (
        "hidden boolean",
        "not coalesce(hidden, false)",
        "hidden = null",
    ),
    "three_at_once": (
        "kind text, price numeric, ready boolean not null default false",
        "ready and kind = 'gift' and price = 0",
        "ready = true, kind = 'gift', price = 0",
    ),
    "case_when": (
        "level smallint not null default 5",
        "case when level < 2 then true else level = 77 end",
        "level = 77",
    ),
    "null_check": ("reviewer text", "reviewer is distinct from null", "reviewer = 'x'"),
    "ilike": ("title text", "title ilike '%free%'", "title = 'a FREE one'"),
    "similar": ("slug text", "slug similar to '(pub|open)[0-9]+'", "slug = 'open12'"),
    "any_of": (
        "state varchar(10) not null default 'new'",
        "state = any ('{shared,listed}'::text[])",
        "state = 'listed'",
    ),
    "position": ("title text", "position('open' in title) > 3", "title = 'the open'"),
    "split": ("slug text", "split_part(slug, '/', 2) = 'all'", "slug = 'x/all'"),
    "left": ("slug text", "left(slug, 4) = 'pub_'", "slug = 'pub_1'"),
    "hash": ("title text", "md5(title) = md5('open')", "title = 'open'"),
    "year": (
        "written_at timestamptz not null default now()",
        "extract(year from written_at) < 2000",
        "written_at = '1999-01-01'",
    ),
    "month": (
        "due date",
        "date_trunc('month', due::timestamp) = '2031-03-01'",
        "due = '2031-03-14'",
    ),
    "age": ("born date", "age(born) > interval '90 years'", "born = '1901-01-01'"),
    "array_length": ("tags text[]", "array_length(tags, 1) > 2", "tags = '{a,b,c}'"),
    "array_within": (
        "tags text[] not null default '{x}'",
        "tags <@ array['a', 'b']",
        "tags = '{a}'",
    ),
    "json_path": (
        "meta jsonb",
        """meta @? '$.share[*] ? (@ == "all")'""",
        """meta = '{"share": ["all"]}'""",
    ),
    "json_list": (
        "meta jsonb not null default '{}'",
        "meta -> 'audience' ? 'all'",
        """meta = '{"audience": ["all"]}'""",
    ),
    "json_date": (
        "meta jsonb not null default '{}'",
        "(meta ->> 'open_until')::date > current_date",
        """meta = '{"open_until": "2999-01-01"}'""",
    ),
    "product": ("price numeric(8, 2)", "price * 1.2 > 9999", "price = 9000"),
    "not_true": ("private boolean", "private is not true", "private = null"),
    "is_false": (
        "private boolean not null default true",
        "private = false",
        "private = false",
    ),
    "empty_password": (
        "password text not null default 'x'",
        "nullif(btrim(password), '') is null",
        "password = ' '",
    ),
    "greatest": (
        "a integer default 0, b integer default 0",
        "greatest(a, b) >= 500",
        "b = 600",
    ),
    "joined": (
        "first text, last text",
        "first || '-' || last = 'open-all'",
        "first = 'open', last = 'all'",
    ),
    "network": ("seen_from inet", "seen_from << inet '10.0.0.0/8'", "seen_from = '10.1.2.3'"),
    "words": (
        "title text",
        "to_tsvector('simple', title) @@ to_tsquery('simple', 'open & all')",
        "title = 'all is open'",
    ),
    "zero_uuid": (
        "project_id uuid",
        "project_id = '00000000-0000-0000-0000-000000000000'",
        "project_id = '00000000-0000-0000-0000-000000000000'",
    ),
    "letter": ("kind char(1) not null default 'O'", "kind = 'P'", "kind = 'P'"),
    "time_span": (
        "keep_for interval not null default '1 year'",
        "keep_for < interval '1 day'",
        "keep_for = interval '1 hour'",
    ),
    "row_compare": (
        "kind text, level integer",
        "(kind, level) = ('open', 3)",
        "kind = 'open', level = 3",
    ),
    "unnested": (
        "tags text[]",
        "exists (select from unnest(tags) as t (tag) where t.tag = 'open')",
        "tags = '{open}'",
    ),
    "two_flags_differ": (
        "is_a boolean not null default false, is_b boolean not null default false",
        "is_a <> is_b",
        "is_a = true",
    ),
}

_OWNED = """
create type here.audience as enum ('nobody', 'members', 'everybody');
create table here.items (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null default '',
    {columns}
);
alter table here.items enable row level security;
create policy own on here.items to authenticated
using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
create policy more on here.items for select to authenticated using ({hole});
grant select, insert, update, delete on here.items to authenticated;
"""
_ROWS = "insert into here.items (user_id, body) values (:b, 'secret');\nupdate here.items set {row}"


def cases() -> tuple[Case, ...]:
    """Every condition as a leak, and as its twin that asks for the owner too."""
    return tuple(made for name in ROWS for made in _pair(name))


def _pair(name: str) -> tuple[Case, Case]:
    columns, hole, row = ROWS[name]
    parts = (Part("rows", "", "{}", _ROWS.format(row=row)),)
    leak = _OWNED.format(columns=columns, hole=hole)
    good = _OWNED.format(columns=columns, hole=f"({hole}) and user_id = (select auth.uid())")
    why = f"read where {hole}"
    return (
        Case(
            "leak", name, "here.items", f"others {why}", leak, parts, alone=False, file="conditions"
        ),
        Case("good", name, "", f"only owners {why}", good, parts, alone=False, file="conditions"),
    )
