-- 030_option: storage and view options (WITH) of relations, and of their TOAST tables.
-- Why: options named pg_ are internal to the server, not set by DDL and not written by pg_dump:
-- PostgreSQL 15.20 of Debian has one. A Boolean may be spelled in many ways.
select
    r.kind,
    r.object,
    pg_catalog.concat('option ', x.prefix, o.option_name) as property,
    case
        when o.option_name in ('security_invoker', 'security_barrier')
            then o.option_value::pg_catalog.bool::pg_catalog.text
        else o.option_value
    end as value
from relations as r
inner join pg_catalog.pg_class as c on r.oid = c.oid
left join pg_catalog.pg_class as toast on c.reltoastrelid = toast.oid
cross join
    lateral (values ('', c.reloptions), ('toast.', toast.reloptions)) as x (prefix, options)
cross join lateral pg_catalog.pg_options_to_table(x.options) as o
where x.options is not null and o.option_name not like 'pg\_%'
