-- What live and archive hold together: both tables, what names a session in each, the primary key,
-- all other columns, and whether the change log has what users do to it; of a column that points to
-- sessions the two are one.
with links as (
    select
        'public.daily_sessions'::regclass as live,
        'public.daily_sessions_archive'::regclass as archived,
        'id' as live_session,
        'id' as archived_session
    union all
    select l.source, l.target, l.source_session, l.target_session
    from audit.archive_links('archive') as l
    where l.target is not null
)

select
    format('%%I.%%I', ln.nspname, lc.relname) as live,
    format('%%I.%%I', an.nspname, ac.relname) as archived,
    l.live_session,
    l.archived_session,
    array(
        select a.attname::text
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_attribute as a
            on i.indrelid = a.attrelid and a.attnum = any(i.indkey)
        where i.indrelid = l.live and i.indisprimary
        order by a.attnum
    ) as keys,
    array(
        select a.attname::text
        from pg_catalog.pg_attribute as a
        where
            a.attrelid = l.live
            and a.attnum > 0
            and not a.attisdropped
            and not (l.live = l.archived and a.attgenerated <> '') -- from those that move, perhaps
            and not exists (
                select from links as o
                where
                    o.live = l.live
                    and o.live = o.archived
                    and a.attname in (o.live_session, o.archived_session)
            )
        order by a.attnum
    ) as columns,
    2 = (
        select count(distinct t.tgtype & 24)
        from pg_catalog.pg_trigger as t
        where
            t.tgrelid = l.live
            and t.tgfoid = 'audit.record_change()'::regprocedure
            and t.tgenabled <> 'D'
    ) as is_logged
from links as l
inner join pg_catalog.pg_class as lc on l.live = lc.oid
inner join pg_catalog.pg_namespace as ln on lc.relnamespace = ln.oid
inner join pg_catalog.pg_class as ac on l.archived = ac.oid
inner join pg_catalog.pg_namespace as an on ac.relnamespace = an.oid
order by 1, 3
