-- What migrations may find on this server, as statements that create the same on another server.
-- Why: roles, extensions, the platform's schemas and publications, search_path, default privileges
-- and rights on schema public decide whether files run and what they make. What the files make
-- themselves is left out. A publication is created empty: other contents are differences. In
-- schemas such as Supabase's auth or storage, tables have their columns and keys, and functions
-- their text; those in C only the signature, in case their extension is not available.
with schemas as (
    select
        n.oid,
        n.nspname,
        n.nspowner
    from pg_catalog.pg_namespace as n
    where
        n.nspname = any(%(platform)s::text[])
        and n.nspname !~ '^pg_'
        and n.nspname <> 'information_schema'
),

tables as (
    select
        c.oid,
        c.oid::regclass::text as name,
        string_agg(
            format('%%I %%s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum
        ) as columns
    from pg_catalog.pg_class as c
    inner join schemas as s on c.relnamespace = s.oid
    inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid
    where
        c.relkind in ('r', 'p')
        and a.attnum > 0
        and not a.attisdropped
    group by c.oid
)

select
    x.kind,
    x.name,
    x.sql
from (
    select
        1 as place,
        'role' as kind,
        r.rolname::text as name,
        format('create role %%I', r.rolname) as sql
    from pg_catalog.pg_roles as r
    where r.rolname !~ '^pg_' and r.rolname <> all(%(roles)s::text[])
    union all
    select
        1,
        'role attributes',
        r.rolname::text,
        concat(
            format('alter role %%I', r.rolname),
            case when r.rolsuper then ' superuser' end,
            case when r.rolbypassrls then ' bypassrls' end,
            case when r.rolcreaterole then ' createrole' end,
            case when r.rolcreatedb then ' createdb' end,
            case when r.rolreplication then ' replication' end,
            case when r.rolcanlogin then ' login' end,
            case when r.rolinherit then ' inherit' else ' noinherit' end
        )
    from pg_catalog.pg_roles as r
    where r.rolname !~ '^pg_' and r.rolname <> all(%(roles)s::text[])
    union all
    select
        2,
        'membership',
        m.roleid::regrole::text,
        format('grant %%s to %%s', m.roleid::regrole, m.member::regrole)
    from pg_catalog.pg_auth_members as m
    union all
    select
        3,
        'schema',
        s.nspname,
        format('create schema %%I', s.nspname)
    from schemas as s
    union all
    select
        4,
        'schema owner',
        s.nspname,
        format('alter schema %%I owner to %%s', s.nspname, s.nspowner::regrole)
    from schemas as s
    union all
    select
        4,
        'extension',
        e.extname::text,
        format('create extension %%I schema %%I', e.extname, n.nspname)
    from pg_catalog.pg_extension as e
    inner join pg_catalog.pg_namespace as n on e.extnamespace = n.oid
    where e.extname <> 'plpgsql' and e.extname <> all(%(extensions)s::text[])
    union all
    select
        5,
        'type',
        t.oid::regtype::text,
        format(
            'create type %%s as enum (%%s)',
            t.oid::regtype,
            (
                select string_agg(quote_literal(l.enumlabel), ', ' order by l.enumsortorder)
                from pg_catalog.pg_enum as l
                where l.enumtypid = t.oid
            )
        )
    from pg_catalog.pg_type as t
    inner join schemas as s on t.typnamespace = s.oid
    where t.typtype = 'e'
    union all
    select
        6,
        'table',
        t.name,
        format('create table %%s (%%s)', t.name, t.columns)
    from tables as t
    union all
    select
        7,
        'key',
        t.name,
        format('alter table %%s add %%s', t.name, pg_get_constraintdef(k.oid))
    from tables as t
    inner join pg_catalog.pg_constraint as k on t.oid = k.conrelid
    where k.contype in ('p', 'u')
    union all
    select
        8,
        'function',
        p.oid::regprocedure::text,
        case
            when l.lanname in ('sql', 'plpgsql') then pg_get_functiondef(p.oid)
            else format(
                'create function %%I.%%I(%%s) returns %%s language plpgsql as ''begin end''',
                s.nspname, p.proname,
                pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid)
            )
        end
    from pg_catalog.pg_proc as p
    inner join schemas as s on p.pronamespace = s.oid
    inner join pg_catalog.pg_language as l on p.prolang = l.oid
    where
        p.prokind in ('f', 'p')
        and not exists (
            select
            from pg_catalog.pg_depend as d
            inner join pg_catalog.pg_extension as e on d.refobjid = e.oid
            where
                d.classid = 'pg_proc'::regclass
                and d.objid = p.oid
                and d.refclassid = 'pg_extension'::regclass
                and e.extname = any(%(extensions)s::text[])
        )
    union all
    select
        9,
        'setting',
        'search_path',
        format(
            'select set_config(''search_path'', %%L, false);'
            ' do $$ begin execute format(''alter database %%%%I set search_path from current'','
            ' current_database()); end $$',
            %(search_path)s::text
        )
    where %(search_path)s::text is not null
    union all
    select
        10,
        'default privilege',
        d.defaclobjtype::text,
        format(
            'alter default privileges for role %%s%%s grant %%s on %%s to %%s%%s',
            d.defaclrole::regrole,
            case when n.nspname is not null then format(' in schema %%I', n.nspname) end,
            a.privilege_type,
            case d.defaclobjtype
                when 'r' then 'tables'
                when 'S' then 'sequences'
                when 'f' then 'functions'
                when 'T' then 'types'
                when 'n' then 'schemas'
                else 'large objects'
            end,
            case when a.grantee = 0 then 'public' else a.grantee::regrole::text end,
            case when a.is_grantable then ' with grant option' end
        )
    from pg_catalog.pg_default_acl as d
    left join pg_catalog.pg_namespace as n on d.defaclnamespace = n.oid
    cross join lateral pg_catalog.aclexplode(d.defaclacl) as a
    where
        concat_ws(
            ' ', coalesce(n.nspname, ''), d.defaclobjtype,
            case when a.grantee = 0 then 'public' else pg_get_userbyid(a.grantee) end
        ) <> all(%(privileges)s::text[])
        and a.grantee <> d.defaclrole
        and pg_get_userbyid(d.defaclrole) = session_user
        and (n.nspname is null or n.nspname = 'public')
    union all
    select
        11,
        'publication',
        b.pubname::text,
        format(
            'create publication %%I with (publish = %%L, publish_via_partition_root = %%s)',
            b.pubname,
            concat_ws(
                ', ',
                case when b.pubinsert then 'insert' end,
                case when b.pubupdate then 'update' end,
                case when b.pubdelete then 'delete' end,
                case when b.pubtruncate then 'truncate' end
            ),
            b.pubviaroot::text
        )
    from pg_catalog.pg_publication as b
    where b.pubname <> all(%(publications)s::text[])
    union all
    select
        12,
        'publication owner',
        b.pubname::text,
        format('alter publication %%I owner to %%s', b.pubname, b.pubowner::regrole)
    from pg_catalog.pg_publication as b
    where b.pubname <> all(%(publications)s::text[])
    union all
    select
        13,
        'usage',
        'public',
        format('grant usage on schema public to %%s', a.grantee::regrole)
    from pg_catalog.pg_namespace as n
    cross join lateral pg_catalog.aclexplode(n.nspacl) as a
    where
        n.nspname = 'public'
        and a.privilege_type = 'USAGE'
        and a.grantee not in (0, n.nspowner)
) as x
order by x.place, x.kind, x.name
