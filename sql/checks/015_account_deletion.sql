-- 015_account_deletion: user tables that deleting an account would leave behind, or be stopped by.
-- Why: deleting the row in public.users must delete all the person ever told us. So every table
-- with a user_id, or with any foreign key to public.users, needs one on user_id (where it has that
-- column) that cascades, is valid and is enforced: its internal triggers can be disabled. Another
-- foreign key to public.users that neither cascades nor lets go blocks the deletion.
with user_keys as (
    select
        k.oid,
        k.conname,
        k.conrelid,
        k.conkey,
        k.confdeltype,
        k.convalidated,
        -- NOT ENFORCED exists since Postgres 18
        coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::pg_catalog.bool, true) as enforced,
        (
            select
                pg_catalog.string_agg(
                    pg_catalog.format(
                        'alter table %s.%I enable trigger %I',
                        tc.relnamespace::pg_catalog.regnamespace,
                        tc.relname,
                        t.tgname
                    ),
                    '; ' order by t.tgname
                )
            from pg_catalog.pg_trigger as t
            inner join pg_catalog.pg_class as tc on t.tgrelid = tc.oid
            where t.tgconstraint = k.oid and t.tgenabled not in ('O', 'A')
        ) as enabling
    from pg_catalog.pg_constraint as k
    where
        k.contype = 'f'
        and k.confrelid in (
            select u.oid from pg_catalog.pg_class as u
            where
                u.relname = 'users'
                and u.relnamespace = pg_catalog.to_regnamespace('public')
        )
),

user_tables as (
    select
        c.oid,
        c.relname,
        pg_catalog.format('%s.%I', c.relnamespace::pg_catalog.regnamespace, c.relname) as object,
        (
            select a.attnum
            from pg_catalog.pg_attribute as a
            where a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped
        ) as attnum
    from pg_catalog.pg_class as c
    where
        c.relnamespace = any(array(
            select n.oid from pg_catalog.pg_namespace as n
            where n.nspname in ('public', 'audit', 'arami_db')
        ))
        and c.relkind in ('r', 'p')
        and not c.relispartition
        and not (
            c.relname = 'users' and c.relnamespace = pg_catalog.to_regnamespace('public')
        )
        and 'e' <> all(
            select d.deptype
            from pg_catalog.pg_depend as d
            where
                d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.objid = c.oid
        )
),

-- The key that should do it: on user_id where there is one, a cascading one before any other.
best as (
    select distinct on (t.oid)
        t.oid,
        t.object,
        t.relname,
        t.attnum,
        k.oid as key,
        k.conname,
        k.confdeltype,
        k.convalidated,
        k.enforced,
        k.enabling
    from user_tables as t
    left join user_keys as k
        on t.oid = k.conrelid and (t.attnum is null or t.attnum = any(k.conkey))
    where t.attnum is not null or k.oid is not null
    order by t.oid, k.confdeltype <> 'c', not k.enforced, not k.convalidated, k.enabling nulls first
)

select
    'integrity' as severity,
    b.object,
    case
        when b.key is null
            then
                'user_id has no foreign key to public.users: these rows outlive the account.'
        when b.confdeltype <> 'c'
            then
                pg_catalog.format(
                    'Deleting an account does not delete these rows: %I does not cascade.',
                    b.conname
                )
        when not b.enforced or not b.convalidated
            then
                pg_catalog.format(
                    'Rows of no account may exist: %I was never validated.', b.conname
                )
        else
            pg_catalog.format(
                'Deleting an account leaves these rows: triggers behind %I are disabled.', b.conname
            )
    end as finding,
    case
        when b.attnum is not null and (b.key is null or b.confdeltype <> 'c' or not b.enforced)
            then
                pg_catalog.format(
                    'alter table %s %sadd constraint %I'
                    ' foreign key (user_id) references public.users (id) on delete cascade',
                    b.object,
                    case
                        when b.key is null then '' else
                            pg_catalog.format('drop constraint %I, ', b.conname)
                    end,
                    pg_catalog.left('fk_' || b.relname || '_users', 63)
                )
        when b.confdeltype = 'c' and b.enforced and not b.convalidated
            then pg_catalog.format('alter table %s validate constraint %I', b.object, b.conname)
        when b.confdeltype = 'c' then b.enabling
    end as remedy
from best as b
where
    b.key is null
    or b.confdeltype <> 'c'
    or not b.enforced
    or not b.convalidated
    or b.enabling is not null
union all
select
    'integrity' as severity,
    pg_catalog.format('%I on %s', k.conname, t.object) as object,
    'This foreign key to public.users neither cascades nor lets go: it blocks account deletion.'
        as finding,
    null as remedy
from user_tables as t
inner join user_keys as k on t.oid = k.conrelid and k.confdeltype in ('a', 'r')
inner join best as b on t.oid = b.oid and k.oid <> b.key
order by object, finding
