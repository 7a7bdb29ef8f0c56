-- 130_change_log: the changes that follow from the other rows: an onboarding done, progress of a
-- goal, a preference changed.

insert into audit.change_log (
    occurred_at, actor_id, actor_role, operation, table_name, row_id, user_id, changed_columns
)
select
    c.occurred_at,
    c.user_id as actor_id,
    'authenticated' as actor_role,
    'update' as operation,
    c.table_name,
    c.row_id,
    c.user_id,
    c.changed_columns
from (
    select
        updated_at as occurred_at,
        id as user_id,
        'users' as table_name,
        id as row_id,
        '{onboarding_completed}'::text[] as changed_columns
    from public.users
    where onboarding_completed
    union all
    select
        updated_at as occurred_at,
        user_id,
        'ritual_preferences' as table_name,
        id as row_id,
        '{voice_id}' as changed_columns
    from public.ritual_preferences
    where updated_at > created_at
    union all
    select
        updated_at as occurred_at,
        user_id,
        'user_goals' as table_name,
        id as row_id,
        case status
            when 'active' then '{progress_percentage}'::text[]
            else '{status,progress_percentage}'
        end as changed_columns
    from public.user_goals
    where progress_percentage > 0
) as c
where
    c.user_id between
    current_setting('arami_db.demo_first')::uuid and current_setting('arami_db.demo_last')::uuid
order by c.occurred_at, c.row_id;
