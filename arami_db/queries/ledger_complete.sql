-- At the end of a file's transaction: how long it took.
update arami_db.migration
set duration = coalesce(make_interval(secs => %(seconds)s), clock_timestamp() - now())
where kind = %(kind)s and version = %(version)s
