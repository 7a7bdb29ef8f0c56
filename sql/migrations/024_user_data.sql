-- 024_user_data: the record of exports and erasures of personal data: when, by whom, how much.
-- Why: an operator must be able to prove that a person's request was answered, and the record must
-- not keep what was erased. It has no id of the person, and no hash of one, by which the row could
-- be found. The command prints the number of the row, to be filed with the request.

create table audit.user_data_run (
    id bigint generated always as identity primary key,
    kind text not null,
    occurred_at timestamptz not null default clock_timestamp(),
    tables integer not null,
    row_count bigint not null,
    database_role text not null default session_user,
    os_user text,
    host text,
    tool_version text,
    constraint chk_user_data_run_kind check (kind in ('export', 'erase'))
);

-- As for audit.change_log.
alter table audit.user_data_run enable row level security;

create policy "Nobody can access the runs on user data" on audit.user_data_run
for all to authenticated
using (false);

revoke all on table audit.user_data_run from public, anon, authenticated, service_role;
revoke all on sequence audit.user_data_run_id_seq from public, anon, authenticated, service_role;

comment on table audit.user_data_run is
'One row each time a person''s data was exported or erased; nothing in it says whose.';
comment on column audit.user_data_run.tables is 'How many tables had rows.';
comment on column audit.user_data_run.row_count is 'How many rows were exported or erased.';
comment on policy "Nobody can access the runs on user data" on audit.user_data_run is
'Its owner and roles with BYPASSRLS read and write it, no user of the API.';
