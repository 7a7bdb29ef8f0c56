-- 007_ritual_preferences: when, how long and in which voice a person wants their ritual.
-- Why: one set of preferences a user, by a constraint as in onboarding_profiles.

create table public.ritual_preferences (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid(),
    timing text not null,
    duration text not null,
    style text not null,
    voice_id text not null,
    focus_area text not null,
    elevenlabs_voice_id text,
    session_frequency text not null default 'daily',
    preferred_session_time time,
    reminder_enabled boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint chk_ritual_preferences_timing check (
        timing in ('morning_person', 'evening_person', 'flexible')
    ),
    constraint chk_ritual_preferences_duration check (
        duration in ('quick_focused', 'deeper_dive', 'variable')
    ),
    constraint chk_ritual_preferences_style check (
        style in ('guided_structure', 'open_conversation', 'mixed')
    ),
    constraint chk_ritual_preferences_voice_id check (
        voice_id in ('confident_coach', 'warm_friend', 'gentle_guide', 'wise_mentor')
    ),
    constraint chk_ritual_preferences_session_frequency check (
        session_frequency in ('daily', 'weekdays', 'custom')
    ),
    constraint idx_ritual_preferences_user_id unique (user_id),
    constraint fk_ritual_preferences_users foreign key (user_id)
    references public.users (id) on delete cascade
);

create index idx_ritual_preferences_timing on public.ritual_preferences (timing);
create index idx_ritual_preferences_voice on public.ritual_preferences (voice_id);

create trigger update_ritual_preferences_updated_at
before update on public.ritual_preferences
for each row execute function public.update_updated_at_column();

create trigger audit_ritual_preferences_update
after update on public.ritual_preferences
referencing old table as old_rows new table as new_rows
for each statement execute function audit.record_change();

create trigger audit_ritual_preferences_delete
after delete on public.ritual_preferences
referencing old table as old_rows
for each statement execute function audit.record_change();

alter table public.ritual_preferences enable row level security;

create policy "Users can only access their own preferences" on public.ritual_preferences
for all to authenticated
using ((select auth.uid()) = user_id)
with check ((select auth.uid()) = user_id);

revoke all on table public.ritual_preferences from public, anon, authenticated, service_role;
grant select, insert, update, delete on table public.ritual_preferences
to authenticated, service_role;

comment on table public.ritual_preferences is
'How a user wants their ritual: timing, length, style, voice, reminders; one row a user.';
comment on column public.ritual_preferences.voice_id is 'The voice by the name the app shows.';
comment on column public.ritual_preferences.elevenlabs_voice_id is
'The same voice by its identifier at ElevenLabs.';
comment on column public.ritual_preferences.preferred_session_time is
'Local time of day, in the user''s time zone.';
comment on policy "Users can only access their own preferences" on public.ritual_preferences is
'A signed-in user reads and writes their own preferences only.';
