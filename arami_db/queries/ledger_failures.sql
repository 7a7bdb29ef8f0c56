-- The latest failures of files that have not been applied since, newest first.
select
    e.kind,
    e.version,
    e.name,
    e.occurred_at,
    e.event,
    e.sqlstate,
    e.message,
    e.database_role
from arami_db.event as e
where e.event in ('failed', 'interrupted')
    and not exists (
        select
        from arami_db.event as later
        where later.kind = e.kind
            and later.version = e.version
            and later.id > e.id
            and later.event in ('applied', 'baselined', 'repaired', 'forgotten')
    )
order by e.id desc
limit 20
