-- 009_session_analytics: measured figures of a session, one row a metric.
-- Why: the foreign key includes the user: a reference to the session alone would let one user
-- attach rows to another's, because foreign keys ignore row level security. The session comes first
-- in it, so that the documented index on session_id, with one more column, serves it.

create table public.session_analytics (
    id uuid primary key default gen_random_uuid(),
    session_id uuid,
    user_id uuid not null default auth.uid(),
    metric_name text not null,
    metric_value decimal(10, 4),
    metric_unit text,
    calculated_at timestamptz not null default now(),
    constraint uq_session_analytics_session_id_metric_name unique (session_id, metric_name),
    constraint fk_session_analytics_users foreign key (user_id)
    references public.users (id) on delete cascade,
    constraint fk_session_analytics_daily_sessions foreign key (session_id, user_id)
    references public.daily_sessions (id, user_id) on delete cascade
);

create index idx_session_analytics_session_id on public.session_analytics (session_id, user_id);
create index idx_session_analytics_user_id on public.session_analytics (user_id);
create index idx_session_analytics_metric on public.session_analytics (metric_name);

create trigger audit_session_analytics_update
after update on public.session_analytics
referencing old table as old_rows new table as new_rows
for each statement execute function audit.record_change();

create trigger audit_session_analytics_delete
after delete on public.session_analytics
referencing old table as old_rows
for each statement execute function audit.record_change();

alter table public.session_analytics enable row level security;

create policy "Users can only access their own analytics" on public.session_analytics
for all to authenticated
using ((select auth.uid()) = user_id)
with check ((select auth.uid()) = user_id);

revoke all on table public.session_analytics from public, anon, authenticated, service_role;
grant select, insert, update, delete on table public.session_analytics
to authenticated, service_role;

comment on table public.session_analytics is
'Metrics of a session, such as engagement_score, voice_clarity, response_time, completion_rate.';
comment on column public.session_analytics.metric_unit is 'Unit of metric_value; null for a ratio.';
comment on policy "Users can only access their own analytics" on public.session_analytics is
'A signed-in user reads and writes the analytics of their own sessions only.';
