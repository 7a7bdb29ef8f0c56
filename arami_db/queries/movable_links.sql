-- What a move takes along: sessions themselves, tables whose rows move, and columns that point to
-- sessions; by the live table, with where its rows are found now and the columns that move.
with links as (
    select
        'public.daily_sessions'::regclass as live,
        'public.daily_sessions_archive'::regclass as archived,
        'id' as session,
        false as is_pointer
    union all
    select
        case when %(kind)s = 'archive' then l.source else l.target end,
        case when %(kind)s = 'archive' then l.target else l.source end,
        l.source_session,
        l.source = l.target
    from audit.archive_links(%(kind)s) as l
    where l.target is not null
)

select
    format('%%I.%%I', ln.nspname, lc.relname) as live,
    n.nspname,
    c.relname,
    c.oid::bigint as id,
    l.session,
    case
        when l.is_pointer then '{}'
        else array(
            select a.attname::text
            from pg_catalog.pg_attribute as a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            order by a.attnum
        )
    end as columns
from links as l
inner join pg_catalog.pg_class as lc on l.live = lc.oid
inner join pg_catalog.pg_namespace as ln on lc.relnamespace = ln.oid
inner join pg_catalog.pg_class as c
    on case when %(kind)s = 'archive' then l.live else l.archived end = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
order by l.live <> 'public.daily_sessions'::regclass, live, l.session
