-- 005_user_emotional_categories: the emotional focus areas a person chose at onboarding.
-- Why: a category counts once a user; its weight is the priority level, not repetition.

create table public.user_emotional_categories (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid(),
    category text not null,
    priority_level integer not null default 1,
    created_at timestamptz not null default now(),
    constraint chk_user_emotional_categories_category check (
        category in (
            'stress_management',
            'goal_achievement',
            'relationships',
            'self_worth',
            'emotional_regulation',
            'work_life_balance',
            'personal_growth',
            'mindfulness'
        )
    ),
    constraint chk_user_emotional_categories_priority_level check (priority_level between 1 and 5),
    constraint fk_user_emotional_categories_users foreign key (user_id)
    references public.users (id) on delete cascade
);

create index idx_user_emotional_categories_user_id on public.user_emotional_categories (user_id);
create index idx_user_emotional_categories_category on public.user_emotional_categories (category);
create unique index idx_user_category_unique
on public.user_emotional_categories (user_id, category);

create trigger audit_user_emotional_categories_update
after update on public.user_emotional_categories
referencing old table as old_rows new table as new_rows
for each statement execute function audit.record_change();

create trigger audit_user_emotional_categories_delete
after delete on public.user_emotional_categories
referencing old table as old_rows
for each statement execute function audit.record_change();

alter table public.user_emotional_categories enable row level security;

create policy "Users can only access their own categories" on public.user_emotional_categories
for all to authenticated
using ((select auth.uid()) = user_id)
with check ((select auth.uid()) = user_id);

revoke all on table public.user_emotional_categories
from public, anon, authenticated, service_role;
grant select, insert, update, delete on table public.user_emotional_categories
to authenticated, service_role;

comment on table public.user_emotional_categories is
'A user''s emotional focus areas, each with a priority; a category once a user.';
comment on column public.user_emotional_categories.priority_level is 'Weight, 1 to 5.';
comment on policy "Users can only access their own categories"
on public.user_emotional_categories is
'A signed-in user reads and writes their own categories only.';
