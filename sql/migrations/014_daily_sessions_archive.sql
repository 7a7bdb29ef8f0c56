-- 014_daily_sessions_archive: sessions older than two years, and the virtues they earned.
-- Why: a session belongs to its user here too: same checks, policy, grants and audit as the live
-- table, and it is deleted with the account. The key starts with user_id so that no user can occupy
-- an id that another's session will need when it is archived.

create table public.daily_sessions_archive (
    id uuid not null default gen_random_uuid(),
    user_id uuid not null default auth.uid(),
    session_type text not null,
    session_status text not null default 'completed',
    duration_seconds integer,
    virtue_earned text,
    emotional_snapshot jsonb,
    key_insights jsonb,
    suggested_goals jsonb,
    conversation_transcript text,
    session_metadata jsonb,
    session_date date not null default current_date,
    started_at timestamptz,
    completed_at timestamptz,
    created_at timestamptz not null default now(),
    archived_at timestamptz not null default now(),
    constraint daily_sessions_archive_pkey primary key (user_id, id),
    constraint chk_daily_sessions_archive_session_type check (
        session_type in (
            'face_to_face', 'spoken_presence', 'silent_reflection', 'written_clarity'
        )
    ),
    constraint chk_daily_sessions_archive_session_status check (
        session_status in ('started', 'in_progress', 'completed', 'interrupted', 'failed')
    ),
    constraint chk_daily_sessions_archive_emotional_snapshot check (
        jsonb_path_query_array(
            emotional_snapshot,
            'strict $[*] ? (
                @.type() == "object"
                && exists (@.emotion) && exists (@.intensity)
                && exists (@.color) && exists (@.confidence)
                && !exists (@.keyvalue() ? (!(
                    (@.key == "emotion" || @.key == "color") && @.value.type() == "string"
                    || @.key == "intensity" && @.value.type() == "number"
                        && @.value >= 1 && @.value <= 5
                    || @.key == "confidence" && @.value.type() == "number"
                        && @.value >= 0 && @.value <= 1
                )))
            )',
            silent => true
        ) = emotional_snapshot
    ),
    constraint chk_daily_sessions_archive_key_insights check (
        jsonb_path_query_array(
            key_insights,
            'strict $[*] ? (
                @.type() == "string"
                || @.type() == "object"
                && exists (@.insight) && exists (@.category) && exists (@.importance)
                && !exists (@.keyvalue() ? (!(
                    (@.key == "insight" || @.key == "category") && @.value.type() == "string"
                    || @.key == "importance" && @.value.type() == "number"
                        && @.value >= 1 && @.value <= 5
                )))
            )',
            silent => true
        ) = key_insights
    ),
    constraint chk_daily_sessions_archive_suggested_goals check (
        jsonb_path_query_array(
            suggested_goals,
            'strict $[*] ? (
                @.type() == "object"
                && exists (@.category) && exists (@.description) && exists (@.smart_goal)
                && exists (@.timeframe) && exists (@.priority)
                && !exists (@.keyvalue() ? (!(
                    (@.key == "category" || @.key == "description" || @.key == "smart_goal"
                        || @.key == "timeframe") && @.value.type() == "string"
                    || @.key == "priority" && @.value.type() == "number"
                        && @.value >= 1 && @.value <= 5
                )))
            )',
            silent => true
        ) = suggested_goals
    ),
    constraint chk_daily_sessions_archive_session_metadata check (
        jsonb_path_exists(
            session_metadata,
            'strict $ ? (
                @.type() == "object"
                && exists (@.ai_agent_version)
                && !exists (@.keyvalue() ? (!(
                    (@.key == "ai_agent_version" || @.key == "external_conversation_id")
                        && @.value.type() == "string"
                    || (@.key == "voice_quality_score" || @.key == "user_engagement_score")
                        && @.value.type() == "number"
                    || @.key == "technical_issues" && @.value.type() == "array"
                        && !exists (@.value[*] ? (@.type() != "string"))
                )))
            )',
            silent => true
        )
    ),
    constraint fk_daily_sessions_archive_users foreign key (user_id)
    references public.users (id) on delete cascade
);

create index idx_daily_sessions_archive_date
on public.daily_sessions_archive (user_id, session_date);
create index idx_daily_sessions_archive_created_at
on public.daily_sessions_archive (user_id, created_at desc, id desc);

create trigger audit_daily_sessions_archive_update
after update on public.daily_sessions_archive
referencing old table as old_rows new table as new_rows
for each statement execute function audit.record_change();

create trigger audit_daily_sessions_archive_delete
after delete on public.daily_sessions_archive
referencing old table as old_rows
for each statement execute function audit.record_change();

alter table public.daily_sessions_archive enable row level security;

create policy "Users can only access their own archived sessions" on public.daily_sessions_archive
for all to authenticated
using ((select auth.uid()) = user_id)
with check ((select auth.uid()) = user_id);

revoke all on table public.daily_sessions_archive from public, anon, authenticated, service_role;
grant select, insert, update, delete on table public.daily_sessions_archive
to authenticated, service_role;

-- virtue_collection is new when this runs, so NOT VALID and CONCURRENTLY are not needed.
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid
-- squawk-ignore-file require-concurrent-index-creation
alter table public.virtue_collection
add column earned_from_archived_session_id uuid,
add constraint fk_virtue_collection_daily_sessions_archive
foreign key (user_id, earned_from_archived_session_id)
references public.daily_sessions_archive (user_id, id)
on delete set null (earned_from_archived_session_id),
add constraint chk_virtue_collection_earned_from_archived_session_id check (
    num_nonnulls(earned_from_session_id, earned_from_archived_session_id) <= 1
);

create index idx_virtue_collection_earned_from_archived_session_id
on public.virtue_collection (user_id, earned_from_archived_session_id);

comment on table public.daily_sessions_archive is
'Sessions moved out of daily_sessions, column for column; still their user''s to read and delete.';
comment on column public.daily_sessions_archive.archived_at is 'When the session was moved here.';
comment on column public.virtue_collection.earned_from_archived_session_id is
'The session that earned it first, once that session is archived.';
comment on policy "Users can only access their own archived sessions"
on public.daily_sessions_archive is
'A signed-in user reads and writes their own archived sessions only.';
