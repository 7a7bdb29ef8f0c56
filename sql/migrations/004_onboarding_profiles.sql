-- 004_onboarding_profiles: the answers of a person in the Genesis onboarding.
-- Why: one profile a user, by a constraint with the documented index's name: PostgREST then
-- embeds it as one object and not as a list. user_id is optional: the default is the current user.

create table public.onboarding_profiles (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid(),
    disc_type text not null,
    enneagram_type integer,
    confidence_score decimal(3, 2),
    personality_insights jsonb,
    assessment_transcript text,
    completed_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    constraint chk_onboarding_profiles_disc_type check (disc_type in ('D', 'I', 'S', 'C')),
    constraint chk_onboarding_profiles_enneagram_type check (enneagram_type between 1 and 9),
    constraint chk_onboarding_profiles_confidence_score check (
        confidence_score between 0.70 and 1.00
    ),
    constraint idx_onboarding_profiles_user_id unique (user_id),
    constraint fk_onboarding_profiles_users foreign key (user_id)
    references public.users (id) on delete cascade
);

create index idx_onboarding_profiles_disc on public.onboarding_profiles (disc_type);
create index idx_onboarding_profiles_enneagram on public.onboarding_profiles (enneagram_type);

create trigger audit_onboarding_profiles_update
after update on public.onboarding_profiles
referencing old table as old_rows new table as new_rows
for each statement execute function audit.record_change();

create trigger audit_onboarding_profiles_delete
after delete on public.onboarding_profiles
referencing old table as old_rows
for each statement execute function audit.record_change();

alter table public.onboarding_profiles enable row level security;

create policy "Users can only access their own onboarding" on public.onboarding_profiles
for all to authenticated
using ((select auth.uid()) = user_id)
with check ((select auth.uid()) = user_id);

revoke all on table public.onboarding_profiles from public, anon, authenticated, service_role;
grant select, insert, update, delete on table public.onboarding_profiles
to authenticated, service_role;

comment on table public.onboarding_profiles is
'Personality assessment from the Genesis onboarding, one a user.';
comment on column public.onboarding_profiles.disc_type is
'Primary DISC type: Dominance, Influence, Steadiness or Conscientiousness.';
comment on column public.onboarding_profiles.enneagram_type is 'Enneagram type 1 to 9, if known.';
comment on column public.onboarding_profiles.confidence_score is
'How sure the AI is of the assessment, 0.70 to 1.00.';
comment on column public.onboarding_profiles.personality_insights is
'Further insights, free form, such as {"strengths": ["patience"], "growth": ["saying no"]}.';
comment on policy "Users can only access their own onboarding" on public.onboarding_profiles is
'A signed-in user reads and writes their own profile only.';
