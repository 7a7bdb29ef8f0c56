-- 002_audit: who changed which columns of which row, and when.
-- Why: the log must outlive the rows it speaks of and must never repeat what people said, so it
-- holds names of columns and ids of rows, no values and no foreign keys. The trigger function is
-- SECURITY DEFINER because API roles have no business in schema audit; nobody can call it directly.

create schema audit;
revoke all on schema audit from public, anon, authenticated, service_role;
comment on schema audit is 'Change tracking; for administrators, never exposed through the API.';

create table audit.change_log (
    id bigint generated always as identity primary key,
    occurred_at timestamptz not null default now(),
    actor_id uuid,
    actor_role text not null,
    operation text not null,
    table_name text not null,
    row_id uuid not null,
    changed_columns text[],
    constraint chk_change_log_operation check (operation in ('update', 'delete')),
    constraint chk_change_log_changed_columns check (
        (operation = 'update') = (changed_columns is not null)
    )
);

create index idx_change_log_occurred_at on audit.change_log (occurred_at);
create index idx_change_log_row_id on audit.change_log (row_id);
create index idx_change_log_actor_id on audit.change_log (actor_id);

-- Should somebody ever grant on this table, RLS still shows them nothing.
alter table audit.change_log enable row level security;

create policy "Nobody can access the change log" on audit.change_log
for all to authenticated
using (false);

revoke all on table audit.change_log from public, anon, authenticated, service_role;
revoke all on sequence audit.change_log_id_seq from public, anon, authenticated, service_role;

-- The statement is built from the catalog because a comparison through jsonb would miss a change
-- between SQL NULL and JSON null. updated_at is bookkeeping: alone it is no change.
create function audit.record_change()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp -- else a caller's type "text" comes first
as $$
declare
    acting_role text := coalesce(nullif(current_setting('role', true), 'none'), session_user);
    key_columns text[];
    same_row text;
    comparisons text;
begin
    if tg_op = 'DELETE' then
        insert into audit.change_log (actor_id, actor_role, operation, table_name, row_id)
        select auth.uid(), acting_role, 'delete', tg_table_name, gone.id
        from old_rows as gone;
        return null;
    end if;

    select
        array_agg(a.attname order by a.attnum) filter (where a.attnum = any(i.indkey)),
        string_agg(format('n.%1$I = o.%1$I', a.attname), ' and ')
        filter (where a.attnum = any(i.indkey)),
        string_agg(
            format('case when o.%1$I is distinct from n.%1$I then %1$L end', a.attname),
            ', ' order by a.attnum
        ) filter (where a.attnum <> all(i.indkey) and a.attname <> 'updated_at')
    into key_columns, same_row, comparisons
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_index as i on i.indrelid = a.attrelid and i.indisprimary
    where a.attrelid = tg_relid and a.attnum > 0 and not a.attisdropped;

    -- A row whose key changed has no partner among the new rows; its old id is the one on record.
    execute format(
        'insert into audit.change_log
             (actor_id, actor_role, operation, table_name, row_id, changed_columns)
         select auth.uid(), $1, ''update'', $2, o.id, diff.columns
         from old_rows as o
         left join new_rows as n on %s
         cross join lateral (
             select case when n.id is null then $3
                    else array_remove(array[%s]::text[], null) end
         ) as diff (columns)
         where diff.columns <> ''{}''',
        same_row,
        comparisons
    )
    using acting_role, tg_table_name, key_columns;
    return null;
end
$$;

revoke all on function audit.record_change() from public, anon, authenticated, service_role;

comment on table audit.change_log is
'One row for each user row updated or deleted: who, when, which row, which columns; never a value.';
comment on column audit.change_log.actor_id is
'auth.uid() of the request; null when the change came from no signed-in user.';
comment on column audit.change_log.actor_role is
'The database role that acted: the one SET ROLE chose, else the one that logged in.';
comment on column audit.change_log.row_id is
'id of the changed row; kept after the row, and its account, are gone.';
comment on column audit.change_log.changed_columns is
'Names of the columns that changed, in table order; null for a delete.';
comment on policy "Nobody can access the change log" on audit.change_log is
'Its owner and roles with BYPASSRLS read it, no user of the API.';
comment on function audit.record_change() is
'Statement trigger function: writes one audit.change_log row for each row really changed.';
