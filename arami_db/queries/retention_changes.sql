-- Delete some of the oldest rows of the change log. The next call begins where this one ended;
-- otherwise it would read the index entries of all deleted rows.
with edge as materialized (
    select
        p.occurred_at as at,
        p.id
    from (
        select
            c.occurred_at,
            c.id
        from audit.change_log as c
        where
            c.occurred_at >= %(since)s::timestamptz
            and c.occurred_at < %(cutoff)s::timestamptz
        order by c.occurred_at, c.id
        limit %(size)s
    ) as p
    order by p.occurred_at desc, p.id desc
    limit 1
),

picked as materialized (
    select count(*) as rows
    from audit.change_log as c
    where
        c.occurred_at >= %(since)s::timestamptz
        and c.occurred_at <= (select e.at from edge as e)
        and (c.occurred_at < (select e.at from edge as e) or c.id <= (select e.id from edge as e))
),

gone as (
    delete from audit.change_log as c
    where
        c.occurred_at >= %(since)s::timestamptz
        and c.occurred_at <= (select e.at from edge as e)
        and (c.occurred_at < (select e.at from edge as e) or c.id <= (select e.id from edge as e))
    returning c.id
)

select
    (select p.rows from picked as p),
    (select count(*) from gone),
    (select to_json(e.at) #>> '{}' from edge as e)
