-- What a premise may name: each is asked once, however many premises name it.
--   roles_differ  the API roles are not just as documented: one is missing, may do something else,
--                 belongs to another role, does not belong where it should, owns anything, or was
--                 granted what is Postgres's own
--   inside        the catalogs, but for pg_class and pg_proc, of which something is in our schemas
--   filled        of the catalogs that mostly are empty, those that have pages
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
                and (
                    d.deptype = 'o'
                    or (
                        d.deptype = 'a'
                        and d.objid < 16384
                        and d.objid <> pg_catalog.to_regnamespace('public')
                    )
                )
                and d.refobjid::pg_catalog.regrole::pg_catalog.text
                in ('anon', 'authenticated', 'authenticator', 'service_role')
        )
    ) as roles_differ,
    array(
        select d.classid::pg_catalog.regclass::pg_catalog.text
        from pg_catalog.pg_depend as d
        where
            d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
            and d.classid <> 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.classid <> 'pg_catalog.pg_proc'::pg_catalog.regclass
            and d.refobjid::pg_catalog.regnamespace::pg_catalog.text
            in ('public', 'audit', 'arami_db')
    ) as inside,
    array(
        select c.relname::pg_catalog.text
        from pg_catalog.pg_class as c
        where
            c.oid = any('{
                pg_db_role_setting, pg_default_acl, pg_event_trigger, pg_foreign_table,
                pg_inherits, pg_parameter_acl, pg_publication, pg_publication_namespace,
                pg_publication_rel, pg_seclabel, pg_statistic_ext, pg_subscription_rel
            }'::pg_catalog.regclass[])
            and pg_catalog.pg_relation_size(c.oid) > 0
    ) as filled
