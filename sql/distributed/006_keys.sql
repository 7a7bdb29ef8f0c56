-- 006_keys: keys that a machine can check start with the distribution column.
-- Why: a worker sees its own shards only, so a key without that column would hold within a shard,
-- and Citus refuses it. A random id stays unique anyway, and a key of a user's row stays a key
-- together with the user. Any other unique constraint would change its meaning from "once" to "once
-- per user", so it is reported and nothing is distributed.
-- What it costs: clients that write "on conflict (id)" have to write "on conflict (user_id, id)".

do $$
declare
    key record;
begin
    for key in
        select
            k.conrelid::regclass as relation, k.conname, d.user_column,
            pg_get_constraintdef(k.oid) as definition,
            k.contype = 'p' and cardinality(k.conkey) = 1 and a.atttypid = 'uuid'::regtype
            or exists (
                select from pg_constraint as f
                inner join audit.distribution as parent on f.confrelid = parent.relation
                where
                    f.conrelid = k.conrelid
                    and f.contype = 'f'
                    and parent.user_column is not null
                    and u.attnum = any(f.conkey)
                    and cardinality(f.conkey) > 1
                    and array_remove(f.conkey, u.attnum) <@ k.conkey
            ) as is_a_users
        from audit.distribution as d
        inner join pg_attribute as u on d.relation = u.attrelid and d.user_column = u.attname
        inner join pg_constraint as k
            on d.relation = k.conrelid and k.contype in ('p', 'u') and u.attnum <> all(k.conkey)
        inner join pg_attribute as a on k.conrelid = a.attrelid and k.conkey[1] = a.attnum
        where not d.is_distributed
    loop
        if not key.is_a_users then
            raise exception 'constraint % of % cannot hold beyond one machine: %',
                key.conname, key.relation, key.definition
                using
                    errcode = 'feature_not_supported',
                    hint = format(
                        'Let it start with %I in a migration, if once a user is what it means; or'
                        ' keep the table on the coordinator, without a foreign key to users.',
                        key.user_column
                    );
        end if;
        execute format('alter table %s drop constraint %I', key.relation, key.conname);
        execute format(
            'alter table %s add constraint %I %s', key.relation, key.conname,
            regexp_replace(key.definition, '\(', format('(%I, ', key.user_column))
        );
    end loop;
end
$$;
