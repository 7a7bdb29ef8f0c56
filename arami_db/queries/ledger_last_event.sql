-- The latest line of history of one file.
select
    event,
    checksum
from arami_db.event
where kind = %(kind)s and version = %(version)s
order by id desc
limit 1
