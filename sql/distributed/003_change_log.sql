-- 003_change_log: a change is logged on the machine of the changed row.
-- Why: a trigger runs on the machine that has the row, where it may not write to others. So the log
-- is distributed by user, too, and the trigger writes to the shard with the same users. A sequence
-- would have to be on one machine: a line's id is a uuid here.
-- What it costs: two lookups and the planning of a statement for each statement that changes rows.

-- shard_name() leaves out the schema where it is public, whatever the search path.
create or replace function audit.shard(relation regclass, id bigint)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case when c.relnamespace = 'public'::regnamespace then 'public.' else '' end
        || shard_name(relation, id)
    from pg_class as c
    where c.oid = relation
$$;

-- Not from pg_class: Citus may hide shards from a client, and so from its triggers.
create or replace function audit.sharded_table(shard oid)
returns regclass
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        (
            select its.logicalrelid
            from pg_dist_shard as its
            where
                its.shardid = substring(shard::regclass::text from '_(\d{1,18})"?$')::bigint
                and shard = to_regclass(audit.shard(its.logicalrelid, its.shardid))
        ),
        shard::regclass
    )
$$;

-- Tables on every machine belong to no user: their changes are logged once, in the shard of the
-- user that represents everybody.
create or replace function audit.shard_beside(shard oid, relation regclass)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case
        when audit.sharded_table(shard) = shard then relation::text
        else (
            select audit.shard(relation, beside.shardid)
            from pg_dist_shard as its
            inner join pg_dist_shard as beside
                on
                    beside.logicalrelid = relation
                    and case
                        when its.shardminvalue is not null
                            then beside.shardminvalue = its.shardminvalue
                        else
                            beside.shardid = get_shard_id_for_distribution_column(
                                relation, audit.everybody()
                            )
                    end
            where
                its.shardid = substring(shard::regclass::text from '_(\d{1,18})"?$')::bigint
                and its.logicalrelid = audit.sharded_table(shard)
                and to_regclass(audit.shard(relation, beside.shardid)) is not null
        )
    end
$$;

-- As in 019_audit_moves, for the shard; its two paths are one here.
create or replace function audit.record_change()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp -- else a caller's type "text" comes first
as $$
declare
    acting_role text := coalesce(nullif(current_setting('role', true), 'none'), session_user);
    changed constant regclass := audit.sharded_table(tg_relid);
    log constant text := audit.shard_beside(tg_relid, 'audit.change_log');
    lines text;
    line_array jsonb;
    changed_name constant text := (select c.relname from pg_class as c where c.oid = changed);
    key_columns text[];
    same_row text;
    user_column text;
    comparisons text;
begin
    if current_setting('arami_db.moving', true) = 'on'
        and has_function_privilege(
            acting_role,
            'audit.move_rows(text,text[],text,uuid[],uuid[],bigint)',
            'execute'
        )
        or log is null
        or not exists (select from old_rows)
    then
        return null;
    end if;

    select
        array_agg(a.attname order by a.attnum) filter (where a.attnum = any(i.indkey)),
        string_agg(format('n.%1$I = o.%1$I', a.attname), ' and ')
        filter (where a.attnum = any(i.indkey)),
        coalesce(
            'o.' || (
                select quote_ident(column_to_column_name(p.logicalrelid, p.partkey))
                from pg_dist_partition as p
                where p.logicalrelid = changed and p.partmethod = 'h'
            ),
            case
                when bool_or(a.attname = 'user_id' and a.atttypid = 'uuid'::regtype)
                    then format('coalesce(o.user_id, %L)', audit.everybody())
            end,
            quote_literal(audit.everybody())
        ),
        string_agg(
            format('case when o.%1$I is distinct from n.%1$I then %1$L end', a.attname),
            ', ' order by a.attnum
        ) filter (where a.attnum <> all(i.indkey) and a.attname <> 'updated_at')
    into key_columns, same_row, user_column, comparisons
    from pg_attribute as a
    inner join pg_index as i on i.indrelid = a.attrelid and i.indisprimary
    where a.attrelid = tg_relid and a.attnum > 0 and not a.attisdropped;

    lines := format(
        case tg_op
            when 'DELETE' then
                'select auth.uid(), $1, ''delete'', $2, o.id, %1$s::uuid, null::text[]
                 from old_rows as o'
            else
                'select auth.uid(), $1, ''update'', $2, o.id, %1$s::uuid, diff.columns
                 from old_rows as o
                 left join new_rows as n on %2$s
                 cross join lateral (
                     select case when n.id is null then $3
                            else array_remove(array[%3$s]::text[], null) end
                     offset 0 -- else every column is compared twice
                 ) as diff (columns)
                 where diff.columns <> ''{}'''
        end,
        user_column,
        same_row,
        comparisons
    );
    if changed <> tg_relid then
        execute format(
            'insert into %s
                 (actor_id, actor_role, operation, table_name, row_id, user_id, changed_columns) %s',
            log, lines
        )
        using acting_role, changed_name, key_columns;
        return null;
    end if;

    -- A table that only the coordinator has: a statement sent to a worker cannot read old_rows.
    execute format(
        'select jsonb_agg(to_jsonb(l)) from (%s) as l
             (actor_id, actor_role, operation, table_name, row_id, user_id, changed_columns)', lines
    )
    into line_array
    using acting_role, changed_name, key_columns;
    insert into audit.change_log
        (actor_id, actor_role, operation, table_name, row_id, user_id, changed_columns)
    select l.*
    from jsonb_to_recordset(line_array) as l (
        actor_id uuid, actor_role text, operation text, table_name text, row_id uuid,
        user_id uuid, changed_columns text[]
    );
    return null;
end
$$;

do $$
begin
    if exists (
        select from pg_attribute as a
        where a.attrelid = 'audit.change_log'::regclass and a.attname = 'id' and a.attidentity <> ''
    ) then
        alter table audit.change_log alter column id drop identity;
        alter table audit.change_log
        alter column id type uuid using gen_random_uuid(),
        alter column id set default gen_random_uuid();
        update audit.change_log set user_id = audit.everybody() where user_id is null;
        alter table audit.change_log alter column user_id set not null;
        drop index audit.idx_change_log_user_id; -- the new primary key begins with it
    end if;
end
$$;

revoke all on function audit.shard(regclass, bigint)
from public, anon, authenticated, service_role;
revoke all on function audit.shard_beside(oid, regclass)
from public, anon, authenticated, service_role;
revoke all on function audit.sharded_table(oid) from public, anon, authenticated, service_role;

comment on function audit.shard(regclass, bigint) is 'The name of a shard on its worker.';
comment on function audit.shard_beside(oid, regclass) is
'The part of a table that lies with a part of another; the table itself where that is none.';
comment on function audit.sharded_table(oid) is 'The table that a shard is a part of.';
