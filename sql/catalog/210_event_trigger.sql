-- 210_event_trigger: event triggers, except Supabase's own.
-- Why: the functions of Supabase's triggers are in schema extensions, or belong to one of its roles
-- in a schema of its extensions, such as graphql.
select
    'event trigger' as kind,
    pg_catalog.quote_ident(e.evtname) as object,
    p.property,
    p.value
from pg_catalog.pg_event_trigger as e
inner join pg_catalog.pg_proc as f on e.evtfoid = f.oid
cross join platform as here
left join roles as w on e.evtowner = w.oid
inner join roles as x on f.proowner = x.oid
left join comments as d
    on d.classoid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass and e.oid = d.objoid
cross join
    lateral (
        values
        ('owner', w.label),
        ('comment', d.description),
        ('event', e.evtevent::pg_catalog.text),
        ('function', e.evtfoid::pg_catalog.regprocedure::pg_catalog.text),
        ('tags', pg_catalog.array_to_string(e.evttags, ', ')),
        (
            'enabled',
            case e.evtenabled
                when 'O' then 'origin'
                when 'D' then 'disabled'
                when 'R' then 'replica'
                else 'always'
            end
        )
    ) as p (property, value)
where
    not (
        here.is_supabase
        and (
            f.pronamespace = pg_catalog.to_regnamespace('extensions')
            or (
                f.pronamespace in (select s.oid from platform_schemas as s)
                and (x.is_super or x.is_supabase)
                and (w.is_super or w.is_supabase)
            )
        )
    )
    and e.oid not in (
        select m.objid
        from members as m
        where m.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass
    )
    and p.value is not null
