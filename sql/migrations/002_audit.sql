-- 002_audit: who changed which columns of which row, and when.
-- Why: the log must outlive the rows it is about and must never contain private values, so it has
-- names of columns and ids of rows, but no values and no foreign keys. The trigger function is
-- SECURITY DEFINER because API roles must not use schema audit; nobody can call it directly.

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
    user_id uuid,
    changed_columns text[],
    constraint chk_change_log_operation check (operation in ('update', 'delete')),
    constraint chk_change_log_changed_columns check (
        (operation = 'update') = (changed_columns is not null)
    )
);

create index idx_change_log_occurred_at on audit.change_log (occurred_at);
create index idx_change_log_row_id on audit.change_log (row_id);
create index idx_change_log_user_id on audit.change_log (user_id);
create index idx_change_log_actor_id on audit.change_log (actor_id);

-- If somebody ever grants privileges on this table, RLS still shows no rows.
alter table audit.change_log enable row level security;

create policy "Nobody can access the change log" on audit.change_log
for all to authenticated
using (false);

revoke all on table audit.change_log from public, anon, authenticated, service_role;
revoke all on sequence audit.change_log_id_seq from public, anon, authenticated, service_role;

-- Triggers of all tables call it; its body needs the archive, so 019_audit_moves replaces it.
create function audit.record_change()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp -- else a caller's type "text" comes first
as $$
begin
    raise exception 'the change log works from migration 019 on'
        using hint = 'Apply all migrations before rows are changed.';
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
comment on column audit.change_log.user_id is
'Whose row it is: its user_id, or the id of a user; null where a table has no user_id.';
comment on column audit.change_log.changed_columns is
'Names of the columns that changed, in table order; null for a delete.';
comment on policy "Nobody can access the change log" on audit.change_log is
'Its owner and roles with BYPASSRLS read it, no user of the API.';
comment on function audit.record_change() is
'Statement trigger function: writes one audit.change_log row for each row really changed.';
