-- 005_session_history_with_analytics: sessions with their metrics, from the shard that has them.
-- Why: as for 002_user_dashboard. The condition inside finds a session's metrics by index, as on
-- one server; the one outside passes the caller's condition on user_id to them.
-- What it costs: metrics are looked up before ORDER BY and LIMIT, where no index gives the order.

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
    coalesce(m.analytics, '[]') as analytics
from public.session_history as h
left join lateral (
    select
        sa.user_id,
        jsonb_agg(
            jsonb_build_object(
                'id', sa.id,
                'metric_name', sa.metric_name,
                'metric_value', sa.metric_value,
                'metric_unit', sa.metric_unit,
                'calculated_at', sa.calculated_at
            )
            order by sa.metric_name collate "C", sa.id -- noqa: RF02, RF03
        ) as analytics
    from (
        select
            id,
            user_id,
            session_id,
            metric_name,
            metric_value,
            metric_unit,
            calculated_at
        from public.session_analytics
        union all
        select
            id,
            user_id,
            session_id,
            metric_name,
            metric_value,
            metric_unit,
            calculated_at
        from public.session_analytics_archive
    ) as sa
    where sa.user_id = h.user_id and sa.session_id = h.id
    group by sa.user_id
) as m on h.user_id = m.user_id;

revoke all on table public.session_history_with_analytics
from public, anon, authenticated, service_role;
grant select on table public.session_history_with_analytics to authenticated, service_role;

comment on view public.session_history_with_analytics is
'session_history with each session''s metrics; row level security of all four tables applies.';
comment on column public.session_history_with_analytics.analytics is
'Array of {id, metric_name, metric_value, metric_unit, calculated_at} by name; [] without any.';
