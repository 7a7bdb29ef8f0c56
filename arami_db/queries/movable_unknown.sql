-- What a restore was asked for by name and is not in the archive, and why.
select format(
    case
        when exists (select from public.daily_sessions as s where s.id = x.id)
            then 'session %%s is not archived: it is live'
        else 'session %%s is not known'
    end,
    x.id
)
from unnest(%(sessions)s::uuid []) as x (id)
where not exists (select from public.daily_sessions_archive as s where s.id = x.id)
union all
select format('session %%s is archived, and not of user %%s', x.id, %(user)s::uuid)
from unnest(%(sessions)s::uuid []) as x (id)
inner join public.daily_sessions_archive as s on x.id = s.id
group by x.id
having not bool_or(s.user_id = %(user)s::uuid)
union all
select format(
    case
        when exists (select from public.users as u where u.id = x.id)
            then 'user %%s has nothing archived'
        else 'user %%s is not known'
    end,
    x.id
)
from (select %(user)s::uuid) as x (id)
where
    x.id is not null
    and not exists (select from public.daily_sessions_archive as s where s.user_id = x.id)
