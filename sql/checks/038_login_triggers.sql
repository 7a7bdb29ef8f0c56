-- 038_login_triggers: triggers on auth.users that are missing, disabled, or not as migration 023
-- makes them.
-- Why: without them new users get no profile, and a deleted account leaves all its data.
-- Without a table auth.users there is nothing to check.
with wanted (name, event, level) as (
    values
    ('zz_sync_profile_insert', 'after insert', 'row'),
    ('zz_sync_profile_update', 'after update', 'row'),
    ('zz_sync_profile_delete', 'after delete', 'row'),
    ('zz_sync_profile_truncate', 'before truncate', 'statement')
),

compared as (
    select
        w.name,
        t.oid,
        t.tgenabled,
        t.tgconstraint,
        pg_catalog.format(
            'trigger %s %s on auth.users for each %s execute function audit.follow_login()',
            w.name, w.event, w.level
        ) as definition,
        pg_catalog.lower(pg_catalog.pg_get_triggerdef(t.oid) collate "C") as actual -- noqa: RF02
    from wanted as w
    cross join logins as l
    left join pg_catalog.pg_trigger as t
        on l.oid = t.tgrelid and w.name = t.tgname and not t.tgisinternal
)

select
    'integrity' as severity,
    c.name || ' on auth.users' as object,
    case
        when c.oid is null
            then 'The trigger is absent: profiles no longer come, change and go with their logins.'
        when c.actual <> 'create ' || c.definition
            then 'The trigger is another: profiles no longer come, change and go with their logins.'
        else
            'The trigger is not enabled for every session: profiles no longer come, change and go'
            ' with their logins.'
    end as finding,
    case
        -- Replacing a trigger enables it; a constraint trigger cannot be replaced.
        when coalesce(c.tgconstraint, 0) = 0 then 'create or replace ' || c.definition
        else pg_catalog.format('drop trigger %s on auth.users; create %s', c.name, c.definition)
    end as remedy
from compared as c
where
    c.oid is null
    or c.tgenabled <> 'O'
    or c.actual <> 'create ' || c.definition
