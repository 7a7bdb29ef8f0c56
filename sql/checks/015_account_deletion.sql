-- 015_account_deletion: user tables that deleting an account would leave behind, or be stopped by.
-- Why: deleting the row in public.users must delete all data of the person. So every table
-- with a user_id, or with any foreign key to public.users, needs one on user_id (where it has that
-- column) that cascades, is valid and is enforced: its internal triggers can be disabled. Another
-- foreign key to public.users, of a table in any schema, that neither cascades nor clears the
-- reference blocks the deletion.
with user_keys as (
    select
        k.oid,
        k.conname,
        k.conrelid,
        k.conkey,
        k.conparentid,
        k.confdeltype,
        k.convalidated,
        -- NOT ENFORCED exists since Postgres 18
        coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::pg_catalog.bool, true) as enforced,
        (
            select
                pg_catalog.string_agg(
                    pg_catalog.format(
                        'alter table %s enable trigger %I',
                        t.tgrelid::pg_catalog.regclass,
                        t.tgname
                    ),
                    '; ' order by t.tgname
                )
            from pg_catalog.pg_trigger as t
            where t.tgconstraint = k.oid and t.tgenabled not in ('O', 'A')
        ) as enabling
    from pg_catalog.pg_constraint as k
    where
        k.contype = 'f'
        and k.confrelid in (
            select r.oid from relations as r
            where r.object = 'public.users'
        )
),

user_tables as (
    select
        r.oid,
        r.relname,
        r.object,
        (
            select a.attnum
            from pg_catalog.pg_attribute as a
            where a.attrelid = r.oid and a.attname = 'user_id' and not a.attisdropped
        ) as attnum
    from relations as r
    where r.kind = 'table' and not r.relispartition and r.object <> 'public.users'
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
    pg_catalog.format('%I on %s', k.conname, k.conrelid::pg_catalog.regclass) as object,
    'This foreign key to public.users blocks account deletion: it neither cascades nor sets null.'
        as finding,
    null as remedy
from user_keys as k
where
    k.confdeltype in ('a', 'r')
    and k.conparentid = 0
    and k.enforced
    and not exists (
        select from best as b
        where b.key = k.oid
    )
