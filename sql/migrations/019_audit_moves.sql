-- 019_audit_moves: what the change log records; moving a session is not a change.
-- Why: without this the change log would record a deletion or an update of every archived session,
-- metric and virtue, although its user still has it unchanged; audit.archive_batch records who
-- moved how much, and archived_at when. audit.move_sessions sets arami_db.moving meanwhile. Anybody
-- can set a setting, so it counts only for a role that may execute that function; no API role may.

-- A change of updated_at alone is not a change. Apps change one row at a time and wait for it: its
-- columns are compared as JSON, because a statement with their names would be planned each time,
-- which takes five times as long. For many rows one such statement is faster than JSON. It is also
-- used for rows with the word null, since SQL NULL and JSON null are the same as JSON.
create or replace function audit.record_change()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp -- else a caller's type "text" comes first
as $$
declare
    acting_role text := coalesce(nullif(current_setting('role', true), 'none'), session_user);
    key_columns text[];
    same_row text;
    user_column text;
    comparisons text;
    is_user constant boolean := tg_relid = 'public.users'::regclass;
    uuid_format constant text := '^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$'; -- or not a uuid
begin
    if current_setting('arami_db.moving', true) = 'on'
        and has_function_privilege(
            acting_role,
            'audit.move_rows(text,text[],text,uuid[],uuid[],bigint)',
            'execute'
        )
    then
        return null;
    end if;

    if tg_op = 'DELETE' then
        insert into audit.change_log
            (actor_id, actor_role, operation, table_name, row_id, user_id)
        select
            (select auth.uid()), acting_role, 'delete', tg_table_name, gone.id,
            case
                when is_user then gone.id
                else substring(row_to_json(gone) ->> 'user_id' from uuid_format)::uuid
            end
        from old_rows as gone;
        return null;
    end if;

    if (
        select count(*) = 1 and bool_and(pair.content not like '%null%')
        from (
            select o::text || n::text as content from old_rows as o cross join new_rows as n limit 2
        ) as pair
    ) then
        insert into audit.change_log
            (actor_id, actor_role, operation, table_name, row_id, user_id, changed_columns)
        select
            auth.uid(), acting_role, 'update', tg_table_name, o.id,
            case when is_user then o.id else diff.user_id end, diff.columns
        from old_rows as o
        cross join new_rows as n
        cross join lateral (
            select
                substring(
                    max(pair.before #>> '{}') filter (where pair.name = 'user_id') from uuid_format
                )::uuid,
                array_agg(pair.name) filter (
                    where pair.before::jsonb <> pair.after::jsonb and pair.name <> 'updated_at'
                )
            from
                rows from (
                    json_each(row_to_json(o)), json_each(row_to_json(n))
                ) as pair (name, before, new_name, after)
        ) as diff (user_id, columns)
        where diff.columns is not null;
        return null;
    end if;
    if not exists (select from old_rows) then
        return null;
    end if;

    select
        array_agg(a.attname order by a.attnum) filter (where a.attnum = any(i.indkey)),
        string_agg(format('n.%1$I = o.%1$I', a.attname), ' and ')
        filter (where a.attnum = any(i.indkey)),
        case
            when is_user then 'o.id'
            when bool_or(a.attname = 'user_id' and a.atttypid = 'uuid'::regtype) then 'o.user_id'
            else 'null::uuid'
        end,
        string_agg(
            format('case when o.%1$I is distinct from n.%1$I then %1$L end', a.attname),
            ', ' order by a.attnum
        ) filter (where a.attnum <> all(i.indkey) and a.attname <> 'updated_at')
    into key_columns, same_row, user_column, comparisons
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_index as i on i.indrelid = a.attrelid and i.indisprimary
    where a.attrelid = tg_relid and a.attnum > 0 and not a.attisdropped;

    -- A row whose key changed has no partner among the new rows; its old id is the one on record.
    execute format(
        'insert into audit.change_log
             (actor_id, actor_role, operation, table_name, row_id, user_id, changed_columns)
         select (select auth.uid()), $1, ''update'', $2, o.id, %s, diff.columns
         from old_rows as o
         left join new_rows as n on %s
         cross join lateral (
             select case when n.id is null then $3
                    else array_remove(array[%s]::text[], null) end
             offset 0 -- else every column is compared twice
         ) as diff (columns)
         where diff.columns <> ''{}''',
        user_column,
        same_row,
        comparisons
    )
    using acting_role, tg_table_name, key_columns;
    return null;
end
$$;

comment on function audit.record_change() is
'Statement trigger function: writes one audit.change_log row for each row really changed, and none'
' for sessions on their way into the archive or back.';
