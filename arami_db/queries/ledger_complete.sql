-- At the end of a file: its duration, without that of earlier files in the same transaction.
update arami_db.migration as m
set
    duration = coalesce(
        make_interval(secs => %(seconds)s),
        clock_timestamp() - now() - (
            select coalesce(sum(before.duration), '0')
            from arami_db.migration as before
            where before.applied_at = now()
                and (before.kind, before.version) <> (m.kind, m.version)
        )
    )
where m.kind = %(kind)s and m.version = %(version)s
