-- 008_daily_sessions: every ritual session, its transcript and its results.
-- Why: the JSONB checks select the elements that match the documented structure and compare them
-- with the whole: if equal, every element matched. Unknown keys and JSON null match nothing.
-- uq_daily_sessions_user_id_id exists for the composite foreign keys of child tables: with it, no
-- child row can name another user's session, which row level security alone cannot prevent.

create table public.daily_sessions (
    id uuid primary key default gen_random_uuid(),
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
    constraint chk_daily_sessions_session_type check (
        session_type in (
            'face_to_face', 'spoken_presence', 'silent_reflection', 'written_clarity'
        )
    ),
    constraint chk_daily_sessions_session_status check (
        session_status in ('started', 'in_progress', 'completed', 'interrupted', 'failed')
    ),
    constraint chk_daily_sessions_emotional_snapshot check (
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
    constraint chk_daily_sessions_key_insights check (
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
    constraint chk_daily_sessions_suggested_goals check (
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
    constraint chk_daily_sessions_session_metadata check (
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
    constraint uq_daily_sessions_user_id_id unique (user_id, id),
    constraint fk_daily_sessions_users foreign key (user_id)
    references public.users (id) on delete cascade
);

create index idx_daily_sessions_user_id on public.daily_sessions (user_id);
create index idx_daily_sessions_date on public.daily_sessions (session_date);
create index idx_daily_sessions_type on public.daily_sessions (session_type);
create index idx_daily_sessions_status on public.daily_sessions (session_status);
-- With id, pages after (created_at, id) of the last row read no sessions of other users.
create index idx_recent_sessions on public.daily_sessions (user_id, created_at desc, id desc);

create trigger audit_daily_sessions_update
after update on public.daily_sessions
referencing old table as old_rows new table as new_rows
for each statement execute function audit.record_change();

create trigger audit_daily_sessions_delete
after delete on public.daily_sessions
referencing old table as old_rows
for each statement execute function audit.record_change();

alter table public.daily_sessions enable row level security;

create policy "Users can only access their own sessions" on public.daily_sessions
for all to authenticated
using ((select auth.uid()) = user_id)
with check ((select auth.uid()) = user_id);

revoke all on table public.daily_sessions from public, anon, authenticated, service_role;
grant select, insert, update, delete on table public.daily_sessions
to authenticated, service_role;

comment on table public.daily_sessions is
'Ritual sessions of the last two years; older ones move to daily_sessions_archive.';
comment on column public.daily_sessions.duration_seconds is 'Length of the session, in seconds.';
comment on column public.daily_sessions.virtue_earned is
'Name of the virtue this session earned, as in virtue_collection.virtue_name.';
comment on column public.daily_sessions.emotional_snapshot is
'Array of {emotion, intensity 1-5, color, confidence 0-1}, such as'
' [{"emotion": "calm", "intensity": 4, "color": "#7fb3d5", "confidence": 0.9}].';
comment on column public.daily_sessions.key_insights is
'Array of strings or {insight, category, importance 1-5}, such as'
' [{"insight": "Mornings are easier after a walk", "category": "habits", "importance": 4},'
' "Asks for help sooner"].';
comment on column public.daily_sessions.suggested_goals is
'Array of {category, description, smart_goal, timeframe, priority 1-5}, such as'
' [{"category": "health", "description": "Walk before work",'
' "smart_goal": "Walk 20 minutes on five mornings a week", "timeframe": "4 weeks",'
' "priority": 2}].';
comment on column public.daily_sessions.conversation_transcript is
'What was said, word for word: the most private column of this database.';
comment on column public.daily_sessions.session_metadata is
'{ai_agent_version, voice_quality_score?, user_engagement_score?, technical_issues?,'
' external_conversation_id?}, such as'
' {"ai_agent_version": "2.1.0", "voice_quality_score": 0.92, "technical_issues": ["echo"]}.';
comment on column public.daily_sessions.session_date is
'The day the session counts for; dashboards and summaries go by it.';
comment on policy "Users can only access their own sessions" on public.daily_sessions is
'A signed-in user reads and writes their own sessions only.';
