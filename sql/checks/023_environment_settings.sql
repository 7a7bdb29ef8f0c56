-- 023_environment_settings: settings of the database or of a role that change what the schema does.
-- Why: they apply to a session from its start. For every role: row_security,
-- session_replication_role (no trigger, no foreign key fires), claims of a request, and a time zone
-- other than UTC (current_date is the day of a session). For all, the owner or an API role: the
-- role itself, a search_path in which another schema comes before public or pg_catalog, read
-- only transactions, parser switches, and PostgREST's role for people who have not signed in.
-- Supabase's settings (timeouts, logging, preloads, "\$user", public, extensions) are harmless; its
-- own SQL has that backslash, which names a schema that does not exist.
with settings as (
    select
        pg_catalog.lower(pg_catalog.split_part(s.line, '=', 1)) as name,
        v.setting,
        pg_catalog.lower(v.setting) as value,
        -- Values of a Boolean; Postgres accepts any prefix of a word.
        pg_catalog.lower(v.setting) ~ '^(on|1|t|tr|tru|true|y|ye|yes)$' as is_on,
        r.rolname,
        b.datname,
        (
            cfg.setrole = 0
            -- Before the first migration the current role is the one that will migrate.
            or cfg.setrole = coalesce(d.migrator, asking.oid)
            or cfg.setrole in (select a.oid from api as a)
        ) as ours
    from pg_catalog.pg_db_role_setting as cfg
    cross join platform as d
    inner join pg_catalog.pg_roles as asking on current_user = asking.rolname
    left join pg_catalog.pg_roles as r on cfg.setrole = r.oid
    left join pg_catalog.pg_database as b on cfg.setdatabase = b.oid
    cross join lateral pg_catalog.unnest(cfg.setconfig) as s (line)
    cross join lateral pg_catalog.substring(s.line, '=(.*)$') as v (setting)
    where
        (cfg.setdatabase = 0 or b.datname = pg_catalog.current_database())
        and (cfg.setrole = 0 or r.oid is not null)
),

-- The elements of a search_path, in order, without their quotes.
paths as (
    select
        s.name,
        s.rolname,
        s.datname,
        part.place,
        pg_catalog.btrim(part.element, ' "') as element
    from settings as s
    cross join
        lateral pg_catalog.regexp_split_to_table(s.setting, ',(?=([^"]*"[^"]*")*[^"]*$)')
        with ordinality as part (element, place)
    where s.name = 'search_path'
),

shadowing as (
    select distinct
        p.rolname,
        p.datname,
        true as matched
    from paths as p
    left join paths as home
        on
            home.element = 'public'
            and p.rolname is not distinct from home.rolname
            and p.datname is not distinct from home.datname
    where
        (
            p.element not in ('', '$user', 'public', 'extensions', 'pg_catalog')
            and not (p.element = '\$user' and pg_catalog.to_regnamespace('"\$user"') is null)
            and (home.place is null or p.place < home.place)
        )
        or (p.element = 'pg_catalog' and p.place > 1)
),

bending as (
    select
        s.*,
        case
            when s.name = 'row_security' and not s.is_on
                then 'security'
            when s.name = 'session_replication_role' and s.value <> 'origin' then 'security'
            when s.name like 'request.%' then 'security'
            when
                s.name = 'timezone'
                and s.value !~ '^(etc/)?(utc0?|uct|gmt|gmt[+-]?0|zulu|universal|greenwich)$'
                and s.value !~ '^[+-]?0+(:00)?$'
                then 'integrity'
            when not s.ours then null
            when s.name in ('role', 'session_authorization') and s.value <> 'none' then 'security'
            when s.name = 'search_path' and x.matched then 'security'
            when s.name = 'pgrst.db_anon_role' and s.setting <> 'anon' then 'security'
            when
                s.name in ('default_transaction_read_only', 'transform_null_equals')
                and s.is_on
                then 'integrity'
            when
                s.name in ('standard_conforming_strings', 'array_nulls')
                and not s.is_on
                then 'integrity'
            when s.name = 'plpgsql.variable_conflict' and s.value <> 'error' then 'integrity'
        end as severity
    from settings as s
    left join shadowing as x
        on s.rolname is not distinct from x.rolname and s.datname is not distinct from x.datname
)

select
    b.severity,
    pg_catalog.format(
        '%s of %s%s',
        b.name,
        coalesce('role ' || pg_catalog.quote_ident(b.rolname), 'every role'),
        ' in database ' || pg_catalog.quote_ident(b.datname)
    ) as object,
    pg_catalog.format(
        'Sessions start with %s = %s, which changes what the schema does.',
        b.name, pg_catalog.quote_literal(b.setting)
    ) as finding,
    case
        when b.rolname is null and b.datname is not null
            then pg_catalog.format('alter database %I reset %s', b.datname, b.name)
        else
            pg_catalog.format(
                'alter role %s%s reset %s',
                coalesce(pg_catalog.quote_ident(b.rolname), 'all'),
                ' in database ' || pg_catalog.quote_ident(b.datname),
                b.name
            )
    end as remedy
from bending as b
where b.severity is not null
