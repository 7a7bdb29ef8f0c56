-- 130_function: functions, procedures, aggregates and window functions.
select
    f.kind,
    f.object,
    p.property,
    p.value
from functions as f
inner join pg_catalog.pg_language as l on f.prolang = l.oid
left join roles as w on f.proowner = w.oid
left join pg_catalog.pg_aggregate as a on f.oid = a.aggfnoid
left join comments as d
    on d.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass and f.oid = d.objoid
cross join
    lateral (
        values
        ('owner', w.label),
        ('comment', d.description),
        ('arguments', pg_catalog.pg_get_function_arguments(f.oid)),
        ('returns', pg_catalog.pg_get_function_result(f.oid)),
        ('language', l.lanname),
        (
            'volatility',
            case f.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end
        ),
        ('strict', case when f.proisstrict then 'true' end),
        ('security', case when f.prosecdef then 'definer' else 'invoker' end),
        ('leakproof', case when f.proleakproof then 'true' end),
        ('parallel', case f.proparallel when 's' then 'safe' when 'r' then 'restricted' end),
        ('cost', nullif(f.procost, 100)::pg_catalog.text),
        ('rows', nullif(f.prorows, 0)::pg_catalog.text),
        (
            'support',
            nullif(f.prosupport::pg_catalog.oid, 0)::pg_catalog.regprocedure::pg_catalog.text
        ),
        ('transforms', pg_catalog.array_to_string(f.protrftypes::pg_catalog.regtype[], ', ')),
        ('source', coalesce(pg_catalog.pg_get_function_sqlbody(f.oid), f.prosrc)),
        ('library', f.probin),
        (
            'aggregate',
            case
                when a.aggfnoid is not null
                    then
                        pg_catalog.format(
                            '%s %s(%s) steps %s state %s of %s final %s %s combine %s'
                            ' serial %s %s moving %s %s %s state %s of %s final %s %s'
                            ' sort %s start %s %s',
                            a.aggkind,
                            f.proname,
                            a.aggnumdirectargs,
                            a.aggtransfn,
                            pg_catalog.format_type(a.aggtranstype, null),
                            a.aggtransspace,
                            a.aggfinalfn,
                            pg_catalog.concat(a.aggfinalextra, a.aggfinalmodify),
                            a.aggcombinefn,
                            a.aggserialfn,
                            a.aggdeserialfn,
                            a.aggmtransfn,
                            a.aggminvtransfn,
                            pg_catalog.format_type(nullif(a.aggmtranstype, 0), null),
                            a.aggmtransspace,
                            a.aggmfinalfn,
                            pg_catalog.concat(a.aggmfinalextra, a.aggmfinalmodify),
                            '',
                            nullif(a.aggsortop, 0)::pg_catalog.regoperator,
                            a.agginitval,
                            a.aggminitval
                        )
            end
        )
    ) as p (property, value)
where p.value is not null
union all
select
    f.kind,
    f.object,
    pg_catalog.concat('set ', pg_catalog.split_part(s.setting, '=', 1)) as property,
    pg_catalog.substr(s.setting, pg_catalog.strpos(s.setting, '=') + 1) as value
from functions as f
cross join lateral pg_catalog.unnest(f.proconfig) as s (setting)
where f.proconfig is not null
