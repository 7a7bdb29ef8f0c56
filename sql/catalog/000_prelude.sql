-- 000_prelude: which objects are ours, the roles of the API, and all grants; once for all files.
-- Why: every query of catalog/ and checks/ runs after this text, as a sub-select, and may use its
-- definitions. To run one by hand:
--     cd sql; file=checks/001_rls_disabled.sql
--     (cat catalog/000_prelude.sql; echo 'select * from ('; cat $file; echo ') as x') | psql
--
-- It only reads catalogs that every role may read. The caller fixes the settings by which Postgres
-- writes definitions, with search_path = pg_catalog, pg_temp: that qualifies the same names as an
-- empty path, and keeps temporary objects from shadowing a catalog.
--
-- The setting arami_db.schemas, an array, names further schemas to state: `baseline` compares those
-- that the migrations of any project make. `verify` sets it to none.
--
-- The setting arami_db.own, an array, names what the files make: `verify` sets it to the objects
-- of the snapshot. Other objects in public are neighbours: checks apply the rules that protect rows
-- and accounts to them, but not the conventions of the files. Without it all objects count as own.
--
-- With Citus the settings arami_db.distributed and arami_db.shards, arrays of oids, name the
-- distributed tables, and the relations and types on this machine that hold parts of them.
--
-- Facts are relative to the platform, so that plain Postgres and Supabase agree:
--   owner      the owner of most of our relations, who migrated; any other role by its name
--   Supabase   where schema auth has another owner
--   public     PUBLIC; a grant to a superuser changes nothing and is not stated
--   schema public is the platform's: its owner, the database's and superusers count as the owner
-- noqa: disable=AL03, LT01, LT06, RF02, ST03, ST05
with own as (
    select
        nullif(
            pg_catalog.current_setting('arami_db.own', true), ''
        )::pg_catalog.text[] as names
),

schemas as (
    select
        n.oid,
        n.nspname::pg_catalog.text as name,
        pg_catalog.quote_ident(n.nspname) as object,
        n.nspowner,
        n.nspacl
    from pg_catalog.pg_namespace as n
    where
        n.nspname in ('public', 'audit', 'arami_db')
        or n.nspname = any(
            nullif(
                pg_catalog.current_setting('arami_db.schemas', true), ''
            )::pg_catalog.text[]
        )
),

platform_schemas as (
    select n.oid
    from pg_catalog.pg_namespace as n
    where
        n.nspname ~ '^(pg_|supabase_|_)'
        or n.nspname in (
            'information_schema', 'auth', 'storage', 'realtime', 'extensions', 'graphql',
            'graphql_public', 'vault', 'pgsodium', 'pgsodium_masks', 'net', 'cron', 'pgmq',
            'pgmq_public', 'pgbouncer', 'pgtle'
        )
),

-- The schemas that PostgREST is configured to expose, without ours and the platform's.
exposed as (
    select distinct n.oid
    from pg_catalog.pg_db_role_setting as cfg
    left join pg_catalog.pg_roles as r on cfg.setrole = r.oid
    left join pg_catalog.pg_database as d on cfg.setdatabase = d.oid
    cross join lateral pg_catalog.unnest(cfg.setconfig) as setting (line)
    inner join pg_catalog.pg_namespace as n
        on
            n.nspname = any(
                pg_catalog.regexp_split_to_array(
                    pg_catalog.btrim(pg_catalog.substring(setting.line, '=(.*)$')), '[",\s]+'
                )
            )
    where
        setting.line like 'pgrst.db\_schema%'
        and coalesce(r.rolname, 'authenticator') = 'authenticator'
        and coalesce(d.datname, pg_catalog.current_database()) = pg_catalog.current_database()
        and n.oid not in (select s.oid from schemas as s)
        and n.oid not in (select s.oid from platform_schemas as s)
),

-- Harmless members of extensions: those with C code or without code. The owner of an extension may
-- add members to it, so tables, views, SECURITY DEFINER functions and functions in a language that
-- anybody may write are stated like everything else. The members of Citus are stated as a whole, in
-- 230_extension.
members as (
    select
        d.classid,
        d.objid
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_extension as x
        on
            d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
            and d.refobjid = x.oid
    left join pg_catalog.pg_operator as o
        on d.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass and d.objid = o.oid
    left join pg_catalog.pg_cast as k
        on d.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass and d.objid = k.oid
    left join pg_catalog.pg_event_trigger as e
        on d.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass and d.objid = e.oid
    left join pg_catalog.pg_proc as p
        on p.oid = case d.classid
            when 'pg_catalog.pg_proc'::pg_catalog.regclass then d.objid
            else coalesce(o.oprcode, k.castfunc, e.evtfoid)
        end
    left join pg_catalog.pg_language as l on p.prolang = l.oid
    where
        d.deptype = 'e'
        and (
            x.extname = 'citus'
            or (
                d.classid <> 'pg_catalog.pg_class'::pg_catalog.regclass
                and (p.oid is null or (l.lanname in ('c', 'internal') and not p.prosecdef))
            )
        )
),

-- Tables that Citus distributes; none without Citus.
distributed as (
    select
        pg_catalog.unnest(
            nullif(
                pg_catalog.current_setting('arami_db.distributed', true), ''
            )::pg_catalog.oid[]
        ) as oid
),

-- What Citus creates for tables with a part on this machine: shards, their indexes and types.
shards as (
    select
        pg_catalog.unnest(
            nullif(pg_catalog.current_setting('arami_db.shards', true), '')::pg_catalog.oid[]
        ) as oid
),

-- Owners and comments of all objects that users created, and of schema public.
comments as (
    select
        d.classoid,
        d.objoid,
        d.objsubid,
        d.description
    from pg_catalog.pg_description as d
    where d.objoid >= 16384 or d.objoid = pg_catalog.to_regnamespace('public')
),

-- Tables, views, sequences, composite types and indexes, ours and those of exposed schemas.
guarded_relations as (
    select
        c.oid,
        c.relname,
        c.relnamespace,
        c.relkind,
        c.relowner,
        c.relacl,
        c.reloptions,
        c.relrowsecurity,
        c.relispartition,
        c.relnamespace in (select s.oid from schemas as s) as is_ours,
        coalesce(
            c.oid::pg_catalog.regclass::pg_catalog.text = any(
                (select o.names from own as o)::pg_catalog.text[]
            ),
            true
        ) as is_made,
        c.oid::pg_catalog.regclass::pg_catalog.text as object,
        case c.relkind
            when 'r' then 'table'
            when 'p' then 'table'
            when 'v' then 'view'
            when 'm' then 'materialized view'
            when 'f' then 'foreign table'
            when 'S' then 'sequence'
            when 'c' then 'type'
            else 'index'
        end as kind
    from pg_catalog.pg_class as c
    where
        c.relnamespace in (
            select s.oid from schemas as s
            union all
            select x.oid from exposed as x
        )
        and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c', 'i', 'I')
        -- The member of an extension is the composite type, not its relation.
        and not (
            c.relkind = 'c'
            and c.reltype in (
                select m.objid
                from members as m
                where m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
            )
        )
        and c.oid not in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            union all
            select s.oid
            from shards as s
        )
),

relations as (
    select * from guarded_relations
    where is_ours
),

-- Our types, row types, arrays and multiranges included.
types as (
    select
        t.*,
        pg_catalog.format('%s.%I', t.typnamespace::pg_catalog.regnamespace, t.typname) as object
    from pg_catalog.pg_type as t
    where
        t.typnamespace in (select s.oid from schemas as s)
        and t.oid not in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
            union all
            select s.oid
            from shards as s
        )
        and t.typrelid not in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        )
),

-- The conditions of policies on our tables and those of exposed schemas: text and expression tree.
conditions as (
    select
        y.oid as policy,
        y.polrelid,
        y.polcmd,
        y.polpermissive,
        r.is_ours and r.is_made as is_ours,
        pg_catalog.format('%I on %s', y.polname, r.object) as object,
        part.clause,
        part.tree,
        pg_catalog.pg_get_expr(part.tree, r.oid) as text
    from pg_catalog.pg_policy as y
    inner join guarded_relations as r on y.polrelid = r.oid
    cross join
        lateral (
            values ('using', y.polqual), ('with check', y.polwithcheck)
        ) as part (clause, tree)
    where part.tree is not null
),

guarded_functions as (
    select
        p.*,
        coalesce(
            p.object = any((select o.names from own as o)::pg_catalog.text[]), true
        ) as is_made
    from (
        select
            p.*,
            p.pronamespace in (select s.oid from schemas as s) as is_ours,
            pg_catalog.format(
                '%s.%I(%s)',
                p.pronamespace::pg_catalog.regnamespace,
                p.proname,
                pg_catalog.oidvectortypes(p.proargtypes)
            ) as object,
            case p.prokind
                when 'f' then 'function'
                when 'p' then 'procedure'
                when 'a' then 'aggregate'
                when 'w' then 'window function'
            end as kind
        from pg_catalog.pg_proc as p
        where
            p.pronamespace in (
                select s.oid from schemas as s
                union all
                select x.oid from exposed as x
            )
            and p.oid not in (
                select m.objid
                from members as m
                where m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
            )
    ) as p
),

functions as (
    select * from guarded_functions
    where is_ours
),

platform as (
    select
        d.oid,
        d.datdba,
        d.datacl,
        m.migrator,
        exists(
            select
            from pg_catalog.pg_namespace as n
            where n.nspname = 'auth' and n.nspowner is distinct from m.migrator
        ) as is_supabase
    from pg_catalog.pg_database as d
    -- The owner of most: one object of another owner must not make all the rest look different.
    cross join (
        select pg_catalog.mode() within group (order by r.relowner) as migrator
        from relations as r
    ) as m
    where d.datname = pg_catalog.current_database()
),

-- Every role, and PUBLIC as role 0.
roles as (
    select
        r.oid,
        pg_catalog.quote_ident(r.rolname) as name,
        case
            when r.oid = d.migrator then 'owner'
            when r.rolname = 'owner' then '"owner"'
            else pg_catalog.quote_ident(r.rolname)
        end collate "C" as label,
        (r.rolsuper and coalesce(r.oid <> d.migrator, true)) as is_super,
        (
            r.rolsuper
            or coalesce(r.oid in (d.migrator, d.datdba), false)
            or r.rolname = 'pg_database_owner'
        ) as is_platform,
        d.is_supabase and r.rolname ~ '^(supabase_.*|dashboard_user|pgbouncer)$' as is_supabase
    from pg_catalog.pg_roles as r
    cross join platform as d
    union all
    select
        0::pg_catalog.oid,
        'public',
        'public',
        false,
        false,
        false
),

-- The roles whose rights each role of the API has: itself, PUBLIC, and each role it may become or
-- is a member of, with inheritance or without.
api as (
    select
        a.oid,
        a.rolname::pg_catalog.text as name,
        r.oid as acts_as
    from pg_catalog.pg_roles as a
    inner join pg_catalog.pg_roles as r
        on
            a.oid = r.oid
            or (not a.rolsuper and pg_catalog.pg_has_role(a.oid, r.oid, 'MEMBER'))
    where a.rolname in ('anon', 'authenticated', 'service_role', 'authenticator')
    union all
    select
        a.oid,
        a.rolname::pg_catalog.text,
        0::pg_catalog.oid
    from pg_catalog.pg_roles as a
    where a.rolname in ('anon', 'authenticated', 'service_role', 'authenticator')
),

-- What users of the API may read or write, and as which role.
served as (
    select
        r.oid as relation,
        a.acts_as
    from guarded_relations as r
    inner join api as a
        on
            a.name in ('anon', 'authenticated')
            and (
                pg_catalog.has_table_privilege(
                    a.acts_as, r.oid, 'select, insert, update, delete'
                )
                or pg_catalog.has_any_column_privilege(
                    a.acts_as, r.oid, 'select, insert, update'
                )
            )
    where r.kind in ('table', 'view', 'materialized view')
),

-- The platform's table of logins, if there is one; migration 023 creates triggers on it.
logins as (
    select
        c.oid,
        c.relnamespace
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid
    where
        n.nspname = 'auth'
        and c.relname = 'users'
        and c.relkind in ('r', 'p')
        and a.attname = 'id'
        and a.atttypid = 'pg_catalog.uuid'::pg_catalog.regtype
),

-- Supabase's usual foreign key, from the profile's id to the login's. It is optional, since it does
-- no more than the triggers do. Any other form of it is stated like everything else.
login_keys as (
    select k.oid
    from pg_catalog.pg_constraint as k
    inner join relations as r on k.conrelid = r.oid and r.object = 'public.users'
    inner join logins as l on k.confrelid = l.oid
    inner join pg_catalog.pg_index as i on k.conindid = i.indexrelid and i.indisprimary
    where
        k.contype = 'f'
        and k.confdeltype = 'c'
        and k.confupdtype = 'a'
        and k.confmatchtype = 's'
        and k.convalidated
        and coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::pg_catalog.bool, true)
        and not k.condeferrable
        and pg_catalog.cardinality(k.conkey) = 1
        and k.conkey[1] = (
            select a.attnum
            from pg_catalog.pg_attribute as a
            where a.attrelid = k.conrelid and a.attname = 'id' and not a.attisdropped
        )
        and k.confkey[1] = (
            select a.attnum
            from pg_catalog.pg_attribute as a
            where a.attrelid = k.confrelid and a.attname = 'id' and not a.attisdropped
        )
        and 4 = (
            select pg_catalog.count(*)
            from pg_catalog.pg_trigger as t
            where t.tgconstraint = k.oid and t.tgenabled = 'O'
        )
),

-- Objects that can have grants: their owners, their privileges, and their default privileges.
grantables as (
    select
        'schema' as kind,
        s.object,
        s.nspowner as owner,
        s.nspacl as acl,
        pg_catalog.acldefault('n', s.nspowner) as usual,
        null::pg_catalog.oid as relation,
        null::pg_catalog.text as column_name
    from schemas as s
    union all
    select
        'database',
        'database',
        d.datdba,
        d.datacl,
        pg_catalog.acldefault('d', d.datdba),
        null,
        null
    from platform as d
    union all
    select
        r.kind,
        r.object,
        r.relowner,
        r.relacl,
        case r.kind
            when 'sequence' then pg_catalog.acldefault('s', r.relowner)
            else pg_catalog.acldefault('r', r.relowner)
        end,
        r.oid,
        null
    from relations as r
    where r.kind not in ('index', 'type')
    union all
    select
        'column',
        pg_catalog.format('%s.%I', r.object, a.attname),
        r.relowner,
        a.attacl,
        null,
        r.oid,
        pg_catalog.quote_ident(a.attname)
    from relations as r
    inner join pg_catalog.pg_attribute as a on r.oid = a.attrelid
    where a.attacl is not null and not a.attisdropped
    union all
    select
        p.kind,
        p.object,
        p.proowner,
        p.proacl,
        pg_catalog.acldefault('f', p.proowner),
        null,
        null
    from functions as p
    union all
    -- For a row type only grants that differ from those of its table.
    select
        'type',
        t.object,
        -- The owner's own right counts, too: it is all that is left where PUBLIC lost it.
        case when c.oid is null then t.typowner end,
        t.typacl,
        case when c.oid is null then pg_catalog.acldefault('T', t.typowner) end,
        null,
        null
    from types as t
    left join pg_catalog.pg_class as c on t.typrelid = c.oid and c.relkind <> 'c'
    where
        t.typsubscript <> 'pg_catalog.array_subscript_handler'::pg_catalog.regproc
        and t.typtype <> 'm'
        and (
            c.oid is null
            or not (
                t.typacl <@ pg_catalog.acldefault('T', t.typowner)
                and t.typacl @> pg_catalog.acldefault('T', t.typowner)
            )
        )
),

-- All privileges on objects of ours, with those that owners have by default.
grants as (
    select
        g.*,
        entry.grantor,
        entry.grantee,
        pg_catalog.lower(entry.privilege_type collate "C") as privilege,
        entry.is_grantable
    from grantables as g
    cross join lateral pg_catalog.aclexplode(coalesce(g.acl, g.usual)) as entry
),

-- Roles that grants and row level security do not limit: Postgres's own, those with powerful
-- attributes, the API's, and owners of objects of ours.
powers as (
    select
        r.oid,
        r.rolname
    from pg_catalog.pg_roles as r
    where
        r.rolname ~ '^pg_'
        or r.rolsuper
        or r.rolcreaterole
        or r.rolcreatedb
        or r.rolreplication
        or r.rolbypassrls
        or r.oid in (select a.oid from api as a)
        or r.oid in (select g.owner from grantables as g)
)
