-- 001_rls_disabled: tables without row level security, or with it and no policy.
-- Why: in public, only row level security separates the rows of one person from those of another.
-- A table that nobody may access should have a policy using (false), as those of audit do: without
-- one, nobody knows whether it was forgotten. The ledger, arami_db, belongs to the tool and holds
-- no user's data.
select
    case when r.relrowsecurity then 'integrity' else 'security' end as severity,
    r.object,
    case
        when r.relrowsecurity
            then 'Row level security is on and no permissive policy exists: API roles see no row.'
        else 'Row level security is off: every role with a grant sees and changes every row.'
    end as finding,
    case
        when not r.relrowsecurity
            then pg_catalog.format('alter table %s enable row level security', r.object)
    end as remedy
from relations as r
inner join schemas as s on r.relnamespace = s.oid
where
    r.kind = 'table'
    and s.name <> 'arami_db'
    and (
        not r.relrowsecurity
        or (
            r.oid not in (
                select y.polrelid from pg_catalog.pg_policy as y
                where y.polpermissive
            )
        )
    )
