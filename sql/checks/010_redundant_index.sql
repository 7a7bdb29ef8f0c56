-- 010_redundant_index: indexes that are invalid, duplicated, or the beginning of a longer one.
-- Why: each slows every write and helps no read. Of two equal indexes, keep the one that a
-- constraint needs, else the unique one, else the older. A plain index is redundant when a longer
-- one begins with the same columns, except where the document names both: it gives each foreign-key
-- column of its tables its own index, idx_<table>_<column>, besides the longer ones. The
-- document has no archive tables, so the exception does not apply to them. Two constraints of a
-- distributed table may have the same columns: foreign keys depend on theirs.
with indexes as (
    select
        i.indexrelid as oid,
        i.indrelid,
        i.indisunique,
        i.indnullsnotdistinct,
        i.indimmediate,
        i.indisreplident,
        i.indnatts,
        i.indnkeyatts,
        ic.relam,
        n.relname,
        n.object,
        r.relname as table_name,
        r.object as table_object,
        k.conname as constraint_name,
        i.indisvalid and i.indisready and i.indislive as usable,
        i.indkey::pg_catalog.text as columns,
        pg_catalog.string_to_array(i.indkey::pg_catalog.text, ' ') as key,
        pg_catalog.string_to_array(i.indclass::pg_catalog.text, ' ') as class,
        pg_catalog.string_to_array(i.indcollation::pg_catalog.text, ' ') as collations,
        pg_catalog.string_to_array(i.indoption::pg_catalog.text, ' ') as options,
        pg_catalog.pg_get_expr(i.indpred, i.indrelid) as predicate,
        pg_catalog.pg_get_expr(i.indexprs, i.indrelid) as expressions,
        i.indkey[0] as first_column
    from pg_catalog.pg_index as i
    inner join guarded_relations as r on i.indrelid = r.oid
    inner join guarded_relations as n on i.indexrelid = n.oid
    inner join pg_catalog.pg_class as ic on i.indexrelid = ic.oid
    left join pg_catalog.pg_constraint as k
        on i.indexrelid = k.conindid and k.contype in ('p', 'u', 'x')
    where not n.relispartition
),

duplicates as (
    select
        a.oid,
        pg_catalog.min(b.object) as other
    from indexes as a
    inner join indexes as b
        on
            a.indrelid = b.indrelid
            and a.relam = b.relam
            and a.indnkeyatts = b.indnkeyatts
            and a.columns = b.columns
            and a.class = b.class
            and a.collations = b.collations
            and a.options = b.options
            and a.predicate is not distinct from b.predicate
            and a.expressions is not distinct from b.expressions
    where
        a.usable
        and b.usable
        and not a.indisreplident
        and not (
            a.constraint_name is not null
            and b.constraint_name is not null
            and a.indrelid in (select d.oid from distributed as d)
        )
        and (b.constraint_name is null, not b.indisunique, b.oid)
        < (a.constraint_name is null, not a.indisunique, a.oid)
        and (
            not a.indisunique
            or (
                b.indisunique
                and a.indnullsnotdistinct = b.indnullsnotdistinct
                and a.indimmediate = b.indimmediate
            )
        )
    group by a.oid
),

prefixes as (
    select
        a.oid,
        pg_catalog.min(b.object) as other
    from indexes as a
    inner join indexes as b
        on
            a.indrelid = b.indrelid
            and a.relam = b.relam
            and a.indnkeyatts < b.indnkeyatts
            and a.key = b.key[1:a.indnkeyatts]
            and a.class = b.class[1:a.indnkeyatts]
            and a.collations = b.collations[1:a.indnkeyatts]
            and a.options = b.options[1:a.indnkeyatts]
            and a.predicate is not distinct from b.predicate
    inner join pg_catalog.pg_am as am on a.relam = am.oid and am.amname = 'btree'
    where
        a.usable
        and b.usable
        and not a.indisunique
        and not a.indisreplident
        and a.indnatts = a.indnkeyatts
        and a.expressions is null
        and not (
            a.indnatts = 1
            and a.table_name not like '%\_archive'
            and exists (
                select from pg_catalog.pg_constraint as k
                inner join pg_catalog.pg_attribute as col
                    on k.conrelid = col.attrelid and a.first_column = col.attnum
                where
                    k.conrelid = a.indrelid
                    and k.contype = 'f'
                    and a.first_column = any(k.conkey)
                    and a.relname = pg_catalog.format('idx_%s_%s', a.table_name, col.attname)
            )
        )
    group by a.oid
)

select
    case when i.indisunique and not i.usable then 'integrity' else 'performance' end as severity,
    i.object,
    case
        when not i.usable
            then 'The index is invalid: a build of it failed or still runs; it slows writes only.'
        when d.oid is not null
            then pg_catalog.format('The index is a duplicate of %s.', d.other)
        else pg_catalog.format('The index is the beginning of %s, which serves the same.', p.other)
    end as finding,
    case
        when not i.usable and i.relname !~ '_cc(new|old)[0-9]*$'
            then pg_catalog.format('reindex index %s', i.object)
        when
            exists (
                select from pg_catalog.pg_constraint as k
                where k.conindid = i.oid and k.contype = 'f'
            )
            then null
        when i.constraint_name is not null
            then
                pg_catalog.format(
                    'alter table %s drop constraint %I', i.table_object, i.constraint_name
                )
        else pg_catalog.format('drop index %s', i.object)
    end as remedy
from indexes as i
left join duplicates as d on i.oid = d.oid
left join prefixes as p on i.oid = p.oid
where not i.usable or d.oid is not null or p.oid is not null
