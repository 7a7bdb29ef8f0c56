-- 012_naming: names that break the document's conventions.
-- Why: section 1.2 of the document: snake_case tables and columns, idx_, chk_<table>_ and
-- fk_<table>_; the design adds uq_<table>_. Where the document names an index besides UNIQUE, the
-- constraint has that name, idx_<table>_. The document's own idx_recent_sessions and
-- idx_active_goals name no table, so for an index only the prefix is checked. Primary keys keep the
-- name that Postgres gives. A prefix longer than a name may be is compared up to that length. Names
-- of neighbours are not checked.
with judged as (
    select r.*
    from relations as r
    where r.kind not in ('index', 'sequence', 'type') and not r.relispartition and r.is_made
),

prefixes (contype, prefix) as (
    values ('c', 'chk'), ('f', 'fk'), ('u', 'uq')
),

named as (
    select
        r.object,
        pg_catalog.format(
            'The name of this %s is not snake_case.',
            r.kind
        ) as finding,
        null as remedy
    from judged as r
    where r.relname !~ '^[a-z][a-z0-9]*(_[a-z0-9]+)*$'
    union all
    select
        pg_catalog.format('%s.%I', r.object, a.attname) as object,
        'The name of this column is not snake_case.' as finding,
        null as remedy
    from judged as r
    inner join pg_catalog.pg_attribute as a on r.oid = a.attrelid
    where
        a.attnum > 0
        and not a.attisdropped
        and a.attname !~ '^[a-z][a-z0-9]*(_[a-z0-9]+)*$'
    union all
    select
        n.object,
        'The name of this index does not begin with idx_, or is not snake_case.' as finding,
        case
            when n.relname ~ '^[a-z][a-z0-9]*(_[a-z0-9]+)*$' and pg_catalog.length(n.relname) < 60
                then
                    pg_catalog.format(
                        'alter index %s rename to %I', n.object, 'idx_' || n.relname
                    )
        end as remedy
    from judged as r
    inner join pg_catalog.pg_index as i on r.oid = i.indrelid
    inner join relations as n on i.indexrelid = n.oid
    where
        n.relname !~ '^idx_[a-z0-9]+(_[a-z0-9]+)*$'
        and not exists (
            select from pg_catalog.pg_constraint as k
            where k.conindid = n.oid and k.contype in ('p', 'u', 'x')
        )
    union all
    select
        pg_catalog.format('%I on %s', k.conname, r.object) as object,
        pg_catalog.format(
            'The name of this constraint does not begin with %s_%s_, or is not snake_case.',
            p.prefix, r.relname
        ) as finding,
        case
            when
                r.relname || k.conname ~ '^[a-z][a-z0-9]*(_[a-z0-9]+)*$'
                and pg_catalog.length(p.prefix || r.relname || k.conname) < 62
                then
                    pg_catalog.format(
                        'alter table %s rename constraint %I to %I',
                        r.object,
                        k.conname,
                        pg_catalog.format('%s_%s_%s', p.prefix, r.relname, k.conname)
                    )
        end as remedy
    from judged as r
    inner join pg_catalog.pg_constraint as k on r.oid = k.conrelid
    inner join prefixes as p on k.contype::pg_catalog.text = p.contype
    where
        k.conislocal
        and k.conparentid = 0
        and k.oid not in (select l.oid from login_keys as l)
        and (
            not pg_catalog.starts_with(
                k.conname::pg_catalog.text,
                pg_catalog.left(pg_catalog.format('%s_%s_', p.prefix, r.relname), 63)
            )
            or k.conname ~ '[^a-z0-9_]'
        )
        and not (
            k.contype = 'u'
            and pg_catalog.starts_with(
                k.conname::pg_catalog.text,
                pg_catalog.left(pg_catalog.format('idx_%s_', r.relname), 63)
            )
            and k.conname !~ '[^a-z0-9_]'
        )
)

select
    'cosmetic' as severity,
    object,
    finding,
    remedy
from named
