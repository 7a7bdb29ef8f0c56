-- 015_session_analytics_archive: the metrics of archived sessions.
-- Why: analytics move with their session into the archive, with the same two foreign keys: the
-- session is archived and belongs to the same user, and both are deleted with the account. The keys
-- start with user_id for the reason given in daily_sessions_archive.

create table public.session_analytics_archive (
    id uuid not null default gen_random_uuid(),
    session_id uuid,
    user_id uuid not null default auth.uid(),
    metric_name text not null,
    metric_value decimal(10, 4),
    metric_unit text,
    calculated_at timestamptz not null default now(),
    archived_at timestamptz not null default now(),
    constraint session_analytics_archive_pkey primary key (user_id, id),
    constraint uq_session_analytics_archive_user_id_session_id_metric_name
    unique (user_id, session_id, metric_name),
    constraint fk_session_analytics_archive_users foreign key (user_id)
    references public.users (id) on delete cascade,
    constraint fk_session_analytics_archive_daily_sessions_archive
    foreign key (user_id, session_id)
    references public.daily_sessions_archive (user_id, id) on delete cascade
);

create index idx_session_analytics_archive_metric
on public.session_analytics_archive (metric_name);

create trigger audit_session_analytics_archive_update
after update on public.session_analytics_archive
referencing old table as old_rows new table as new_rows
for each statement execute function audit.record_change();

create trigger audit_session_analytics_archive_delete
after delete on public.session_analytics_archive
referencing old table as old_rows
for each statement execute function audit.record_change();

alter table public.session_analytics_archive enable row level security;

create policy "Users can only access their own archived analytics"
on public.session_analytics_archive
for all to authenticated
using ((select auth.uid()) = user_id)
with check ((select auth.uid()) = user_id);

revoke all on table public.session_analytics_archive from public, anon, authenticated, service_role;
grant select, insert, update, delete on table public.session_analytics_archive
to authenticated, service_role;

comment on table public.session_analytics_archive is
'Analytics of archived sessions, column for column as in session_analytics.';
comment on column public.session_analytics_archive.archived_at is
'When the row was moved here.';
comment on policy "Users can only access their own archived analytics"
on public.session_analytics_archive is
'A signed-in user reads and writes the analytics of their own archived sessions only.';
