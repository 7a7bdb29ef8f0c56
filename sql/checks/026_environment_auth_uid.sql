-- 026_environment_auth_uid: auth.uid() missing, or not what every policy takes it for.
-- Only if: not exists (
--         select from pg_catalog.pg_proc as p
--         inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid and n.nspname = 'auth'
--         inner join pg_catalog.pg_roles as r on r.rolname = 'authenticated'
--         where
--             p.proname = 'uid'
--             and p.pronargs = 0
--             and p.prokind = 'f'
--             and p.provolatile = 's'
--             and p.prorettype = 'pg_catalog.uuid'::pg_catalog.regtype
--             and not p.proretset
--             and pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
--             and pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE')
--     )
--     or exists (
--         select from pg_catalog.pg_roles as r
--         inner join pg_catalog.pg_namespace as n on n.nspname = 'auth'
--         where
--             r.rolname in ('anon', 'authenticated', 'authenticator', 'service_role')
--             and pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE')
--     )
--     or exists (
--         select from pg_catalog.pg_shdepend as d
--         where
--             d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
--             and d.deptype = 'o'
--             and d.refobjid::pg_catalog.regrole::pg_catalog.text
--             in ('anon', 'authenticated', 'authenticator', 'service_role')
--     )
-- Why: each policy compares with it. It must take nothing, return one uuid, be STABLE (VOLATILE, it
-- is never taken out of the loop over rows; IMMUTABLE, a cached plan keeps it for whoever comes
-- next), be within reach of authenticated, and not be an API role's to rewrite.
-- Schema auth is the platform's, so what is missing there has no remedy of ours.
with uid as (
    select
        p.oid,
        p.proowner,
        n.nspowner,
        p.provolatile,
        p.prorettype,
        p.proretset,
        n.oid as home
    from pg_catalog.pg_proc as p
    inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
    where n.nspname = 'auth' and p.proname = 'uid' and p.pronargs = 0 and p.prokind = 'f'
)

select
    problem.severity,
    'auth.uid()' as object,
    problem.finding,
    problem.remedy
from (values ('authenticated')) as wanted (name)
left join uid on true
left join pg_catalog.pg_roles as r on wanted.name = r.rolname
cross join
    lateral (
        values
        (
            uid.oid is null,
            'security',
            'The function does not exist: no policy can tell who is signed in.',
            null
        ),
        (
            uid.prorettype <> 'pg_catalog.uuid'::pg_catalog.regtype or uid.proretset,
            'security',
            'The function does not return one uuid.',
            null
        ),
        (
            uid.provolatile = 'v',
            'performance',
            'The function is VOLATILE: it is called for each row instead of once.',
            'alter function auth.uid() stable'
        ),
        (
            uid.provolatile = 'i',
            'security',
            'The function is IMMUTABLE: a cached plan keeps the id of whoever came first.',
            'alter function auth.uid() stable'
        ),
        (
            exists (
                select from pg_catalog.pg_roles as a
                where
                    a.rolname in ('anon', 'authenticated', 'authenticator', 'service_role')
                    and not a.rolsuper
                    and (
                        a.oid in (uid.proowner, uid.nspowner)
                        or pg_catalog.has_schema_privilege(a.oid, uid.home, 'CREATE')
                    )
            ),
            'security',
            'An API role owns the function or its schema, or may create in it: it says who it is.',
            null
        ),
        (
            not pg_catalog.has_schema_privilege(r.oid, uid.home, 'USAGE'),
            'integrity',
            'authenticated may not use schema auth: every policy raises an error.',
            'grant usage on schema auth to authenticated'
        ),
        (
            not pg_catalog.has_function_privilege(r.oid, uid.oid, 'EXECUTE'),
            'integrity',
            'authenticated may not execute the function: every policy raises an error.',
            'grant execute on function auth.uid() to authenticated'
        )
    ) as problem (found, severity, finding, remedy)
where problem.found
order by problem.finding
