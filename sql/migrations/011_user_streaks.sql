-- 011_user_streaks: how many days, weeks or months in a row.
-- Why: one row a user and kind of streak; public.record_activity updates it.

create table public.user_streaks (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid(),
    streak_type text not null,
    current_streak integer not null default 0,
    longest_streak integer not null default 0,
    last_activity_date date,
    streak_start_date date,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint chk_user_streaks_streak_type check (
        streak_type in ('daily_session', 'weekly_goal', 'monthly_virtue')
    ),
    constraint uq_user_streaks_user_id_streak_type unique (user_id, streak_type),
    constraint fk_user_streaks_users foreign key (user_id)
    references public.users (id) on delete cascade
);

create index idx_user_streaks_user_id on public.user_streaks (user_id);
create index idx_user_streaks_type on public.user_streaks (streak_type);

create trigger update_user_streaks_updated_at
before update on public.user_streaks
for each row execute function public.update_updated_at_column();

create trigger audit_user_streaks_update
after update on public.user_streaks
referencing old table as old_rows new table as new_rows
for each statement execute function audit.record_change();

create trigger audit_user_streaks_delete
after delete on public.user_streaks
referencing old table as old_rows
for each statement execute function audit.record_change();

alter table public.user_streaks enable row level security;

create policy "Users can only access their own streaks" on public.user_streaks
for all to authenticated
using ((select auth.uid()) = user_id)
with check ((select auth.uid()) = user_id);

revoke all on table public.user_streaks from public, anon, authenticated, service_role;
grant select, insert, update, delete on table public.user_streaks to authenticated, service_role;

comment on table public.user_streaks is 'Current and longest streak of a user, one row a kind.';
comment on column public.user_streaks.current_streak is
'Length in the kind''s own unit: days, weeks or months.';
comment on policy "Users can only access their own streaks" on public.user_streaks is
'A signed-in user reads and writes their own streaks only.';
