-- Who keeps dead rows from VACUUM in this database, the oldest first, and how to end it; never what
-- they run. Only those that were there before the given transaction: the rows were dead by then.
-- A slot's catalog_xmin and nothing else of a logical slot keeps rows of the system catalogs alone.
with holders as (
    select
        case when r.pid is null then 'session' else 'standby' end as kind,
        a.pid::text as name,
        a.usename::text as role,
        a.application_name as application,
        a.state,
        a.xact_start as since,
        greatest(age(a.backend_xmin), age(a.backend_xid)) as xids,
        case
            when r.pid is null then format('select pg_terminate_backend(%%s);', a.pid)
            else 'end the oldest query of that standby, or set hot_standby_feedback = off there'
        end as fix
    from pg_catalog.pg_stat_activity as a
    left join pg_catalog.pg_stat_replication as r on r.pid = a.pid
    where
        a.pid <> pg_backend_pid()
        and (a.datid is null or a.datname = current_database())
        and a.backend_type is distinct from 'parallel worker' -- as old as its leader
        and a.pid not in (select v.pid from pg_catalog.pg_stat_progress_vacuum as v) -- holds none
    union all
    select
        'prepared transaction' as kind,
        p.gid as name,
        p.owner::text as role,
        null as application,
        'prepared' as state,
        p.prepared as since,
        age(p.transaction) as xids,
        format('rollback prepared %%L;', p.gid) as fix
    from pg_catalog.pg_prepared_xacts as p
    where p.database = current_database()
    union all
    select
        'slot' as kind,
        s.slot_name::text as name,
        null as role,
        r.application_name as application,
        case when s.active then 'in use' else 'unused' end as state,
        (to_jsonb(s) ->> 'inactive_since')::timestamptz as since, -- since Postgres 17
        greatest(age(s.xmin), case when %(catalogs)s then age(s.catalog_xmin) end) as xids,
        case
            when not s.active then format('select pg_drop_replication_slot(%%L);', s.slot_name)
            when s.slot_type = 'physical'
                then 'end the oldest query of its standby, or set hot_standby_feedback = off there'
            else 'the reader of the slot must confirm what it has read'
        end as fix
    from pg_catalog.pg_replication_slots as s
    left join pg_catalog.pg_stat_replication as r on r.pid = s.active_pid
    union all
    select
        'setting' as kind,
        d.name,
        null as role,
        null as application,
        d.setting as state,
        null as since,
        d.setting::integer as xids,
        'alter system reset vacuum_defer_cleanup_age; select pg_reload_conf();' as fix
    from pg_catalog.pg_settings as d
    where d.name = 'vacuum_defer_cleanup_age' and d.setting <> '0' -- gone since Postgres 16
)

select
    h.kind,
    h.name,
    h.role,
    nullif(h.application, '') as application,
    h.state,
    extract(epoch from clock_timestamp() - h.since)::float8 as seconds,
    h.xids,
    h.fix
from holders as h
where h.xids > age(%(before)s::xid) or h.kind = 'setting'
order by h.xids desc, h.kind, h.name
