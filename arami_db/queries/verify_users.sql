-- Random users with sessions to move, and the time from which the change log has their changes:
-- transactions that began before this one may commit after it.
with theirs as materialized (
    select distinct s.user_id
    from {sessions} as s
    where
        (%(sessions)s::uuid [] is null or s.id = any(%(sessions)s::uuid []))
        and (%(user)s::uuid is null or s.user_id = %(user)s::uuid)
        and (%(since)s::timestamptz is null or s.created_at >= %(since)s::timestamptz)
        and (%(until)s::timestamptz is null or s.created_at < %(until)s::timestamptz)
)

select
    array(
        select u.user_id
        from theirs as u
        order by hashtextextended(u.user_id::text, extract(epoch from now())::bigint)
        limit %(most)s
    ),
    (
        select to_json(least(now(), min(a.xact_start))) #>> '{{}}'
        from pg_catalog.pg_stat_activity as a
        where a.datname = current_database()
    )
