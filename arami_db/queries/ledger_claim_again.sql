-- As ledger_claim, for a file that is applied again whenever its text changes.
insert into arami_db.migration (
    kind, version, name, checksum, algorithm, origin, os_user, host, tool_version
)
values (
    %(kind)s, %(version)s, %(name)s, %(checksum)s, %(algorithm)s, %(origin)s,
    %(os_user)s, %(host)s, %(tool_version)s
)
on conflict (kind, version) do update
    set name = excluded.name,
        checksum = excluded.checksum,
        algorithm = excluded.algorithm,
        origin = excluded.origin,
        applied_at = excluded.applied_at,
        database_role = excluded.database_role,
        os_user = excluded.os_user,
        host = excluded.host,
        tool_version = excluded.tool_version
