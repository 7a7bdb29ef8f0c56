-- 017_internal_schema: the ledger or the audit log within reach of the API.
-- Why: schemas audit and arami_db are for administrators. No API role, not even service_role, holds
-- anything there. What a role of theirs holds counts too.
with api (role) as (
    select 0::pg_catalog.oid
    union
    select r.oid
    from pg_catalog.pg_roles as a
    inner join pg_catalog.pg_roles as r
        on
            a.oid = r.oid
            or (not a.rolsuper and pg_catalog.pg_has_role(a.oid, r.oid, 'MEMBER'))
    where a.rolname in ('anon', 'authenticated', 'service_role', 'authenticator')
),

schemas as (
    select
        n.oid,
        n.nspname,
        n.nspowner,
        n.nspacl
    from pg_catalog.pg_namespace as n
    where n.nspname in ('audit', 'arami_db')
),

relations as (
    select
        c.oid,
        c.relowner,
        c.relacl,
        case c.relkind when 'S' then 'sequence' else 'table' end as kind,
        pg_catalog.format('%s.%I', c.relnamespace::pg_catalog.regnamespace, c.relname) as object
    from pg_catalog.pg_class as c
    where
        c.relnamespace = any(array(select s.oid from schemas as s))
        and 'e' <> all(
            select d.deptype
            from pg_catalog.pg_depend as d
            where
                d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.objid = c.oid
        )
),

routines as (
    select
        p.proowner,
        p.proacl,
        pg_catalog.format(
            '%s.%I(%s)',
            p.pronamespace::pg_catalog.regnamespace,
            p.proname,
            pg_catalog.oidvectortypes(p.proargtypes)
        ) as object
    from pg_catalog.pg_proc as p
    where
        p.pronamespace = any(array(select s.oid from schemas as s))
        and 'e' <> all(
            select d.deptype
            from pg_catalog.pg_depend as d
            where
                d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                and d.objid = p.oid
        )
),

grants as (
    select
        'schema' as kind,
        pg_catalog.quote_ident(s.nspname) as object,
        s.nspowner as owner,
        acl.grantee,
        acl.privilege_type,
        '' as columns
    from schemas as s
    cross join lateral pg_catalog.aclexplode(s.nspacl) as acl
    union all
    select
        r.kind,
        r.object,
        r.relowner,
        acl.grantee,
        acl.privilege_type,
        '' as columns
    from relations as r
    cross join lateral pg_catalog.aclexplode(r.relacl) as acl
    union all
    select
        'column' as kind,
        pg_catalog.format('%s.%I', r.object, a.attname) as object,
        r.relowner,
        acl.grantee,
        acl.privilege_type,
        pg_catalog.format('(%I) on table %s', a.attname, r.object) as columns
    from relations as r
    inner join pg_catalog.pg_attribute as a on r.oid = a.attrelid and not a.attisdropped
    cross join lateral pg_catalog.aclexplode(a.attacl) as acl
    where
        a.attrelid = any(array(select o.oid from relations as o))
        and a.attacl is not null
    union all
    select
        'routine' as kind,
        p.object,
        p.proowner,
        acl.grantee,
        acl.privilege_type,
        '' as columns
    from routines as p
    cross join
        lateral pg_catalog.aclexplode(
            coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))
        ) as acl
)

select
    'security' as severity,
    g.object,
    pg_catalog.format(
        '%s on this %s is granted to %s: the API must not reach it.',
        pg_catalog.string_agg(distinct g.privilege_type, ', '),
        g.kind,
        coalesce(r.rolname, 'PUBLIC')
    ) as finding,
    pg_catalog.format(
        'revoke all %s from %s',
        case g.columns
            when '' then pg_catalog.format('on %s %s', g.kind, g.object)
            else g.columns
        end,
        case g.grantee when 0 then 'public' else pg_catalog.quote_ident(r.rolname) end
    ) as remedy
from grants as g
inner join api on g.grantee = api.role
left join pg_catalog.pg_roles as r on g.grantee = r.oid
where g.grantee <> g.owner
group by g.object, g.kind, g.columns, g.grantee, r.rolname
order by g.object, finding
