-- 006_user_goals: the goals of a person, and their progress.
-- Why: idx_active_goals is for the dashboard: there are few active goals and many old ones.

create table public.user_goals (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid(),
    goal_text text not null,
    goal_type text not null default 'emotional_wellness',
    smart_goal text,
    status text not null default 'active',
    target_date date,
    progress_percentage integer not null default 0,
    source text not null default 'onboarding',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint chk_user_goals_goal_type check (
        goal_type in (
            'emotional_wellness',
            'personal_growth',
            'relationships',
            'career',
            'health',
            'mindfulness'
        )
    ),
    constraint chk_user_goals_status check (
        status in ('active', 'completed', 'paused', 'archived')
    ),
    constraint chk_user_goals_progress_percentage check (progress_percentage between 0 and 100),
    constraint chk_user_goals_source check (
        source in ('onboarding', 'session_suggestion', 'user_created')
    ),
    constraint fk_user_goals_users foreign key (user_id)
    references public.users (id) on delete cascade
);

create index idx_user_goals_user_id on public.user_goals (user_id);
create index idx_user_goals_status on public.user_goals (status);
create index idx_user_goals_type on public.user_goals (goal_type);
create index idx_active_goals on public.user_goals (user_id) where status = 'active';

create trigger update_user_goals_updated_at
before update on public.user_goals
for each row execute function public.update_updated_at_column();

create trigger audit_user_goals_update
after update on public.user_goals
referencing old table as old_rows new table as new_rows
for each statement execute function audit.record_change();

create trigger audit_user_goals_delete
after delete on public.user_goals
referencing old table as old_rows
for each statement execute function audit.record_change();

alter table public.user_goals enable row level security;

create policy "Users can only access their own goals" on public.user_goals
for all to authenticated
using ((select auth.uid()) = user_id)
with check ((select auth.uid()) = user_id);

revoke all on table public.user_goals from public, anon, authenticated, service_role;
grant select, insert, update, delete on table public.user_goals to authenticated, service_role;

comment on table public.user_goals is
'Goals from onboarding, session suggestions and the user, with progress and status.';
comment on column public.user_goals.smart_goal is
'The goal rewritten as specific, measurable, achievable, relevant and time-bound.';
comment on column public.user_goals.progress_percentage is 'Percent done, 0 to 100.';
comment on policy "Users can only access their own goals" on public.user_goals is
'A signed-in user reads and writes their own goals only.';
