-- 120_tables_vacuum: Dead rows, and how close the next autovacuum is; the most due first.
-- Why: the thresholds are the table's own, or else the server's. At 100 % and more autovacuum is
-- late, or it is switched off.
-- labels: relation
-- gauge dead_rows: no transaction sees them any more
-- gauge dead_ratio: of all rows
-- gauge vacuum_due_ratio: of the dead rows or inserts at which autovacuum starts
-- gauge analyze_due_ratio: of the changes at which autovacuum analyzes
-- gauge vacuumed_age_seconds: since the last vacuum
-- gauge analyzed_age_seconds: since the last analyze
with tables as (
    select
        c.oid,
        greatest(c.reltuples, 0)::float8 as live,
        -- Since Postgres 18, which has this column, the frozen part does not count for inserts.
        1 - least(
            (to_jsonb(c) ->> 'relallfrozen')::float8 / nullif(c.relpages, 0), 1
        ) as unfrozen,
        (
            select jsonb_object_agg(split_part(o, '=', 1), split_part(o, '=', 2))
            from unnest(c.reloptions) as o
        ) as own
    from pg_class as c
    where c.relkind in ('r', 'm')
),

-- A table's own value may be written with or without autovacuum_.
limits as (
    select
        t.oid,
        t.live,
        t.live * coalesce(t.unfrozen, 1) as unfrozen,
        current_setting('autovacuum') = 'off'
        or not coalesce((t.own ->> 'autovacuum_enabled')::boolean, true) as is_off,
        s.n
    from tables as t
    cross join lateral (
        select
            jsonb_object_agg(
                w.name,
                coalesce(t.own ->> w.name, current_setting(w.name, true))::float8
            ) as n
        from (
            values
            ('autovacuum_vacuum_threshold'),
            ('autovacuum_vacuum_scale_factor'),
            ('autovacuum_vacuum_max_threshold'),
            ('autovacuum_vacuum_insert_threshold'),
            ('autovacuum_vacuum_insert_scale_factor'),
            ('autovacuum_analyze_threshold'),
            ('autovacuum_analyze_scale_factor')
        ) as w (name)
    ) as s
),

-- Postgres 18 has a maximum for dead rows, where -1 is none; -1 switches inserts off.
thresholds as (
    select
        l.oid,
        l.is_off,
        least(
            (l.n ->> 'autovacuum_vacuum_threshold')::float8
            + (l.n ->> 'autovacuum_vacuum_scale_factor')::float8 * l.live,
            case
                when (l.n ->> 'autovacuum_vacuum_max_threshold')::float8 >= 0
                    then (l.n ->> 'autovacuum_vacuum_max_threshold')::float8
            end
        ) as dead,
        case
            when (l.n ->> 'autovacuum_vacuum_insert_threshold')::float8 >= 0
                then
                    (l.n ->> 'autovacuum_vacuum_insert_threshold')::float8
                    + (l.n ->> 'autovacuum_vacuum_insert_scale_factor')::float8 * l.unfrozen
        end as inserted,
        (l.n ->> 'autovacuum_analyze_threshold')::float8
        + (l.n ->> 'autovacuum_analyze_scale_factor')::float8 * l.live as changed
    from limits as l
)

select
    format('%I.%I', s.schemaname, s.relname) as relation,
    s.n_dead_tup as dead_rows,
    s.n_dead_tup::float8 / nullif(s.n_live_tup + s.n_dead_tup, 0) as dead_ratio,
    greatest(
        s.n_dead_tup / greatest(t.dead, 1),
        s.n_ins_since_vacuum / greatest(coalesce(t.inserted, 'infinity'), 1)
    ) as vacuum_due_ratio,
    s.n_mod_since_analyze / greatest(t.changed, 1) as analyze_due_ratio,
    extract(
        epoch from now() - greatest(s.last_vacuum, s.last_autovacuum)
    ) as vacuumed_age_seconds,
    extract(
        epoch from now() - greatest(s.last_analyze, s.last_autoanalyze)
    ) as analyzed_age_seconds,
    case when t.is_off then 'off' else 'on' end as auto
from pg_stat_user_tables as s
inner join thresholds as t on s.relid = t.oid
order by vacuum_due_ratio desc, s.n_dead_tup desc, relation asc
