-- 001_rls_disabled: tables without row level security, or with it and no policy to let one in.
-- Why: in public, row level security is all that stands between one person's rows and another's. In
-- audit nothing is reachable and a policy would be a door; there RLS is on and no policy is wanted.
select
    case when c.relrowsecurity then 'integrity' else 'security' end as severity,
    pg_catalog.format('%s.%I', c.relnamespace::pg_catalog.regnamespace, c.relname) as object,
    case
        when c.relrowsecurity
            then 'Row level security is on and no permissive policy exists: API roles see no row.'
        else 'Row level security is off: whoever holds a grant sees and changes every row.'
    end as finding,
    case
        when not c.relrowsecurity
            then
                pg_catalog.format(
                    'alter table %s.%I enable row level security',
                    c.relnamespace::pg_catalog.regnamespace,
                    c.relname
                )
    end as remedy
from pg_catalog.pg_class as c
where
    c.relnamespace = any(array(
        select n.oid from pg_catalog.pg_namespace as n
        where n.nspname in ('public', 'audit')
    ))
    and c.relkind in ('r', 'p')
    and (
        not c.relrowsecurity
        or (
            c.relnamespace = pg_catalog.to_regnamespace('public')
            and not exists (
                select from pg_catalog.pg_policy as p
                where p.polrelid = c.oid and p.polpermissive
            )
        )
    )
    and 'e' <> all(
        select d.deptype
        from pg_catalog.pg_depend as d
        where
            d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.objid = c.oid
    )
order by object
