-- Whether the API roles are not just as documented: one is missing, may do something else, belongs
-- to another role, does not belong where it should, or owns anything.
select
    not (
        (
            select
                pg_catalog.count(*) = 4
                and not pg_catalog.bool_or(
                    r.rolsuper
                    or r.rolcreaterole
                    or r.rolcreatedb
                    or r.rolreplication
                    or r.rolbypassrls <> (r.rolname = 'service_role')
                    or (r.rolcanlogin and r.rolname <> 'authenticator')
                    or (r.rolinherit and r.rolname = 'authenticator')
                )
            from pg_catalog.pg_roles as r
            where r.rolname in ('anon', 'authenticated', 'authenticator', 'service_role')
        )
        and (
            select
                pg_catalog.count(*) = 3
                and pg_catalog.bool_and(
                    m.member::pg_catalog.regrole::pg_catalog.text = 'authenticator'
                    and m.roleid::pg_catalog.regrole::pg_catalog.text
                    in ('anon', 'authenticated', 'service_role')
                    and not m.admin_option
                    and not coalesce(
                        (pg_catalog.to_jsonb(m) ->> 'inherit_option')::pg_catalog.bool, false
                    )
                    and coalesce(
                        (pg_catalog.to_jsonb(m) ->> 'set_option')::pg_catalog.bool, true
                    )
                )
            from pg_catalog.pg_auth_members as m
            where
                m.member::pg_catalog.regrole::pg_catalog.text
                in ('anon', 'authenticated', 'authenticator', 'service_role')
        )
        and not exists (
            select from pg_catalog.pg_shdepend as d
            where
                d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                and d.deptype = 'o'
                and d.refobjid::pg_catalog.regrole::pg_catalog.text
                in ('anon', 'authenticated', 'authenticator', 'service_role')
        )
    ) as roles_differ
