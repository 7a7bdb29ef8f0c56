-- 004_view_security_invoker: views that see with their owner's eyes, past row level security.
-- Why: without security_invoker a view shows every user's rows to whoever may select from it. A
-- materialized view has no row level security at all, so API roles must not reach one. A view in
-- public that nobody may select from yet is one grant away from the same leak.
with api (role) as (
    select 0::pg_catalog.oid
    union
    select r.oid
    from pg_catalog.pg_roles as a
    inner join pg_catalog.pg_roles as r
        on
            a.oid = r.oid
            or (not a.rolsuper and pg_catalog.pg_has_role(a.oid, r.oid, 'MEMBER'))
    where a.rolname in ('anon', 'authenticated')
),

views as (
    select
        c.relkind,
        c.relnamespace,
        pg_catalog.format('%s.%I', c.relnamespace::pg_catalog.regnamespace, c.relname) as object,
        coalesce((
            select o.option_value::pg_catalog.bool
            from pg_catalog.pg_options_to_table(c.reloptions) as o
            where o.option_name = 'security_invoker'
        ), false) as invoker,
        exists (
            select from pg_catalog.aclexplode(c.relacl) as acl
            inner join api on acl.grantee = api.role
            where acl.grantee <> c.relowner
        )
        or exists (
            select from pg_catalog.pg_attribute as att
            cross join lateral pg_catalog.aclexplode(att.attacl) as acl
            inner join api on acl.grantee = api.role
            where att.attrelid = c.oid and att.attacl is not null and acl.grantee <> c.relowner
        ) as reachable
    from pg_catalog.pg_class as c
    where
        c.relnamespace = any(array(
            select n.oid from pg_catalog.pg_namespace as n
            where n.nspname in ('public', 'audit', 'arami_db')
        ))
        and c.relkind in ('v', 'm')
        and 'e' <> all(
            select d.deptype
            from pg_catalog.pg_depend as d
            where
                d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.objid = c.oid
        )
)

select
    case when reachable then 'security' else 'integrity' end as severity,
    object,
    case
        when relkind = 'm'
            then 'API roles can read this materialized view, which row level security cannot guard.'
        when reachable
            then 'API roles can use this view and it runs as its owner, past row level security.'
        else 'The view runs as its owner: one grant would show every user''s rows to an API role.'
    end as finding,
    case
        when relkind = 'm'
            then
                pg_catalog.format(
                    'revoke all on table %s from public, anon, authenticated', object
                )
        else pg_catalog.format('alter view %s set (security_invoker = true)', object)
    end as remedy
from views
where
    (
        relkind = 'v'
        and not invoker
        and (reachable or relnamespace = pg_catalog.to_regnamespace('public'))
    )
    or (relkind = 'm' and reachable)
order by object
