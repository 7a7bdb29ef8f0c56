-- 100_rule: rules, without the SELECT rules of views.
select
    'rule' as kind,
    pg_catalog.format('%s.%I', r.object, w.rulename) as object,
    p.property,
    p.value
from pg_catalog.pg_rewrite as w
inner join relations as r on w.ev_class = r.oid
left join comments as d
    on d.classoid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and w.oid = d.objoid
cross join
    lateral (
        values
        ('definition', case when w.rulename <> '_RETURN' then pg_catalog.pg_get_ruledef(w.oid) end),
        (
            'enabled',
            case w.ev_enabled
                when 'D' then 'disabled'
                when 'R' then 'replica'
                when 'A' then 'always'
            end
        ),
        ('comment', d.description)
    ) as p (property, value)
where p.value is not null
