-- 009_foreign_key_index: foreign keys whose referencing columns no index begins with.
-- Why: deleting a referenced row, such as a whole account, searches its children by these columns
-- and reads the entire table without an index. The index must begin with all of them, in the order
-- of the key, as Supabase's linter requires. It must support equality (btree, hash), be valid, and
-- not be partial, unless its predicate only excludes nulls, which keys do not compare.
with keys as (
    select
        k.oid,
        k.conname,
        k.conrelid,
        k.conkey,
        r.object,
        r.relnamespace,
        pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by key.place)
            as columns,
        pg_catalog.left(
            pg_catalog.format(
                'idx_%s_%s', r.relname, pg_catalog.string_agg(a.attname, '_' order by key.place)
            ),
            63
        ) as index_name
    from pg_catalog.pg_constraint as k
    inner join guarded_relations as r on k.conrelid = r.oid
    cross join lateral pg_catalog.unnest(k.conkey) with ordinality as key (attnum, place)
    inner join pg_catalog.pg_attribute as a on r.oid = a.attrelid and key.attnum = a.attnum
    where k.contype = 'f' and k.conparentid = 0
    group by k.oid, k.conname, k.conrelid, k.conkey, r.object, r.relname, r.relnamespace
)

select
    'performance' as severity,
    pg_catalog.format('%I on %s', k.conname, k.object) as object,
    pg_catalog.format(
        'No index begins with the columns of this foreign key (%s): deletes read the whole table.',
        k.columns
    ) as finding,
    case
        when
            (k.relnamespace, k.index_name) not in (
                select
                    r.relnamespace,
                    r.relname
                from guarded_relations as r
            )
            then pg_catalog.format('create index %I on %s (%s)', k.index_name, k.object, k.columns)
    end as remedy
from keys as k
where
    not exists (
        select from pg_catalog.pg_index as i
        inner join pg_catalog.pg_class as ic on i.indexrelid = ic.oid
        inner join pg_catalog.pg_am as am on ic.relam = am.oid
        left join pg_catalog.pg_attribute as a
            on i.indrelid = a.attrelid and a.attnum = i.indkey[0]
        where
            i.indrelid = k.conrelid
            and k.conkey::pg_catalog.text[]
            = (pg_catalog.string_to_array(i.indkey::pg_catalog.text, ' '))[
                1:pg_catalog.cardinality(k.conkey)
            ]
            and i.indisvalid
            and i.indisready
            and i.indislive
            and am.amname in ('btree', 'hash')
            and (
                i.indpred is null
                or pg_catalog.pg_get_expr(i.indpred, i.indrelid)
                = pg_catalog.format('(%I IS NOT NULL)', a.attname)
            )
    )
