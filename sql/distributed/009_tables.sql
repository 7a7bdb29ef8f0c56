-- 009_tables: a user's rows lie together on one worker, what they refer to on every one.
-- Why: whatever is asked of one user is then answered by one machine, in one transaction, with
-- every foreign key as it was.
-- What it costs: what is asked of all users is asked of every shard. The rows stay on the
-- coordinator too, unseen, until the end of `arami-db distribute`.

do $$
declare
    keys jsonb;
    key record;
    next_one record;
begin
    -- What is on every machine comes first, and a table on one may not refer to it meanwhile.
    select jsonb_agg(
        jsonb_build_object(
            'relation', d.relation::text, 'name', k.conname, 'parent', k.confrelid::regclass::text,
            'definition', pg_get_constraintdef(k.oid)
        )
    )
    into keys
    from audit.distribution as d
    inner join pg_constraint as k on d.relation = k.conrelid and k.contype = 'f'
    inner join audit.distribution as parent
        on k.confrelid = parent.relation and parent.user_column is null
    where not d.is_distributed;
    for key in
        select k.* from jsonb_to_recordset(keys) as k (relation text, name text)
    loop
        execute format('alter table %s drop constraint %I', key.relation, key.name);
    end loop;
    for key in
        select distinct k.parent from jsonb_to_recordset(keys) as k (parent text)
        where not exists (
            select from pg_dist_partition as p
            where p.logicalrelid = k.parent::regclass and p.repmodel = 't'
        )
    loop
        perform create_reference_table(key.parent);
    end loop;

    loop
        select d.* into next_one
        from audit.distribution as d
        where not d.is_distributed and not exists (
            select from pg_constraint as k
            inner join audit.distribution as parent
                on k.confrelid = parent.relation and not parent.is_distributed
            where k.conrelid = d.relation and k.contype = 'f' and k.confrelid <> k.conrelid
        )
        order by d.relation <> 'public.users'::regclass, d.relation
        limit 1;
        exit when next_one is null;
        perform create_distributed_table(
            next_one.relation,
            next_one.user_column,
            colocate_with => case
                when next_one.relation = 'public.users'::regclass then 'none' else 'public.users'
            end
        );
    end loop;

    for key in
        select k.* from jsonb_to_recordset(keys) as k (relation text, name text, definition text)
    loop
        execute format(
            'alter table %s add constraint %I %s', key.relation, key.name, key.definition
        );
    end loop;
end
$$;
