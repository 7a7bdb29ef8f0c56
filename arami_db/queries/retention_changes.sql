-- Some of the oldest rows of the change log go. The next call begins where this one ended, or it
-- would read past the index entries of all that is gone already.
with picked as materialized (
    select c.ctid as place, c.occurred_at
    from audit.change_log as c
    where
        c.occurred_at >= %(since)s::timestamptz
        and c.occurred_at < %(cutoff)s::timestamptz
    order by c.occurred_at
    limit %(size)s
),

gone as (
    delete from audit.change_log as c
    where c.ctid = any(array(select p.place from picked as p))
    returning c.id
)

select
    (select count(*) from picked),
    (select count(*) from gone),
    (select to_json(max(p.occurred_at)) #>> '{}' from picked as p)
