-- 060_constraint: constraints of tables and domains, and foreign keys of other schemas that would
-- block a deletion here.
-- Why: since PostgreSQL 18 NOT NULL is a constraint, too; the column states it, so only what the
-- column cannot state is here. Internal triggers implement foreign keys and deferrable keys, and
-- can be disabled.
with named as (
    select
        k.*,
        pg_catalog.format(
            '%s.%I',
            coalesce(
                r.object,
                t.object,
                k.conrelid::pg_catalog.regclass::pg_catalog.text
            ),
            k.conname
        ) as object
    from pg_catalog.pg_constraint as k
    left join relations as r on k.conrelid = r.oid
    left join types as t on k.contypid = t.oid
    where
        k.oid not in (select l.oid from login_keys as l)
        and (
            r.oid is not null
            or t.oid is not null
            or (
                k.contype = 'f'
                and k.confdeltype in ('a', 'r')
                and k.confrelid in (select f.oid from relations as f)
            )
        )
)

select
    'constraint' as kind,
    k.object,
    p.property,
    p.value
from named as k
left join comments as d
    on d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and k.oid = d.objoid
left join pg_catalog.pg_class as c on k.contype = 'n' and k.conrelid = c.oid
left join pg_catalog.pg_attribute as a on c.oid = a.attrelid and k.conkey[1] = a.attnum
-- The name that Postgres gives to a NOT NULL, if it is short enough.
cross join
    lateral pg_catalog.format('%s_%s_not_null', c.relname, a.attname) as usual (name)
cross join
    lateral (
        values
        (
            'definition',
            case
                when k.contype not in ('n', 't')
                    -- Stated separately, as validated.
                    then
                        pg_catalog.regexp_replace(
                            pg_catalog.pg_get_constraintdef(k.oid), ' NOT VALID$', ''
                        )
            end
        ),
        ('validated', case when k.contype <> 'n' and not k.convalidated then 'false' end),
        (
            'not null',
            case
                when
                    k.contype = 'n'
                    and a.attnum is not null
                    and (
                        not k.convalidated
                        or k.connoinherit
                        or (k.conname <> usual.name and pg_catalog.length(usual.name) < 64)
                    )
                    then
                        pg_catalog.concat_ws(
                            ', ',
                            a.attname,
                            case when not k.convalidated then 'not valid' end,
                            case when k.connoinherit then 'no inherit' end
                        )
            end
        ),
        ('comment', d.description)
    ) as p (property, value)
where p.value is not null
union all
select
    'constraint' as kind,
    k.object,
    'internal triggers' as property,
    pg_catalog.concat_ws(
        ', ',
        pg_catalog.format('%s enabled', pg_catalog.count(*) filter (where t.tgenabled = 'O')),
        pg_catalog.string_agg(
            pg_catalog.format(
                '%s on %s: %s',
                t.tgfoid::pg_catalog.regproc,
                t.tgrelid::pg_catalog.regclass,
                case t.tgenabled
                    when 'D' then 'disabled'
                    when 'R' then 'replica'
                    else 'always'
                end
            ),
            ', '
            order by t.tgrelid::pg_catalog.regclass::pg_catalog.text, t.tgfoid
        ) filter (where t.tgenabled <> 'O')
    ) as value
from named as k
left join pg_catalog.pg_trigger as t on k.oid = t.tgconstraint and t.tgisinternal
where k.contype = 'f' or k.condeferrable
group by k.object, k.contype
having
    pg_catalog.count(*) filter (where t.tgenabled = 'O')
    <> case k.contype when 'f' then 4 else 1 end
