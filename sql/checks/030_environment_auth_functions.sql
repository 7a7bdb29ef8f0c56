-- 030_environment_auth_functions: auth.uid(), role(), email() or jwt() with an unknown body.
-- Why: policies trust the results of these functions. One that also reads a header, user_metadata
-- or a setting of the application is right for honest requests and lets anyone pose as another
-- user, so each text is compared with the known ones: all that Supabase ever shipped, and the
-- stub's. Whitespace and comments are ignored, nested comments are not. Names in a known text are
-- found in pg_catalog first, except types: pg_temp precedes it unless the search_path puts it last,
-- so the stub qualifies all names. Check 026 is about the result and volatility of auth.uid().
with texts (claims, shipped_by, body) as (
    values
    -- supabase/auth, migrations/00_init_auth_schema (uid, role) and
    -- 20240612114525_set_search_path (uid, role); supabase/postgres,
    -- migrations/db/init-scripts/00000000000001-auth-schema (uid, role, email)
    (
        array['sub', 'role', 'email'],
        null,
        $$
    select nullif(current_setting('request.jwt.claim.%1$s', true), '')::%2$s
$$
    ),
    -- supabase/auth, migrations/20211124214934_update_auth_functions (uid, role, email) and
    -- 20240612114525_set_search_path (email)
    (
        array['sub', 'role', 'email'],
        null,
        $$
    select coalesce(
        current_setting('request.jwt.claim.%1$s', true),
        (current_setting('request.jwt.claims', true)::jsonb ->> '%1$s')
    )::%2$s
$$
    ),
    -- supabase/auth, migrations/20211202183645_update_auth_uid (uid)
    (
        array['sub'],
        null,
        $$
    select nullif(
        coalesce(
            current_setting('request.jwt.claim.%1$s', true),
            (current_setting('request.jwt.claims', true)::jsonb ->> '%1$s')
        ),
        ''
    )::%2$s
$$
    ),
    -- supabase/auth, migrations/20220224000811_update_auth_functions (uid, role, email)
    (
        array['sub', 'role', 'email'],
        'supabase',
        $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.%1$s', true), ''),
        (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> '%1$s')
    )::%2$s
$$
    ),
    -- supabase/auth, migrations/20220531120530_add_auth_jwt_function (jwt)
    (
        array['jwt'],
        'supabase',
        $$
    select coalesce(
        nullif(current_setting('request.jwt.claim', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')
    )::%2$s
$$
    ),
    -- arami-db, sql/auth_stub.sql (uid)
    (
        array['sub'],
        'stub',
        $$
    select coalesce(
        nullif(pg_catalog.current_setting('request.jwt.claim.%1$s', true), ''),
        nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::pg_catalog.jsonb
        operator(pg_catalog.->>) '%1$s'
    )::pg_catalog.%2$s
$$
    ),
    -- arami-db, sql/auth_stub.sql (role, email)
    (
        array['role', 'email'],
        'stub',
        $$
    select coalesce(
        nullif(pg_catalog.current_setting('request.jwt.claim.%1$s', true), ''),
        nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::pg_catalog.jsonb
        operator(pg_catalog.->>) '%1$s'
    )
$$
    ),
    -- arami-db, sql/auth_stub.sql (jwt)
    (
        array['jwt'],
        'stub',
        $$
    select coalesce(
        nullif(pg_catalog.current_setting('request.jwt.claim', true), ''),
        nullif(pg_catalog.current_setting('request.jwt.claims', true), '')
    )::pg_catalog.%2$s
$$
    )
),

known as (
    select
        f.name,
        t.shipped_by,
        pg_catalog.to_regtype('pg_catalog.' || f.result) as result,
        pg_catalog.format(
            'create or replace function auth.%s() returns %s language sql stable as ',
            f.name,
            f.result
        ) as beginning,
        pg_catalog.format(t.body, f.claim, f.result) as body
    from texts as t
    inner join (
        values
        ('uid', 'sub', 'uuid'),
        ('role', 'role', 'text'),
        ('email', 'email', 'text'),
        ('jwt', 'jwt', 'jsonb')
    ) as f (name, claim, result) on f.claim = any(t.claims)
),

auth_functions as (
    select
        p.*,
        l.lanname,
        pg_catalog.format(
            'auth.%s(%s)', p.proname, pg_catalog.oidvectortypes(p.proargtypes)
        ) as object,
        -- Our own owner created the schema: only we restore its contents.
        n.nspowner = any(
            select o.nspowner
            from pg_catalog.pg_namespace as o
            where o.nspname = 'arami_db'
        ) as is_stub
    from pg_catalog.pg_proc as p
    inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
    inner join pg_catalog.pg_language as l on p.prolang = l.oid
    where n.nspname = 'auth' and p.proname in ('uid', 'role', 'email', 'jwt')
),

bodies as (
    select k.body from known as k
    union
    select f.prosrc from auth_functions as f
),

tokenised as (
    select
        b.body,
        -- The semicolon at the end is optional.
        pg_catalog.regexp_replace(
            pg_catalog.string_agg(token.text[1], ' ' order by token.place), ' ;$', ''
        ) as tokens
    from bodies as b
    cross join
        lateral pg_catalog.regexp_matches(
            b.body,
            -- Spaces and ends of lines are those of Postgres's lexer. A comment in which another
            -- begins is taken for text: where it ends is more than a pattern can tell.
            $$('[^']*'|->>|::|[a-z0-9_.]+|[^ \t\n\r\f])$$
            || $$|--[^\n\r]*|/\*(?:[^*/]|\*(?!/)|/(?!\*))*\*/$$,
            'g'
        ) with ordinality as token (text, place)
    group by b.body
),

as_shipped as (
    select f.oid
    from auth_functions as f
    inner join known as k on f.proname = k.name
    inner join tokenised as here on f.prosrc = here.body
    inner join tokenised as there on k.body = there.body and here.tokens = there.tokens
    where
        f.pronargs = 0
        and f.prokind = 'f'
        and f.lanname = 'sql'
        and f.prosqlbody is null
        and not f.prosecdef
        and f.prosupport = 0
        and (
            f.proconfig is null
            or (f.proconfig = array['search_path=""'] and not f.is_stub)
        )
        and (
            f.proname = 'uid'
            or (f.provolatile = 's' and not f.proretset and f.prorettype = k.result)
        )
)

select
    'security' as severity,
    f.object,
    case
        when f.pronargs > 0
            then 'Neither Supabase nor arami-db ships this overload: a policy may come to call it.'
        else 'Neither Supabase nor arami-db ships this definition, and policies believe it.'
    end
    || case
        when f.is_stub then ''
        else ' Schema auth is the platform''s: have it restored as the platform ships it.'
    end as finding,
    case
        when not f.is_stub then null
        when f.pronargs > 0 then 'drop routine ' || f.object
        -- Another kind or result cannot be replaced, and a drop would drop the policies.
        when f.prokind = 'f' and not f.proretset and f.prorettype = k.result
            then pg_catalog.format('%s$$%s$$', k.beginning, k.body)
    end as remedy,
    case
        when f.pronargs = 0 then pg_catalog.format('%s$$%s$$', k.beginning, k.body)
    end as expected,
    case
        when f.prokind = 'a' then 'an aggregate'
        else pg_catalog."left"(pg_catalog.pg_get_functiondef(f.oid), 4000)
    end as actual
from auth_functions as f
inner join known as k
    on f.proname = k.name and k.shipped_by = case when f.is_stub then 'stub' else 'supabase' end
where f.oid not in (select s.oid from as_shipped as s)
order by f.object
