-- 002_policy_for_anon: policies that apply to PUBLIC, to anon, or to a role anon belongs to.
-- Why: a policy without a TO clause is for everybody, and nothing here is for people who have not
-- signed in. anon inside authenticated is reported once, by environment_memberships.
select
    'security' as severity,
    pg_catalog.format(
        '%I on %s.%I', p.polname, c.relnamespace::pg_catalog.regnamespace, c.relname
    ) as object,
    pg_catalog.format(
        'The policy applies to %s: people who have not signed in can match it.',
        pg_catalog.string_agg(distinct coalesce(r.rolname, 'PUBLIC'), ', ')
    ) as finding,
    pg_catalog.format(
        'alter policy %I on %s.%I to authenticated',
        p.polname,
        c.relnamespace::pg_catalog.regnamespace,
        c.relname
    ) as remedy
from pg_catalog.pg_policy as p
inner join pg_catalog.pg_class as c on p.polrelid = c.oid
cross join lateral pg_catalog.unnest(p.polroles) as applies (role)
left join pg_catalog.pg_roles as r on applies.role = r.oid
left join pg_catalog.pg_roles as anon on anon.rolname = 'anon'
where
    c.relnamespace = any(array(
        select n.oid from pg_catalog.pg_namespace as n
        where n.nspname in ('public', 'audit', 'arami_db')
    ))
    and (
        applies.role = 0
        or applies.role = anon.oid
        or (
            not anon.rolsuper
            and r.rolname not in ('authenticated', 'service_role', 'authenticator')
            and pg_catalog.pg_has_role(anon.oid, r.oid, 'MEMBER')
        )
    )
    and 'e' <> all(
        select d.deptype
        from pg_catalog.pg_depend as d
        where
            d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.objid = c.oid
    )
group by p.polname, c.relnamespace, c.relname
order by object
