-- 004_view_security_invoker: views with their owner's rights, which bypass row level security.
-- Why: without security_invoker a view shows every user's rows to any role that may select from it.
-- A materialized view has no row level security, so API roles must not reach one. A view in
-- public that nobody may select from yet needs only one grant for the same leak.
with views as (
    select
        r.object,
        r.kind,
        r.relnamespace::pg_catalog.regnamespace::pg_catalog.text = 'public' as is_public,
        coalesce((
            select o.option_value::pg_catalog.bool
            from pg_catalog.pg_options_to_table(r.reloptions) as o
            where o.option_name = 'security_invoker'
        ), false) as is_invoker,
        r.oid in (
            select s.relation
            from served as s
            where s.acts_as <> r.relowner
        ) as is_reachable
    from guarded_relations as r
    where r.kind in ('view', 'materialized view')
)

select
    case when v.is_reachable then 'security' else 'integrity' end as severity,
    v.object,
    case
        when v.kind <> 'view'
            then 'API roles can read this materialized view, which row level security cannot guard.'
        when v.is_reachable
            then 'API roles can use this view and it runs as its owner, past row level security.'
        else 'The view runs as its owner: one grant would show every user''s rows to an API role.'
    end as finding,
    case v.kind
        when 'view' then pg_catalog.format('alter view %s set (security_invoker = true)', v.object)
        else pg_catalog.format('revoke all on table %s from public, anon, authenticated', v.object)
    end as remedy
from views as v
where
    case v.kind
        when 'view' then not v.is_invoker and (v.is_reachable or v.is_public)
        else v.is_reachable
    end
