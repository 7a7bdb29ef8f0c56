-- 005_session_history_with_analytics: sessions with their metrics, in one request.
-- Why: PostgREST cannot embed into a view of two tables. It is a separate view, because a list of
-- sessions should not read metrics that it does not show. The metrics are looked up by index for
-- the rows that are returned, after ORDER BY and LIMIT. It has live and archived metrics, so that
-- moving a session changes nothing; their order is the same on every server.

create or replace view public.session_history_with_analytics with (security_invoker = true) as
select
    h.id,
    h.user_id,
    h.session_type,
    h.session_status,
    h.duration_seconds,
    h.virtue_earned,
    h.emotional_snapshot,
    h.key_insights,
    h.suggested_goals,
    h.conversation_transcript,
    h.session_metadata,
    h.session_date,
    h.started_at,
    h.completed_at,
    h.created_at,
    (
        select
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'id', m.id,
                        'metric_name', m.metric_name,
                        'metric_value', m.metric_value,
                        'metric_unit', m.metric_unit,
                        'calculated_at', m.calculated_at
                    )
                    order by m.metric_name collate "C", m.id -- noqa: RF02, RF03
                ),
                '[]'
            )
        from (
            select
                sa.id,
                sa.metric_name,
                sa.metric_value,
                sa.metric_unit,
                sa.calculated_at
            from public.session_analytics as sa
            where sa.user_id = h.user_id and sa.session_id = h.id
            union all
            select
                sa.id,
                sa.metric_name,
                sa.metric_value,
                sa.metric_unit,
                sa.calculated_at
            from public.session_analytics_archive as sa
            where sa.user_id = h.user_id and sa.session_id = h.id
        ) as m
    ) as analytics
from public.session_history as h;

revoke all on table public.session_history_with_analytics
from public, anon, authenticated, service_role;
grant select on table public.session_history_with_analytics to authenticated, service_role;

comment on view public.session_history_with_analytics is
'session_history with each session''s metrics; row level security of all four tables applies.';
comment on column public.session_history_with_analytics.analytics is
'Array of {id, metric_name, metric_value, metric_unit, calculated_at} by name; [] without any.';
