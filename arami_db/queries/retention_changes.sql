-- The oldest rows of the change log go, of a moment all of them. The next call begins where this one
-- ended, or it would read past the index entries of all that is gone already.
with edge as materialized (
    select max(p.occurred_at) as at
    from (
        select c.occurred_at
        from audit.change_log as c
        where
            c.occurred_at >= %(since)s::timestamptz
            and c.occurred_at < %(cutoff)s::timestamptz
        order by c.occurred_at
        limit %(size)s
    ) as p
),

picked as materialized (
    select count(*) as rows
    from audit.change_log as c
    where
        c.occurred_at >= %(since)s::timestamptz
        and c.occurred_at <= (select e.at from edge as e)
),

gone as (
    delete from audit.change_log as c
    where
        c.occurred_at >= %(since)s::timestamptz
        and c.occurred_at <= (select e.at from edge as e)
    returning c.id
)

select
    (select p.rows from picked as p),
    (select count(*) from gone),
    (select to_json(e.at) #>> '{}' from edge as e)
