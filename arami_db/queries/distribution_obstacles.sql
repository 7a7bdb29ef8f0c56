-- What cannot be distributed, why, and how to fix it; sql/distributed handles everything else.
-- audit.distribution exists; tables that are on the workers already passed before.
with tables as (
    select
        d.relation,
        d.user_column,
        d.relation::oid as oid,
        pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
        n.nspname,
        c.relkind,
        c.relispartition,
        c.relpersistence,
        a.attnum as user_attnum,
        a.attnotnull,
        a.attgenerated
    from audit.distribution as d
    inner join pg_catalog.pg_class as c on d.relation = c.oid
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    left join pg_catalog.pg_attribute as a on d.relation = a.attrelid and d.user_column = a.attname
    where not d.is_distributed
),

keys as (
    select
        t.*,
        k.oid as key_oid,
        k.conname,
        k.contype,
        k.conkey,
        k.confkey,
        k.confrelid,
        k.confupdtype,
        k.confdeltype,
        coalesce(k.confdelsetcols, k.conkey) as cleared,
        pg_catalog.pg_get_constraintdef(k.oid) as definition
    from tables as t
    inner join pg_catalog.pg_constraint as k on t.oid = k.conrelid
),

-- Each foreign key, from any table, to a table that is distributed by user.
pointing as (
    select
        k.oid as key_oid,
        k.conname,
        k.conkey,
        k.confkey,
        k.confupdtype,
        k.confdeltype,
        coalesce(k.confdelsetcols, k.conkey) as cleared,
        pg_catalog.pg_get_constraintdef(k.oid) as definition,
        pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
        k.confrelid::regclass as parent,
        own.attnum as user_attnum,
        above.attnum as parent_attnum,
        parent.user_column as parent_column,
        coalesce(d.user_column, 'user_id') as user_column,
        coalesce(own.attnum = any(k.conkey), false)
        and k.confkey[pg_catalog.array_position(k.conkey, own.attnum)] = above.attnum as is_paired
    from pg_catalog.pg_constraint as k
    inner join audit.distribution as parent
        on k.confrelid = parent.relation and parent.user_column is not null
    inner join pg_catalog.pg_attribute as above
        on parent.relation = above.attrelid and parent.user_column = above.attname
    inner join pg_catalog.pg_class as c on k.conrelid = c.oid
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    left join audit.distribution as d on k.conrelid = d.relation
    left join pg_catalog.pg_attribute as own
        on k.conrelid = own.attrelid and d.user_column = own.attname
    where k.contype = 'f' and k.conparentid = 0 and not coalesce(d.is_distributed, false)
),

circles as (
    with recursive reached (origin, relation) as (
        select
            t.oid,
            k.confrelid
        from tables as t
        inner join pg_catalog.pg_constraint as k on t.oid = k.conrelid and k.contype = 'f'
        where k.confrelid <> t.oid
        union
        select
            r.origin,
            k.confrelid
        from reached as r
        inner join tables as t on r.relation = t.oid
        inner join pg_catalog.pg_constraint as k on t.oid = k.conrelid and k.contype = 'f'
        where k.confrelid <> k.conrelid
    )

    select t.name
    from reached as r
    inner join tables as t on r.origin = t.oid
    where r.relation = r.origin
)

select
    pg_catalog.format('table %s', name) as object,
    'belongs to the platform, and would be copied to every machine' as problem,
    'Drop the foreign key to it: a trigger on the login removes a profile and all below it.'
        as remedy
from tables
where nspname = any(array['auth', 'storage', 'realtime', 'vault'])
union all
select
    pg_catalog.format('constraint %s of %s', conname, name),
    pg_catalog.format('cannot hold beyond one machine: %s', definition),
    pg_catalog.format(
        'Let it hold within a user, with %I in it, in a migration; or keep the table on the'
        ' coordinator, without a foreign key to users.', user_column
    )
from keys as k
where
    contype in ('p', 'u')
    and user_attnum <> all(conkey)
    and not (
        contype = 'p'
        and pg_catalog.cardinality(conkey) = 1
        and exists (
            select from pg_catalog.pg_attribute as a
            where a.attrelid = k.oid and a.attnum = k.conkey[1] and a.atttypid = 'uuid'::regtype
        )
    )
    and not exists (
        select from pointing as f
        where
            f.name = k.name
            and f.is_paired
            and pg_catalog.cardinality(f.conkey) > 1
            and pg_catalog.array_remove(f.conkey, k.user_attnum) <@ k.conkey
    )
    -- 003_change_log, 004_identifiers and 005_archive handle these.
    and name not in ('audit.change_log', 'audit.archive_batch')
    and (name, conname) not in (
        ('public.users', 'idx_users_email'), ('public.users', 'idx_users_phone')
    )
union all
select
    pg_catalog.format('index %s of %s', i.indexrelid::regclass, t.name),
    pg_catalog.format('cannot be unique beyond one machine without %I', t.user_column),
    pg_catalog.format(
        'Let it hold within a user, with %I in it, in a migration; or keep the table on the'
        ' coordinator, without a foreign key to users.', t.user_column
    )
from tables as t
inner join pg_catalog.pg_index as i on t.oid = i.indrelid and i.indisunique
where
    t.user_attnum <> all(i.indkey[0:i.indnkeyatts - 1])
    and not exists (
        select from pg_catalog.pg_constraint as k where k.conindid = i.indexrelid
    )
union all
select
    pg_catalog.format('constraint %s of %s', k.conname, k.name),
    pg_catalog.format('cannot exclude beyond one machine: %s', k.definition),
    pg_catalog.format('Let it exclude within a user: %I with =, first.', k.user_column)
from keys as k
where
    k.contype = 'x'
    and k.user_column is not null
    and not exists (
        select from pg_catalog.pg_constraint as x
        inner join lateral unnest(x.conkey, x.conexclop) as part (attnum, operator)
            on part.attnum = k.user_attnum
        inner join pg_catalog.pg_operator as o on part.operator = o.oid and o.oprname = '='
        where x.oid = k.key_oid
    )
union all
select
    pg_catalog.format('foreign key %s of %s', p.conname, p.name),
    pg_catalog.format(
        'does not say whose row of %s it means, which lies with its user: %s', p.parent,
        p.definition
    ),
    case
        when p.parent_column = 'id' and p.parent = 'public.users'::regclass
            then 'Only the key by which a row is a user''s can refer to users: drop the other, and'
            ' keep its column.'
        else pg_catalog.format(
            'Refer to both: foreign key (%I, …) references %s (%I, id).', p.user_column, p.parent,
            p.parent_column
        )
    end
from pointing as p
where not p.is_paired
union all
select
    pg_catalog.format('foreign key %s of %s', p.conname, p.name),
    pg_catalog.format('changes keys by which rows are placed: %s', p.definition),
    'Let it be without ON UPDATE: nobody''s id changes.'
from pointing as p
where p.is_paired and p.confupdtype in ('c', 'n', 'd')
union all
select
    pg_catalog.format('foreign key %s of %s', p.conname, p.name),
    pg_catalog.format('clears more than a pointer: %s', p.definition),
    pg_catalog.format(
        'Clear one column beside the user''s: on delete set null (…); or ON DELETE CASCADE. It is'
        ' foreign key (%I, …) references %s (%I, id).', p.user_column, p.parent, p.parent_column
    )
from pointing as p
where
    p.is_paired
    and (
        p.confdeltype = 'd'
        or p.confdeltype = 'n'
        and (
            pg_catalog.cardinality(p.conkey) <> 2
            or pg_catalog.cardinality(p.cleared) <> 1
            or p.user_attnum = any(p.cleared)
        )
    )
union all
select
    pg_catalog.format('policy "%s" of %s', p.polname, t.name),
    'has a subquery, which Citus allows in no policy',
    'Ask in a function that is STABLE and SECURITY DEFINER, and call that in the policy.'
from tables as t
inner join pg_catalog.pg_policy as p on t.oid = p.polrelid
cross join lateral (
    select pg_catalog.concat(
        pg_catalog.pg_get_expr(p.polqual, p.polrelid), ' ',
        pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
    ) as expressions
) as said
where
    (
        select
            pg_catalog.regexp_count(
                pg_catalog.concat(p.polqual::text, p.polwithcheck::text), '\{SUBLINK'
            )
    ) > (
        select
            pg_catalog.regexp_count(said.expressions, '\( SELECT\s')
            - pg_catalog.regexp_count(audit.without_subqueries(said.expressions), '\( SELECT\s')
    )
union all
select
    pg_catalog.format('policy "%s" of %s', p.polname, t.name),
    'is restrictive, and Citus makes a permissive one of it on the workers',
    'Add its condition to each permissive policy of the table, with AND, and drop it.'
from tables as t
inner join pg_catalog.pg_policy as p on t.oid = p.polrelid and not p.polpermissive
union all
select
    pg_catalog.format('table %s', t.name),
    'is part of an inheritance, which Citus cannot cut',
    'Make tables of their own of parent and children; or partition it.'
from tables as t
where
    t.relkind <> 'p'
    and not t.relispartition
    and exists (
        select from pg_catalog.pg_inherits as i where t.oid in (i.inhrelid, i.inhparent)
    )
union all
select
    pg_catalog.format('column %s of %s', t.user_column, t.name),
    'is generated, and rows are placed by it',
    'Make it a plain column, with a trigger that fills it.'
from tables as t
where t.attgenerated <> ''
union all
select
    pg_catalog.format('column %s of %s', t.user_column, t.name),
    'is null in some rows, which then belong nowhere',
    'Give those rows a user, and make the column NOT NULL.'
from tables as t
where
    t.attnotnull is false
    -- 002_everybody and 003_change_log handle these.
    and t.name not in ('public.app_settings', 'audit.change_log')
    and pg_catalog.query_to_xml(
        pg_catalog.format('select from %s where %I is null limit 1', t.relation, t.user_column),
        true, true, ''
    ) is document
union all
select
    pg_catalog.format('table %s', c.name),
    'refers to itself by way of other tables, so that none of them can come first',
    'Break the circle: drop one of its foreign keys, and check it in a trigger.'
from circles as c
order by object, problem
