-- 090_trigger: triggers on our tables and views.
-- Why: those that implement a constraint are stated with it. Other internal triggers come from C
-- code; those of an extension, such as Citus's on each distributed table, are not stated.
select
    'trigger' as kind,
    pg_catalog.format('%s.%I', r.object, t.tgname) as object,
    p.property,
    p.value
from pg_catalog.pg_trigger as t
inner join relations as r on t.tgrelid = r.oid
left join comments as d
    on d.classoid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and t.oid = d.objoid
cross join
    lateral (
        values
        ('definition', pg_catalog.pg_get_triggerdef(t.oid)),
        (
            'enabled',
            case t.tgenabled
                when 'D' then 'disabled'
                when 'R' then 'replica'
                when 'A' then 'always'
            end
        ),
        ('inherited', case when t.tgparentid <> 0 then 'true' end),
        ('internal', case when t.tgisinternal then 'true' end),
        ('comment', d.description)
    ) as p (property, value)
where
    (not t.tgisinternal or t.tgconstraint = 0)
    and not (
        t.tgisinternal
        and t.tgfoid in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        )
    )
    and p.value is not null
