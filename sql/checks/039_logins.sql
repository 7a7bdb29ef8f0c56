-- 039_logins: logins that have no profile, or another e-mail or phone than their profile.
-- Why: a sign-up never fails because of its profile, so the causes show only here: a lock, another
-- profile with the same e-mail, a trigger that was missing for a while. Logins are counted, not
-- listed. A profile may have values that its login lacks, and values that its user wrote through
-- the API, according to the change log. A role that may not read every row of these tables gets a
-- row without severity instead of a count. Each table is read separately first, because Citus joins
-- only that with auth.users; profiles are compared by a hash join, for any number of differences.
-- Not every server has auth.users, so only a text names it. ts_stat() runs a text that returns a
-- tsvector, and exists on every server; query_to_xml() needs one that was built with libxml.
-- noqa: disable=AL03, ST05
with may as (
    select
        l.oid,
        pg_catalog.bool_and(
            pg_catalog.has_schema_privilege(t.relnamespace, 'usage')
            and pg_catalog.has_table_privilege(t.oid, 'select')
            and not pg_catalog.row_security_active(t.oid)
        ) as reads_all
    from logins as l
    cross join
        lateral (
            select
                l.oid,
                l.relnamespace
            union all
            select
                r.oid,
                r.relnamespace
            from relations as r
            where r.object in ('public.users', 'audit.change_log') and r.kind = 'table'
        ) as t
    group by l.oid
    having
        pg_catalog.count(*) = 3
        -- A missing column is a finding of the facts.
        and 8 = (
            select pg_catalog.count(*)
            from pg_catalog.pg_attribute as a
            inner join relations as r on a.attrelid = r.oid
            where
                not a.attisdropped
                and (r.object, a.attname) in (
                    ('public.users', 'id'),
                    ('public.users', 'email'),
                    ('public.users', 'phone'),
                    ('audit.change_log', 'row_id'),
                    ('audit.change_log', 'table_name'),
                    ('audit.change_log', 'operation'),
                    ('audit.change_log', 'actor_role'),
                    ('audit.change_log', 'changed_columns')
                )
        )
),

-- Each login with its profile, if they differ. Older releases of the platform lack columns.
-- A soft deletion replaces e-mail and phone by hashes, which no profile must have.
differing as (
    select
        m.oid,
        m.reads_all,
        pg_catalog.format(
            'with u as materialized (select id, email, phone from public.users),'
            ' written as materialized (select row_id, operation, changed_columns'
            ' from audit.change_log where table_name = ''users'' and (operation = ''delete'''
            ' or changed_columns && ''{email,phone}'')'
            ' and actor_role in (''authenticated'', ''service_role''))'
            ' select x.id, x.has_profile,'
            ' coalesce(x.email <> coalesce(x.old_email, '''')'
            ' and x.email in (select u.email from u), false)'
            ' or coalesce(x.phone <> coalesce(x.old_phone, '''')'
            ' and x.phone in (select u.phone from u), false) as is_taken'
            ' from (select l.id, p.id is not null as has_profile, p.email as old_email,'
            ' p.phone as old_phone, l.deleted_at is not null as is_gone,'
            ' case when l.deleted_at is null then l.email end as email,'
            ' case when l.deleted_at is null then l.phone end as phone'
            ' from (select id, %s from auth.users) as l'
            ' left join u as p on l.id = p.id) as x'
            ' where case when not x.has_profile then not x.is_gone'
            ' when (x.old_email, x.old_phone) is not distinct from (x.email, x.phone) then false'
            ' when x.is_gone then true else exists (select from (values'
            ' (''email'', x.email, x.old_email), (''phone'', x.phone, x.old_phone))'
            ' as w (name, has, had) where w.has <> coalesce(w.had, '''')'
            ' and (x.id, w.name) not in (select c.row_id, c.name from (select row_id,'
            ' unnest(case operation when ''delete'' then ''{email,phone}'''
            ' else changed_columns end) from written) as c (row_id, name))) end',
            pg_catalog.string_agg(
                case
                    when a.attname is null then 'null as ' || w.name
                    else pg_catalog.format('nullif(%1$s::text, '''') as %1$s', w.name)
                end,
                ', ' order by w.name
            )
        ) as query
    from may as m
    cross join (values ('email'), ('phone'), ('deleted_at')) as w (name)
    left join pg_catalog.pg_attribute as a
        on m.oid = a.attrelid and w.name = a.attname and not a.attisdropped
    group by m.oid, m.reads_all
),

-- Whether updating the profile would fix it.
problems (name, condition, is_mended, finding) as (
    values
    (
        'without',
        'not d.has_profile',
        true,
        'Logins without a profile: %s. The app fails for users who sign in with one.'
    ),
    (
        'other',
        'd.has_profile and not d.is_taken',
        true,
        'Logins with another e-mail or phone than their profile: %s.'
    ),
    (
        'taken',
        'd.has_profile and d.is_taken',
        false,
        'Logins whose e-mail or phone is in another profile, so that theirs goes without: %s.'
        ' Change or delete those profiles, then verify again.'
    )
),

counted as (
    select
        d.query,
        pg_catalog.split_part(s.word, ' ', 1) as name,
        pg_catalog.split_part(s.word, ' ', 2)::pg_catalog.int8 as n
    from differing as d
    cross join
        lateral pg_catalog.ts_stat(
            case
                when d.reads_all
                    then
                        pg_catalog.format(
                            'select array_to_tsvector(array[%s]) from (%s) as d',
                            (
                                select
                                    pg_catalog.string_agg(
                                        pg_catalog.format(
                                            '%L || count(*) filter (where %s)',
                                            p.name || ' ',
                                            p.condition
                                        ),
                                        ', '
                                    )
                                from problems as p
                            ),
                            d.query
                        )
            end
        ) as s
)

select
    'integrity' as severity,
    'auth.users' as object,
    pg_catalog.format(p.finding, c.n) as finding,
    case
        when p.is_mended
            then
                pg_catalog.format(
                    'select audit.keep_profile(to_jsonb(a)) from auth.users as a'
                    ' where a.id in (select d.id from (%s) as d where %s)',
                    c.query, p.condition
                )
    end as remedy
from counted as c
inner join problems as p on c.name = p.name
where c.n > 0
union all
select
    null as severity,
    'auth.users' as object,
    pg_catalog.format(
        '%I may not read every row of auth.users, public.users and audit.change_log: whether each'
        ' login has its profile was not looked at',
        current_user
    ) as finding,
    null as remedy
from may as m
where not m.reads_all
