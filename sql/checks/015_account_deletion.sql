-- 015_account_deletion: user tables that deleting an account would leave behind, or be stopped by.
-- Why: deleting the row in public.users must delete all data of the person. So every table
-- with a user_id, or with any foreign key to public.users, needs one on user_id (where it has that
-- column) that cascades, is valid and is enforced: its internal triggers can be disabled. For a
-- neighbour's table, a key to auth.users is enough, or one that clears the reference: the login is
-- deleted with the account. Another foreign key to either, or to a table whose rows are deleted
-- with it, blocks the deletion if it neither cascades nor clears the reference; in any schema if it
-- refers to a table of ours. One that is only checked at the end (NO ACTION) does not block if its
-- own rows are deleted by then; but it blocks the archive, which deletes what it has moved, unless
-- a trigger clears the reference first, as with Citus. The schema's own records in audit outlive
-- the account.
with recursive accounts as (
    select r.oid
    from relations as r
    where r.object = 'public.users'
    union all
    select c.oid
    from pg_catalog.pg_class as c
    where c.relname = 'users' and c.relnamespace = pg_catalog.to_regnamespace('auth')
),

-- Tables whose rows are deleted with an account.
deleted as (
    select a.oid from accounts as a
    union
    select k.conrelid
    from pg_catalog.pg_constraint as k
    inner join deleted as d on k.confrelid = d.oid
    where k.contype = 'f' and k.confdeltype = 'c'
),

user_keys as (
    select
        k.oid,
        k.conname,
        k.conrelid,
        k.confrelid,
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
        and k.confrelid in (select d.oid from deleted as d)
        -- Keys of other schemas to logins are not checked.
        and (
            k.confrelid in (select r.oid from relations as r)
            or k.conrelid in (select r.oid from relations as r)
        )
),

user_tables as (
    select
        r.oid,
        r.relname,
        r.object,
        r.is_made,
        (
            select a.attnum
            from pg_catalog.pg_attribute as a
            where a.attrelid = r.oid and a.attname = 'user_id' and not a.attisdropped
        ) as attnum
    from relations as r
    where
        r.kind = 'table'
        and not r.relispartition
        and r.object <> 'public.users'
        and not (r.is_made and r.relnamespace = pg_catalog.to_regnamespace('audit'))
),

-- The key that should delete rows: on user_id if there is one, a cascading one first.
best as (
    select distinct on (t.oid)
        t.oid,
        t.object,
        t.relname,
        t.attnum,
        k.oid as key,
        k.conname,
        k.confrelid,
        k.confdeltype,
        k.convalidated,
        k.enforced,
        k.enabling
    from user_tables as t
    left join user_keys as k
        on
            t.oid = k.conrelid
            and k.confrelid in (select a.oid from accounts as a)
            and (
                k.confrelid in (select r.oid from relations as r)
                or not t.is_made
            )
            and case when t.attnum is null then t.is_made else t.attnum = any(k.conkey) end
    where
        (t.attnum is not null or k.oid is not null)
        and (t.is_made or k.confdeltype is null or k.confdeltype not in ('n', 'd'))
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
                    ' foreign key (user_id) references %s (id) on delete cascade',
                    b.object,
                    case
                        when b.key is null then '' else
                            pg_catalog.format('drop constraint %I, ', b.conname)
                    end,
                    pg_catalog.left('fk_' || b.relname || '_users', 63),
                    coalesce(b.confrelid::pg_catalog.regclass::pg_catalog.text, 'public.users')
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
    pg_catalog.format(
        'This foreign key to %s blocks %s: it neither cascades nor sets null.',
        k.confrelid::pg_catalog.regclass,
        case
            when k.is_account or k.is_kept then 'account deletion' else 'the archive'
        end
    ) as finding,
    null as remedy
from (
    select
        y.*,
        y.confrelid in (select a.oid from accounts as a) as is_account,
        y.confdeltype = 'r' or y.conrelid not in (select d.oid from deleted as d) as is_kept,
        y.confrelid in (
            select live.oid
            from relations as live
            inner join relations as arch
                on
                    live.relnamespace = arch.relnamespace
                    and pg_catalog.format('%s_archive', live.relname) = arch.relname
        ) as is_archived
    from user_keys as y
) as k
where
    k.confdeltype in ('a', 'r')
    and k.conparentid = 0
    and k.enforced
    and (k.is_account or k.is_kept or k.is_archived)
    and not exists (
        select
        from pg_catalog.pg_trigger as t
        inner join functions as f on t.tgfoid = f.oid and f.object = 'audit.clear_pointer()'
        inner join pg_catalog.pg_attribute as a
            on k.conrelid = a.attrelid and a.attnum = any(k.conkey)
        where
            t.tgrelid = k.confrelid
            and t.tgenabled in ('O', 'A')
            and pg_catalog.starts_with(
                pg_catalog.encode(t.tgargs, 'escape'),
                pg_catalog.format('%s\000%s\000', k.conrelid::pg_catalog.regclass, a.attname)
            )
    )
    and not exists (
        select from best as b
        where b.key = k.oid
    )
