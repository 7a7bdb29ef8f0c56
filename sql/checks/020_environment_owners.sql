-- 020_environment_owners: objects of the schema that an API role owns.
-- Why: an owner is above its own row level security and grants, and may drop or rewrite the object.
-- The remedy hands it to the owner of public.users, who migrated it. A sequence that belongs to a
-- column follows its table. An extension's objects count: nobody gives them to an API role.
with owned as (
    select
        'schema' as kind,
        pg_catalog.quote_ident(n.nspname) as object,
        n.nspowner as owner
    from pg_catalog.pg_namespace as n
    where n.nspname in ('public', 'audit', 'arami_db')
    union all
    select
        'database' as kind,
        pg_catalog.quote_ident(b.datname) as object,
        b.datdba
    from pg_catalog.pg_database as b
    where b.datname = pg_catalog.current_database()
    union all
    select
        case c.relkind
            when 'v' then 'view'
            when 'm' then 'materialized view'
            when 'S' then 'sequence'
            when 'f' then 'foreign table'
            else 'table'
        end as kind,
        pg_catalog.format('%s.%I', c.relnamespace::pg_catalog.regnamespace, c.relname) as object,
        c.relowner
    from pg_catalog.pg_class as c
    where
        c.relnamespace = any(array(
            select n.oid from pg_catalog.pg_namespace as n
            where n.nspname in ('public', 'audit', 'arami_db')
        ))
        and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        and not exists (
            select from pg_catalog.pg_depend as d
            where
                c.relkind = 'S'
                and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.objid = c.oid
                and d.deptype in ('a', 'i')
        )
    union all
    select
        'routine' as kind,
        pg_catalog.format(
            '%s.%I(%s)',
            p.pronamespace::pg_catalog.regnamespace,
            p.proname,
            pg_catalog.oidvectortypes(p.proargtypes)
        ) as object,
        p.proowner
    from pg_catalog.pg_proc as p
    where
        p.pronamespace = any(array(
            select n.oid from pg_catalog.pg_namespace as n
            where n.nspname in ('public', 'audit', 'arami_db')
        ))
    union all
    select
        'type' as kind,
        pg_catalog.format('%s.%I', t.typnamespace::pg_catalog.regnamespace, t.typname) as object,
        t.typowner
    from pg_catalog.pg_type as t
    where
        t.typnamespace = any(array(
            select n.oid from pg_catalog.pg_namespace as n
            where n.nspname in ('public', 'audit', 'arami_db')
        ))
        and (
            t.typtype in ('d', 'e', 'r')
            or (
                select c.relkind
                from pg_catalog.pg_class as c
                where c.oid = t.typrelid
            ) = 'c'
        )
)

select
    'security' as severity,
    o.object,
    pg_catalog.format('The API role %I owns this %s.', r.rolname, o.kind) as finding,
    (
        select pg_catalog.format('alter %s %s owner to %I', o.kind, o.object, keeper.rolname)
        from pg_catalog.pg_class as u
        inner join pg_catalog.pg_namespace as un on u.relnamespace = un.oid
        inner join pg_catalog.pg_roles as keeper on u.relowner = keeper.oid
        where
            un.nspname = 'public'
            and u.relname = 'users'
            and keeper.rolname not in ('anon', 'authenticated', 'authenticator', 'service_role')
    ) as remedy
from owned as o
inner join pg_catalog.pg_roles as r on o.owner = r.oid
where r.rolname in ('anon', 'authenticated', 'authenticator', 'service_role')
order by o.object
