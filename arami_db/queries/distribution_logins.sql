-- How a machine authenticates the API's roles from this client's address: the first line of its
-- pg_hba.conf that matches decides. A line with host names is not evaluated.
select
    pg_catalog.json_object_agg(
        r.rolname,
        (
            select
                case
                    when h.address ~ '^[0-9a-f.:]+$' or h.address in ('all', 'samehost', 'samenet')
                        then h.auth_method
                    else 'unknown'
                end
            from pg_catalog.pg_hba_file_rules as h
            cross join (
                select
                    pg_catalog.inet_client_addr() as address,
                    coalesce(
                        (
                            select s.ssl from pg_catalog.pg_stat_ssl as s
                            where s.pid = pg_catalog.pg_backend_pid()
                        ),
                        false
                    ) as ssl
            ) as here
            where
                h.error is null
                and h.type in ('host', case when here.ssl then 'hostssl' else 'hostnossl' end)
                and h.database && array['all', pg_catalog.current_database()::text]
                and exists (
                    select from unnest(h.user_name) as u (name)
                    where
                        u.name in ('all', r.rolname)
                        or u.name like '+%'
                        and pg_catalog.pg_has_role(
                            r.oid, pg_catalog.to_regrole(pg_catalog.substr(u.name, 2)), 'member'
                        )
                )
                and case
                    when h.netmask is null or here.address is null then true
                    when pg_catalog.family(h.address::inet) <> pg_catalog.family(here.address)
                        then false
                    else
                        (h.address::inet & h.netmask::inet)
                        = (pg_catalog.set_masklen(here.address, pg_catalog.masklen(h.netmask::inet))
                            & h.netmask::inet)
                end
            order by h.line_number
            limit 1
        )
    )
from pg_catalog.pg_roles as r
where r.rolname in ('anon', 'authenticated', 'service_role')
