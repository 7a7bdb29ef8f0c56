-- 040_overview_logins: Sign-ups whose profile is missing or differs.
-- Why: the check defines what a login must have; this query counts its findings.
-- asks: checks/039_logins
-- gauge logins_without_profile: the app fails for users who sign in with one
-- gauge logins_differing: e-mail or phone differ from the profile's
select
    coalesce(sum(f.n) filter (where f.finding ~ 'without a profile'), 0)::bigint
        as logins_without_profile,
    coalesce(sum(f.n) filter (where f.finding !~ 'without a profile'), 0)::bigint
        as logins_differing,
    null as note
from (
    select
        a.severity,
        a.finding,
        substring(a.finding from ': ([0-9]+)')::bigint as n
    from asked as a
) as f
having coalesce(bool_and(f.severity is not null), true)
union all
select
    null as logins_without_profile,
    null as logins_differing,
    a.finding || '. Ask as the owner of the tables, or as a superuser.' as note
from asked as a
where a.severity is null
