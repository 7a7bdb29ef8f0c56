-- 040_table: row level security, partitions, inheritance, replica identity, order of columns.
-- Why: columns are listed in order without the gaps of dropped ones, so that a moved one can be
-- named. Children in other schemas are stated, because a query of the parent reads them, too.
select
    r.kind,
    r.object,
    p.property,
    p.value
from relations as r
inner join pg_catalog.pg_class as c on r.oid = c.oid
cross join
    lateral (
        values
        (
            'row level security',
            case
                when r.kind = 'table'
                    then case when c.relrowsecurity then 'enabled' else 'disabled' end
            end
        ),
        ('force row level security', case when c.relforcerowsecurity then 'true' end),
        (
            'replica identity',
            case
                when r.kind = 'table'
                    then
                        case c.relreplident
                            when 'n' then 'nothing'
                            when 'f' then 'full'
                            when 'i' then 'index'
                        end
            end
        ),
        (
            'of type',
            case when c.reloftype <> 0 then pg_catalog.format_type(c.reloftype, null) end
        ),
        (
            'partition key',
            case when c.relkind = 'p' then pg_catalog.pg_get_partkeydef(c.oid) end
        ),
        ('partition bound', pg_catalog.pg_get_expr(c.relpartbound, c.oid)),
        ('composite', case when r.kind = 'type' then 'true' end),
        (
            'columns',
            pg_catalog.array_to_string(
                array(
                    select pg_catalog.quote_ident(a.attname)
                    from pg_catalog.pg_attribute as a
                    where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
                    order by a.attnum
                ),
                ', '
            )
        )
    ) as p (property, value)
where p.value is not null and r.kind in ('table', 'foreign table', 'type')
union all
select
    r.kind,
    r.object,
    case
        when r.oid = h.inhrelid
            then pg_catalog.concat('inherits ', h.inhparent::pg_catalog.regclass)
        else 'child in another schema'
    end as property,
    case
        when r.oid = h.inhrelid
            then pg_catalog.concat(h.inhseqno, case when h.inhdetachpending then ', detaching' end)
        else h.inhrelid::pg_catalog.regclass::pg_catalog.text
    end as value
from pg_catalog.pg_inherits as h
inner join relations as r on r.oid in (h.inhrelid, h.inhparent)
inner join pg_catalog.pg_class as c on h.inhrelid = c.oid
where
    r.oid = h.inhrelid
    or (
        c.relpersistence <> 't'
        and c.relnamespace not in (select s.oid from schemas as s)
    )
union all
select
    r.kind,
    r.object,
    pg_catalog.concat('subscribed by ', u.subname) as property,
    'true' as value
from pg_catalog.pg_subscription_rel as l
inner join relations as r on l.srrelid = r.oid
inner join pg_catalog.pg_subscription as u on l.srsubid = u.oid
union all
select
    r.kind,
    r.object,
    'foreign server' as property,
    pg_catalog.concat_ws(' ', w.srvname, pg_catalog.array_to_string(f.ftoptions, ', ')) as value
from relations as r
inner join pg_catalog.pg_foreign_table as f on r.oid = f.ftrelid
inner join pg_catalog.pg_foreign_server as w on f.ftserver = w.oid
