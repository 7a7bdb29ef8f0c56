-- What a move includes: sessions themselves, tables whose rows move, and columns that point to
-- sessions, where source and target are one table. For each: the live table; the source and the
-- target, their columns for the session and its user; the primary key; the columns of the source,
-- without the pairs of pointers and columns generated from them; and whether the change log records
-- changes of the live table.
with links as (
    select
        'public.daily_sessions'::regclass as live,
        case
            when %(kind)s = 'archive' then 'public.daily_sessions'::regclass
            else 'public.daily_sessions_archive'
        end as source,
        case
            when %(kind)s = 'archive' then 'public.daily_sessions_archive'::regclass
            else 'public.daily_sessions'
        end as target,
        'id' as source_session,
        'id' as target_session,
        'user_id' as source_user,
        'user_id' as target_user
    union all
    select
        case when %(kind)s = 'archive' then l.source else l.target end,
        l.source,
        l.target,
        l.source_session,
        l.target_session,
        l.source_user,
        l.target_user
    from audit.archive_links(%(kind)s) as l
    where l.target is not null
),

named as (
    select
        c.oid,
        format('%%I.%%I', n.nspname, c.relname) as name
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
)

select
    live.name,
    source.name,
    target.name,
    l.source_session,
    l.target_session,
    su.attname::text as source_user,
    tu.attname::text as target_user,
    array(
        select a.attname::text
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_attribute as a
            on i.indrelid = a.attrelid and a.attnum = any(i.indkey)
        where i.indrelid = l.source and i.indisprimary
        order by a.attnum
    ) as keys,
    array(
        select a.attname::text
        from pg_catalog.pg_attribute as a
        where
            a.attrelid = l.source
            and a.attnum > 0
            and not a.attisdropped
            and not (l.source = l.target and a.attgenerated <> '')
            and not exists (
                select from links as o
                where
                    o.source = l.source
                    and o.source = o.target
                    and a.attname in (o.source_session, o.target_session)
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
inner join named as live on l.live = live.oid
inner join named as source on l.source = source.oid
inner join named as target on l.target = target.oid
left join pg_catalog.pg_attribute as su
    on l.source = su.attrelid and l.source_user = su.attname and su.attnotnull
left join pg_catalog.pg_attribute as tu
    on l.target = tu.attrelid and l.target_user = tu.attname and tu.attnotnull
order by l.live <> 'public.daily_sessions'::regclass, live.name, l.source_session
