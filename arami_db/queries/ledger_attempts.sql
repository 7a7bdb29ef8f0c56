-- What was tried of migrations that are not applied, since they were last forgotten, in order.
select
    e.version,
    e.event,
    e.statement,
    e.checksum
from arami_db.event as e
where e.kind = 'migration'
    and not exists (
        select
        from arami_db.migration as m
        where m.kind = e.kind and m.version = e.version
    )
    and not exists (
        select
        from arami_db.event as later
        where later.kind = e.kind
            and later.version = e.version
            and later.id >= e.id
            and later.event in ('applied', 'baselined', 'repaired', 'forgotten')
    )
order by e.id
