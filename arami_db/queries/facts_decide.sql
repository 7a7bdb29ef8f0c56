-- Whether a check that reads only what the facts state finds in equal facts what it found before.
-- Not where an API role belongs to another role, whose grants would be its own; and not where a
-- policy or trigger of ours calls a function elsewhere, whose body and volatility no fact states.
-- The search_path is pinned: a name has its schema before it, unless that is pg_catalog.
select
    not exists (
        select from pg_catalog.pg_auth_members as m
        inner join pg_catalog.pg_roles as r on m.member = r.oid
        where
            r.rolname in ('anon', 'authenticated', 'service_role')
            or (
                r.rolname = 'authenticator'
                and m.roleid::pg_catalog.regrole::pg_catalog.text
                not in ('anon', 'authenticated', 'service_role')
            )
    )
    and not exists (
        select from pg_catalog.pg_trigger as t
        where
            not t.tgisinternal
            and t.tgfoid::pg_catalog.regproc::pg_catalog.text !~ '^(public|audit|arami_db)[.]'
            and t.tgrelid::pg_catalog.regclass::pg_catalog.text ~ '^(public|audit|arami_db)[.]'
    )
    and not exists (
        select from pg_catalog.pg_depend as d
        inner join pg_catalog.pg_policy as y on d.objid = y.oid
        where
            d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
            and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
            and d.refobjid::pg_catalog.regprocedure::pg_catalog.text
            !~ '^((public|audit|arami_db)[.]|auth[.]uid[(][)])'
            and y.polrelid::pg_catalog.regclass::pg_catalog.text ~ '^(public|audit|arami_db)[.]'
    )
