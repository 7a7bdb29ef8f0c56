-- Every table that this role can see, with the rules for rows about a person.
-- Why: these rules complete the foreign keys, for every present and future table.
--   claims: a column that may hold a person's id, with or without a key: any uuid, or a text with
--   such a name; and the JSON in the log of Supabase's auth server that names the actor and the
--   person concerned. A row with the person's id in it is about that person.
--   is_log: lines about rows of any table, by table_name and row_id, as in audit.change_log.
--   is_outside: metadata of files in Supabase Storage, which SQL cannot delete.
--   is_secret: credentials. Such columns of the platform's tables of logins are not exported.
select
    c.oid,
    n.nspname::text as schema,
    c.relname::text as name,
    c.relkind = 'p' as is_partitioned,
    n.nspname = 'storage' as is_outside,
    has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as may_read,
    has_table_privilege(c.oid, 'delete') as may_delete,
    row_security_active(c.oid) as is_filtered,
    -- On Citus: only its own C code makes such a trigger.
    exists (
        select
        from pg_trigger as t
        inner join pg_proc as f on t.tgfoid = f.oid and f.proname = 'citus_truncate_trigger'
        where t.tgrelid = c.oid and t.tgisinternal
    ) as is_distributed,
    coalesce(
        bool_or(a.attname = 'table_name' and b.base in ('text', 'varchar', 'name'))
        and bool_or(a.attname = 'row_id' and b.base = 'uuid'),
        false
    ) as is_log,
    coalesce(
        jsonb_agg(
            jsonb_build_object(
                'name', a.attname,
                'type', b.base,
                'required', a.attnotnull,
                'key_place', array_position(i.indkey::int2[], a.attnum),
                'claims',
                b.base = 'uuid'
                or b.base in ('text', 'varchar')
                and a.attname ~ (
                    '^(user|owner|actor|author|account|profile|person)(_id)?$'
                    '|_(user|owner)_id$|_by$'
                )
                or n.nspname = 'auth'
                and b.base in ('json', 'jsonb')
                and a.attname = 'payload',
                'is_secret',
                n.nspname = 'auth'
                and b.base in ('text', 'varchar', 'bpchar', 'bytea', 'json', 'jsonb')
                and a.attname ~ (
                    '(^|_)(password|tokens?|secret|codes?|nonce|otp|hmac|challenge|verifier|key'
                    '|session_data)(_|$)|^parent$'
                )
            ) order by a.attnum
        ) filter (where a.attname is not null),
        '[]'
    ) as columns
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
left join pg_attribute as a on c.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
left join lateral (
    select coalesce(base.typname, t.typname)::text as base
    from pg_type as t
    left join pg_type as base on t.typbasetype = base.oid
    where t.oid = a.atttypid
) as b on true
left join pg_index as i on c.oid = i.indrelid and i.indisprimary
where
    c.relkind in ('r', 'p')
    and not c.relispartition
    and c.relpersistence <> 't'
    and n.nspname !~ '^pg_'
    and n.nspname <> 'information_schema'
group by c.oid, n.oid, i.indkey
order by n.nspname, c.relname
