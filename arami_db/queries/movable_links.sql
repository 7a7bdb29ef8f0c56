-- What moves with sessions: the live table it is counted by, and where its rows are found now.
select
    format('%%I.%%I', ln.nspname, lc.relname) as live,
    n.nspname,
    c.relname,
    l.source_session
from audit.archive_links(%(kind)s) as l
inner join pg_catalog.pg_class as c on l.source = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_class as lc
    on case when %(kind)s = 'archive' then l.source else l.target end = lc.oid
inner join pg_catalog.pg_namespace as ln on lc.relnamespace = ln.oid
where l.target is not null
order by 1, 4
