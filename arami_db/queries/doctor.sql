-- The surroundings of a role: the server, the role, the database and its connections.
-- Only catalogs that every role may read; nothing is looked up by name.
with other_sessions as (
    select
        a.usesysid,
        a.datid
    from pg_catalog.pg_stat_activity as a
    where a.usesysid is not null and a.datid is not null -- few roles may read backend_type
),

ledger as (
    select
        c.relowner,
        c.relowner::regrole::text as owner
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = 'arami_db' and c.relname = 'migration'
)

select
    split_part(current_setting('server_version'), ' ', 1) as version,
    case
        when exists (
            select from pg_catalog.pg_roles as s
            where s.rolname = 'supabase_admin'
        ) then 'supabase'
        when auth.owner is null then 'plain'
        when pg_has_role(auth.nspowner, 'usage') then 'plain, with the auth stub'
        else 'schema auth of ' || auth.owner
    end as platform,
    r.rolname::text as role,
    session_user::text as login,
    array_remove(array[
        case when r.rolsuper then 'superuser' end,
        case when r.rolcreaterole then 'createrole' end,
        case when r.rolcreatedb then 'createdb' end,
        case when r.rolbypassrls then 'bypassrls' end,
        case when r.rolreplication then 'replication' end
    ], null) as attributes,
    array(
        select distinct m.roleid::regrole::text
        from pg_catalog.pg_auth_members as m
        where m.member = r.oid
        order by 1
    ) as member_of,
    d.datdba::regrole::text as database_owner,
    pg_has_role(d.datdba, 'usage') as owns_database,
    has_database_privilege(d.oid, 'create') as may_create_schemas,
    coalesce(
        (
            select has_schema_privilege(n.oid, 'create') from pg_catalog.pg_namespace as n
            where n.nspname = 'public'
        ),
        false
    ) as may_create_in_public,
    (select l.owner from ledger as l) as tables_of,
    coalesce((select pg_has_role(l.relowner, 'usage') from ledger as l), true) as owns_tables,
    exists (
        select
        from pg_catalog.pg_proc as p
        inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
        where
            n.nspname = 'audit'
            and p.proname = 'move_sessions'
            and has_function_privilege(p.oid, 'execute')
            and r.rolbypassrls
    ) as may_archive,
    coalesce(
        (
            select pg_has_role(m.oid, 'usage') from pg_catalog.pg_roles as m
            where m.rolname = 'pg_maintain'
        ),
        false
    ) as may_maintain,
    seats.what as limited_by,
    seats.most,
    seats.free,
    clock_timestamp() as now,
    current_setting('TimeZone') as time_zone,
    current_setting('track_counts')::boolean as counts
from pg_catalog.pg_roles as r
inner join pg_catalog.pg_database as d on d.datname = current_database()
left join (
    select
        n.nspowner,
        n.nspowner::regrole::text as owner
    from pg_catalog.pg_namespace as n
    where n.nspname = 'auth'
) as auth on true
cross join
    lateral (
        select
            x.what,
            x.most,
            greatest(x.most - x.used, 0) as free
        from (
            values
            (
                'max_connections of the server',
                current_setting('max_connections')::integer
                - case
                    when r.rolsuper then 0
                    else
                        current_setting('superuser_reserved_connections')::integer
                        + coalesce(current_setting('reserved_connections', true)::integer, 0)
                end,
                (select count(*) from other_sessions)
            ),
            (
                'connection limit of database ' || quote_ident(d.datname),
                nullif(case when r.rolsuper then -1 else d.datconnlimit end, -1),
                (select count(*) from other_sessions as o where o.datid = d.oid)
            ),
            (
                'connection limit of role ' || quote_ident(session_user),
                (
                    select nullif(case when s.rolsuper then -1 else s.rolconnlimit end, -1)
                    from pg_catalog.pg_roles as s
                    where s.rolname = session_user
                ),
                (
                    select count(*)
                    from other_sessions as o
                    inner join pg_catalog.pg_roles as s on s.oid = o.usesysid
                    where s.rolname = session_user
                )
            )
        ) as x (what, most, used)
        where x.most is not null
        order by x.most - x.used
        limit 1
    ) as seats
where r.rolname = current_user
