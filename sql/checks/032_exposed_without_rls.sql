-- 032_exposed_without_rls: tables in other schemas of the API with no row level security or policy.
-- Why: PostgREST can be configured to serve more schemas than public; there too, without row level
-- security a grant gives access to every row. Without a grant nobody has access, but a table with
-- policies was meant to have row level security.
select
    case when r.relrowsecurity then 'integrity' else 'security' end as severity,
    r.object,
    case
        when r.relrowsecurity
            then 'Row level security is on and no permissive policy exists: API roles see no row.'
        else 'The API serves this schema, and row level security is off: a grant is all it takes.'
    end as finding,
    case
        when not r.relrowsecurity
            then pg_catalog.format('alter table %s enable row level security', r.object)
    end as remedy
from guarded_relations as r
where
    not r.is_ours
    and r.kind = 'table'
    and (
        (
            not r.relrowsecurity
            and r.oid in (select y.polrelid from pg_catalog.pg_policy as y)
        )
        or (
            r.oid in (select s.relation from served as s)
            and not (
                r.relrowsecurity
                and r.oid in (
                    select y.polrelid from pg_catalog.pg_policy as y
                    where y.polpermissive
                )
            )
        )
    )
