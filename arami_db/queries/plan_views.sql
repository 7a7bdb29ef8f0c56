-- The views and functions of some schemas as statements that create them, in that order.
select
    n.nspname::text || '.' || quote_ident(x.name) as name,
    x.name::text as bare,
    x.sql
from (
    select
        c.oid,
        c.relnamespace as namespace,
        c.relname as name,
        format(
            'create %%s %%s%%s as %%s',
            case c.relkind when 'v' then 'view' else 'materialized view' end,
            c.oid::regclass,
            ' with (' || array_to_string(c.reloptions, ', ') || ')',
            pg_get_viewdef(c.oid)
        ) as sql
    from pg_catalog.pg_class as c
    where c.relkind in ('v', 'm')
    union all
    select
        p.oid,
        p.pronamespace,
        p.proname,
        pg_get_functiondef(p.oid)
    from pg_catalog.pg_proc as p
    where p.prokind in ('f', 'p')
) as x
inner join pg_catalog.pg_namespace as n on x.namespace = n.oid
where n.nspname = any(%s::text[])
order by x.oid
