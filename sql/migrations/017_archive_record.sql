-- 017_archive_record: what was archived and restored, when, by whom, and how it ended.
-- Why: a batch writes its own row in its own transaction, so the record is exact even when the
-- program was killed; a counter in the run's row would make parallel jobs queue. The run's row only
-- says who began it and how it ended. Batches without a run were called by hand. Sessions that
-- cannot move are recorded, too: otherwise every run would begin with them.
-- Old batches may be deleted; their totals then stay in the run. A run of kind retention deleted
-- old rows of this schema: a log that can be shortened without a trace proves nothing.

create table audit.archive_run (
    id bigint generated always as identity primary key,
    kind text not null,
    cutoff timestamptz,
    selection text,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    outcome text,
    message text,
    database_role text not null default session_user,
    os_user text,
    host text,
    tool_version text,
    sessions bigint not null default 0,
    rows jsonb not null default '{}',
    batches bigint not null default 0,
    constraint chk_archive_run_kind check (kind in ('archive', 'restore', 'retention')),
    constraint chk_archive_run_cutoff check ((kind = 'restore') = (cutoff is null)),
    constraint chk_archive_run_rows check (jsonb_typeof(rows) = 'object'),
    constraint chk_archive_run_outcome check (
        outcome in ('done', 'stopped early', 'failed', 'broken off')
    ),
    constraint chk_archive_run_finished_at check ((finished_at is null) = (outcome is null))
);

create table audit.archive_batch (
    id bigint generated always as identity primary key,
    run_id bigint,
    kind text not null,
    cutoff timestamptz,
    occurred_at timestamptz not null default clock_timestamp(),
    duration interval not null,
    sessions bigint not null,
    rows jsonb not null,
    oldest timestamptz not null,
    newest timestamptz not null,
    database_role text not null default session_user,
    constraint chk_archive_batch_kind check (kind in ('archive', 'restore')),
    constraint chk_archive_batch_cutoff check ((kind = 'archive') = (cutoff is not null)),
    constraint chk_archive_batch_rows check (jsonb_typeof(rows) = 'object'),
    constraint fk_archive_batch_archive_run foreign key (run_id) references audit.archive_run (id)
);

create table audit.archive_failure (
    kind text not null,
    user_id uuid not null,
    session_id uuid not null,
    sqlstate text not null,
    message text not null,
    run_id bigint,
    tried_at timestamptz not null default clock_timestamp(),
    constraint archive_failure_pkey primary key (user_id, session_id, kind),
    constraint chk_archive_failure_kind check (kind in ('archive', 'restore')),
    constraint fk_archive_failure_users foreign key (user_id)
    references public.users (id) on delete cascade,
    constraint fk_archive_failure_archive_run foreign key (run_id)
    references audit.archive_run (id) on delete set null
);

create index idx_archive_batch_run_id on audit.archive_batch (run_id);
create index idx_archive_batch_occurred_at on audit.archive_batch (occurred_at);
create index idx_archive_failure_run_id on audit.archive_failure (run_id);

-- As for audit.change_log.
alter table audit.archive_run enable row level security;
alter table audit.archive_batch enable row level security;
alter table audit.archive_failure enable row level security;

create policy "Nobody can access the runs" on audit.archive_run
for all to authenticated
using (false);

create policy "Nobody can access the batches" on audit.archive_batch
for all to authenticated
using (false);

create policy "Nobody can access the failures" on audit.archive_failure
for all to authenticated
using (false);

revoke all on table audit.archive_run from public, anon, authenticated, service_role;
revoke all on table audit.archive_batch from public, anon, authenticated, service_role;
revoke all on table audit.archive_failure from public, anon, authenticated, service_role;
revoke all on sequence audit.archive_run_id_seq from public, anon, authenticated, service_role;
revoke all on sequence audit.archive_batch_id_seq from public, anon, authenticated, service_role;

comment on table audit.archive_run is
'One row for each run of the tool that archived or restored sessions, or deleted old rows of the'
' record itself.';
comment on column audit.archive_run.cutoff is
'Sessions created before this moment were to be archived, or rows of the record deleted; null for a'
' restore.';
comment on column audit.archive_run.selection is 'What a restore was asked to bring back.';
comment on column audit.archive_run.outcome is
'Null while it runs; broken off: a later run found that it had ended without an outcome.';
comment on column audit.archive_run.sessions is
'Sessions of its batches that retention has deleted; audit.archive_history adds the others.';
comment on column audit.archive_run.rows is
'What moved along with these sessions: how many rows, by the table they moved from.';
comment on column audit.archive_run.batches is
'How many of its batches retention has deleted.';
comment on table audit.archive_batch is
'One row for each transaction that moved sessions into the archive or back.';
comment on column audit.archive_batch.run_id is
'The run the batch belongs to; null when the routine was called by hand or by pg_cron.';
comment on column audit.archive_batch.rows is
'How many rows of which live table moved with the sessions, or point to where those are now, such'
' as {"public.session_analytics": 24, "public.virtue_collection": 1}.';
comment on column audit.archive_batch.oldest is 'created_at of the oldest session moved.';
comment on column audit.archive_batch.newest is 'created_at of the newest session moved.';
comment on policy "Nobody can access the runs" on audit.archive_run is
'Its owner and roles with BYPASSRLS read and write it, no user of the API.';
comment on policy "Nobody can access the batches" on audit.archive_batch is
'Its owner and roles with BYPASSRLS read and write it, no user of the API.';
comment on table audit.archive_failure is
'Sessions that could not be moved, with the reason; left out of every batch until tried again.';
comment on column audit.archive_failure.message is
'The server''s message, without values.';
comment on column audit.archive_failure.run_id is 'The run that tried it last.';
comment on policy "Nobody can access the failures" on audit.archive_failure is
'Its owner and roles with BYPASSRLS read and write it, no user of the API.';
