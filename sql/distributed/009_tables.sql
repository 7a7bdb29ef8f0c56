-- 009_tables: a user's rows are together on one worker, and what they refer to on every worker.
-- Why: then one machine answers a query about one user, in one transaction, with every foreign key.
-- What it costs: a query about all users reads every shard. Writes wait while tables move, and each
-- table is read once before and once after the move, to compare it. The rows also stay on the
-- coordinator, invisible, until the end of `arami-db distribute`.

-- As text, which is the same on every machine with the same settings, unlike oids of types.
create or replace function audit.sum_of(relation regclass)
returns table (number_of_rows bigint, checksum numeric)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query execute format(
        'select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) from %s as t', relation
    );
end
$$;

do $$
declare
    shared regclass[];
    keys jsonb;
    key record;
    next_one record;
    before_it record;
    after_it record;
begin
    set local timezone to 'UTC'; -- the workers, too
    set local datestyle to 'ISO, YMD';
    set local intervalstyle to 'postgres';
    set local bytea_output to 'hex';
    set local extra_float_digits to 1;
    -- Rows move as they are: no trigger may fire for them.
    set local session_replication_role to 'replica';

    -- Tables for every machine come first. Until they are copied no other table may refer to them,
    -- so their list is kept here: audit.distribution finds them by these foreign keys.
    shared := array(
        select d.relation from audit.distribution as d
        where d.user_column is null and not d.is_distributed
    );
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

    loop
        select w.relation, w.user_column, n.nspname, c.relname into next_one
        from (
            select s.relation, null as user_column from unnest(shared) as s (relation)
            union all
            select d.relation, d.user_column
            from audit.distribution as d
            where d.user_column is not null and not d.is_distributed and not exists (
                select from pg_constraint as k
                inner join audit.distribution as parent
                    on k.confrelid = parent.relation and not parent.is_distributed
                where k.conrelid = d.relation and k.contype = 'f' and k.confrelid <> k.conrelid
            )
        ) as w
        inner join pg_class as c on w.relation = c.oid
        inner join pg_namespace as n on c.relnamespace = n.oid
        order by w.user_column is not null, w.relation <> 'public.users'::regclass, w.relation
        limit 1;
        exit when next_one is null;

        select s.* into before_it from audit.sum_of(next_one.relation) as s;
        if next_one.user_column is null then
            perform create_reference_table(next_one.relation);
            shared := array_remove(shared, next_one.relation);
        else
            perform create_distributed_table(
                next_one.relation,
                next_one.user_column,
                colocate_with => case
                    when next_one.relation = 'public.users'::regclass then 'none'
                    else 'public.users'
                end
            );
        end if;
        select s.* into after_it from audit.sum_of(next_one.relation) as s;
        if before_it is distinct from after_it then
            raise exception '% is not the same on the workers: % rows were %, or others',
                next_one.relation, after_it.number_of_rows, before_it.number_of_rows
                using errcode = 'data_corrupted';
        end if;
        raise info using
            message = format(
                '%s.%s: rows %s, %s, the same before and after',
                next_one.nspname, next_one.relname,
                after_it.number_of_rows, coalesce('by ' || next_one.user_column, 'on every machine')
            ),
            schema = next_one.nspname, table = next_one.relname,
            detail = after_it.number_of_rows;
    end loop;

    set local session_replication_role to 'origin';

    if exists (select from audit.distribution as d where not d.is_distributed) then
        raise exception 'tables refer to each other in a circle: %', (
            select string_agg(d.relation::text, ', ' order by d.relation::text)
            from audit.distribution as d
            where not d.is_distributed
        )
        using errcode = 'feature_not_supported';
    end if;

    for key in
        select k.* from jsonb_to_recordset(keys) as k (relation text, name text, definition text)
    loop
        execute format(
            'alter table %s add constraint %I %s', key.relation, key.name, key.definition
        );
    end loop;
end
$$;

revoke all on function audit.sum_of(regclass) from public, anon, authenticated, service_role;

comment on function audit.sum_of(regclass) is
'How many rows a table has, and a sum over all they hold, whatever their order.';
