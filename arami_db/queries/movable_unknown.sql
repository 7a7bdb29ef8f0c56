-- What a restore names that is not in the archive, and why. Lookups in tables come first: with
-- Citus, only these go to the workers.
with archived as materialized (
    select
        s.id,
        s.user_id
    from public.daily_sessions_archive as s
    where s.id = any(%(sessions)s::uuid [])
),

live as materialized (
    select s.id from public.daily_sessions as s where s.id = any(%(sessions)s::uuid [])
),

person as materialized (
    select u.id from public.users as u where u.id = %(user)s::uuid
),

theirs as materialized (
    select s.id from public.daily_sessions_archive as s where s.user_id = %(user)s::uuid limit 1
)

select format(
    case
        when x.id in (select l.id from live as l) then 'session %%s is not archived: it is live'
        else 'session %%s is not known'
    end,
    x.id
)
from unnest(%(sessions)s::uuid []) as x (id)
where x.id not in (select a.id from archived as a)
union all
select format('session %%s is archived, and not of user %%s', a.id, %(user)s::uuid)
from archived as a
group by a.id
having not bool_or(a.user_id = %(user)s::uuid)
union all
select format(
    case
        when exists (select from person) then 'user %%s has nothing archived'
        else 'user %%s is not known'
    end,
    %(user)s::uuid
)
where %(user)s::uuid is not null and not exists (select from theirs)
