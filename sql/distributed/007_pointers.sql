-- 007_pointers: a pointer to a deleted row is cleared by a trigger.
-- Why: Citus has no "on delete set null" for a key with the distribution column. The foreign key
-- stays and refuses a deletion if the trigger has not cleared the pointer.
-- What it costs: one more statement for each row deleted from a referenced table.

create or replace function audit.clear_pointer()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    -- A move has moved the pointers already. Anybody can set the setting: see 019_audit_moves.
    if current_setting('arami_db.moving', true) = 'on'
        and has_function_privilege(
            coalesce(nullif(current_setting('role', true), 'none'), session_user),
            'audit.move_rows(text,text[],text,uuid[],uuid[],bigint)',
            'execute'
        )
    then
        return old;
    end if;
    execute format(
        'update %1$s set %2$I = null where %3$I = ($1).%4$I and %2$I = ($1).%5$I',
        audit.shard_beside(tg_relid, tg_argv[0]::regclass),
        tg_argv[1], tg_argv[2], tg_argv[3], tg_argv[4]
    )
    using old;
    return old;
end
$$;

do $$
declare
    key record;
begin
    for key in
        select
            format('%I.%I', n.nspname, c.relname) as relation, c.relname, k.conname,
            k.confrelid::regclass as parent, d.user_column, p.attname as pointer,
            parent.user_column as parent_user_column, pointed.attname as pointed_column,
            regexp_replace(pg_get_constraintdef(k.oid), ' ON DELETE SET NULL( \([^)]*\))?', '')
                as definition
        from audit.distribution as d
        inner join pg_constraint as k
            on d.relation = k.conrelid and k.contype = 'f' and k.confdeltype = 'n'
        inner join pg_class as c on k.conrelid = c.oid
        inner join pg_namespace as n on c.relnamespace = n.oid
        inner join audit.distribution as parent
            on k.confrelid = parent.relation and parent.user_column is not null
        inner join pg_attribute as p
            on k.conrelid = p.attrelid
            and p.attnum = any(coalesce(k.confdelsetcols, k.conkey))
            and p.attname <> d.user_column
        inner join pg_attribute as pointed
            on k.confrelid = pointed.attrelid
            and pointed.attnum = k.confkey[array_position(k.conkey, p.attnum)]
        where not d.is_distributed
    loop
        execute format(
            'alter table %s drop constraint %I, add constraint %2$I %s',
            key.relation, key.conname, key.definition
        );
        execute format(
            'create trigger %I before delete on %s for each row'
            ' execute function audit.clear_pointer(%L, %L, %L, %L, %L)',
            format('clear_%s_%s', key.relname, key.pointer), key.parent,
            key.relation, key.pointer, key.user_column, key.parent_user_column, key.pointed_column
        );
        execute format(
            'comment on trigger %I on %s is %L',
            format('clear_%s_%s', key.relname, key.pointer), key.parent,
            'archive: it leaves alone what moves; what is deleted is no longer pointed to.'
        );
    end loop;
end
$$;

revoke all on function audit.clear_pointer() from public, anon, authenticated, service_role;

comment on function audit.clear_pointer() is
'Trigger function: clears the column that points to a row about to be deleted.';
