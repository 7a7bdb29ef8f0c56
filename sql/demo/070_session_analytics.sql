-- 070_session_analytics: two metrics for every completed session, two more for those with a voice.
-- Why: a session's id is random already, so its bytes are used again; and each metric's id differs
-- from the session's only in the variant's digit, which has four values.
-- The foreign key looks up each session. With statistics from when the table was empty, the server
-- would read all sessions of a person for each metric.

do $$
begin
    if (
        select c.reltuples < 10000
        from pg_catalog.pg_class as c
        where c.oid = 'public.daily_sessions'::regclass
    ) then
        analyze public.daily_sessions;
    end if;
end
$$;

with metrics (variant, place, metric_name, low, high, metric_unit, needs_voice) as (
    values
    ('8', 0, 'engagement_score', 0.35, 1.0, 'share', false),
    ('9', 1, 'completion_rate', 0.6, 1.0, 'share', false),
    ('a', 2, 'voice_clarity', 0.5, 1.0, 'share', true),
    ('b', 3, 'response_time', 0.4, 3.2, 'seconds', true)
)

insert into public.session_analytics (
    id, session_id, user_id, metric_name, metric_value, metric_unit, calculated_at
)
select
    overlay(s.id::text, m.variant, 20)::uuid as id,
    s.id as session_id,
    s.user_id,
    m.metric_name,
    m.low + (m.high - m.low) * get_byte(uuid_send(s.id), m.place) / 256 as metric_value,
    m.metric_unit,
    s.completed_at + interval '10 seconds' as calculated_at
from public.daily_sessions as s
inner join metrics as m
    on not m.needs_voice or s.session_type in ('spoken_presence', 'face_to_face')
where
    s.completed_at is not null
    and s.user_id between
    current_setting('arami_db.demo_first')::uuid and current_setting('arami_db.demo_last')::uuid;
