-- Every table of some schemas, and every table their foreign keys lead to, with all that is needed
-- to make a valid row: columns, unique keys, foreign keys, checks (of domains, too; the bounds of a
-- partition are one without a name).
with recursive reached (oid) as (
    select c.oid
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p')
        and (
            n.nspname = any(%(schemas)s::text[])
            or array[n.nspname, c.relname]::text[] in (
                select array[b.value ->> 0, b.value ->> 1]
                from jsonb_array_elements(%(besides)s::jsonb) as b
            )
        )
    union
    select k.confrelid
    from reached as r
    inner join pg_catalog.pg_constraint as k on k.conrelid = r.oid and k.contype = 'f'
)

select
    n.nspname::text as schema,
    c.relname::text as name,
    c.relispartition as partition,
    (
        select json_agg(
            json_build_object(
                'name', a.attname,
                'type', coalesce(nullif(t.typbasetype, 0), t.oid)::regtype::text,
                'full_type', format_type(a.atttypid, a.atttypmod),
                'category', t.typcategory,
                'required', a.attnotnull or t.typnotnull,
                'default', a.atthasdef or a.attidentity <> '',
                'is_caller', (
                    select count(*) > 0
                    from pg_catalog.pg_attrdef as d
                    where d.adrelid = c.oid and d.adnum = a.attnum and a.attgenerated = ''
                        and pg_get_expr(d.adbin, d.adrelid) ~ '\mauth\.uid\(\)'
                ),
                'writable', a.attgenerated = '' and a.attidentity <> 'a',
                'length', case
                    when a.atttypid in ('varchar'::regtype, 'bpchar'::regtype) and a.atttypmod > 4
                        then a.atttypmod - 4
                end,
                'labels', (
                    select coalesce(json_agg(e.enumlabel order by e.enumsortorder), '[]')
                    from pg_catalog.pg_enum as e
                    where e.enumtypid = coalesce(nullif(t.typbasetype, 0), t.oid)
                )
            ) order by a.attnum
        )
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_type as t on t.oid = a.atttypid
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ) as columns,
    (
        select coalesce(json_agg(
            json_build_object(
                'name', x.relname,
                'columns', (
                    select json_agg(a.attname order by a.attnum)
                    from pg_catalog.pg_attribute as a
                    where a.attrelid = c.oid and a.attnum = any(i.indkey[0:i.indnkeyatts - 1])
                ),
                'arbiter', i.indimmediate and i.indpred is null and 0 <> all(i.indkey),
                'primary', i.indisprimary
            ) order by x.relname
        ), '[]')
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_class as x on x.oid = i.indexrelid
        where i.indrelid = c.oid and i.indisunique and i.indisvalid
    ) as keys,
    (
        select coalesce(json_agg(
            json_build_object(
                'name', k.conname,
                'schema', fn.nspname,
                'table', f.relname,
                'columns', (
                    select json_agg(a.attname order by u.place)
                    from unnest(k.conkey) with ordinality as u (attnum, place)
                    inner join pg_catalog.pg_attribute as a
                        on a.attrelid = k.conrelid and a.attnum = u.attnum
                ),
                'references', (
                    select json_agg(a.attname order by u.place)
                    from unnest(k.confkey) with ordinality as u (attnum, place)
                    inner join pg_catalog.pg_attribute as a
                        on a.attrelid = k.confrelid and a.attnum = u.attnum
                )
            ) order by k.conname
        ), '[]')
        from pg_catalog.pg_constraint as k
        inner join pg_catalog.pg_class as f on f.oid = k.confrelid
        inner join pg_catalog.pg_namespace as fn on fn.oid = f.relnamespace
        where k.conrelid = c.oid and k.contype = 'f'
            -- a foreign key to a partitioned table has a row for each partition besides its own
            and not f.relispartition
    ) as foreign_keys,
    (
        select json_build_object('schema', rn.nspname, 'name', p.relname)
        from pg_catalog.pg_class as p
        inner join pg_catalog.pg_namespace as rn on rn.oid = p.relnamespace
        where c.relispartition and p.oid = pg_partition_root(c.oid)
    ) as root,
    (
        select json_build_object('schema', hn.nspname, 'name', p.relname)
        from pg_catalog.pg_inherits as h
        inner join pg_catalog.pg_class as p on p.oid = h.inhparent
        inner join pg_catalog.pg_namespace as hn on hn.oid = p.relnamespace
        where h.inhrelid = c.oid and not c.relispartition
        order by h.inhseqno
        limit 1
    ) as heir_of,
    (
        select coalesce(json_agg(
            json_build_object(
                'name', k.name,
                'columns', (
                    select coalesce(json_agg(a.attname order by a.attnum), '[]')
                    from pg_catalog.pg_attribute as a
                    where a.attrelid = c.oid
                        and a.attnum > 0
                        and not a.attisdropped
                        and (
                            a.attnum = any(k.attnums)
                            or a.atttypid = nullif(k.domain, 0)
                            or (k.name = '' and position(quote_ident(a.attname) in k.definition) > 0)
                        )
                ),
                'definition', k.definition
            ) order by k.name
        ), '[]')
        from (
            select
                k.conname as name,
                k.conkey as attnums,
                k.contypid as domain,
                regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '') as definition
            from pg_catalog.pg_constraint as k
            where k.contype in ('c', 'x')
                and (
                    k.conrelid = c.oid
                    or k.contypid in (
                        select a.atttypid
                        from pg_catalog.pg_attribute as a
                        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                    )
                )
            union all
            select
                '',
                null,
                null,
                pg_get_partition_constraintdef(c.oid)
            where c.relispartition
        ) as k
    ) as checks,
    (
        select coalesce(
            string_agg(concat_ws(
                ' ', pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid)
            ), ' '), ''
        )
        from pg_catalog.pg_policy as p
        where p.polrelid = c.oid
    ) as policies
from reached as r
inner join pg_catalog.pg_class as c on c.oid = r.oid
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
order by n.nspname <> 'public', c.relispartition, c.relname
