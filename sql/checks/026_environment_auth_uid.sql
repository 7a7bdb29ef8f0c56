-- 026_environment_auth_uid: auth.uid() missing, or not what every policy needs.
-- Why: each policy compares with it. It must take no argument, return one uuid, be STABLE (VOLATILE
-- it is called for each row; IMMUTABLE a cached plan keeps its value for the next user), be
-- executable by authenticated, and not be replaceable by an API role.
-- Schema auth belongs to the platform, so we have no remedy for what is missing there.
with uid as (
    select
        p.oid,
        p.proowner,
        n.nspowner,
        n.nspacl,
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
            'The function is IMMUTABLE: a cached plan keeps the id of its first user.',
            'alter function auth.uid() stable'
        ),
        (
            exists (
                -- With inheritance or without: a member may become the role.
                select from api as a
                where
                    a.acts_as in (uid.proowner, uid.nspowner)
                    or a.acts_as in (
                        select entry.grantee
                        from pg_catalog.aclexplode(uid.nspacl) as entry
                        where entry.privilege_type = 'CREATE'
                    )
            ),
            'security',
            'An API role owns the function or its schema, or may create in it: it may be anybody.',
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
        ),
        (
            exists (
                select from functions as f
                where
                    f.pronamespace = pg_catalog.to_regnamespace('audit')
                    and f.prosecdef
                    and not (
                        pg_catalog.has_schema_privilege(f.proowner, uid.home, 'USAGE')
                        and pg_catalog.has_function_privilege(f.proowner, uid.oid, 'EXECUTE')
                    )
            ),
            'integrity',
            'The owner of the functions that keep the change log may not execute it: writes fail.',
            null
        )
    ) as problem (found, severity, finding, remedy)
where problem.found
