-- 300_distribution: how each table is distributed, and which functions run on a worker.
-- Why: the number of shards is the deployment's choice, and may change; a query about a user needs
-- only one machine because the user's rows are together. A colocation group is named after
-- public.users, or the first name in it.
-- noqa: disable=RF02
with placed as (
    select
        p.*,
        r.kind,
        r.object,
        nullif(
            pg_catalog.first_value(r.object) over (
                partition by p.colocationid
                order by r.object <> 'public.users', r.object collate "C"
            ),
            r.object
        ) as neighbour
    from relations as r
    inner join pg_catalog.pg_dist_partition as p on r.oid = p.logicalrelid
)

select
    p.kind,
    p.object,
    'distributed' as property,
    pg_catalog.concat(
        case
            when p.partmethod = 'n' and p.repmodel = 't' then 'reference'
            when p.partmethod = 'n' and p.colocationid = 0 then 'on the coordinator'
            when p.partmethod = 'n' then 'on one worker'
            else
                pg_catalog.concat(
                    case p.partmethod when 'h' then 'by ' else 'not by hash, by ' end,
                    pg_catalog.quote_ident(
                        pg_catalog.column_to_column_name(p.logicalrelid, p.partkey)
                    )
                )
        end,
        case when p.colocationid <> 0 and p.repmodel <> 't' then ', beside ' || p.neighbour end,
        case p.repmodel when 'c' then ', replicated by statements' end
    ) as value
from placed as p
union all
select
    f.kind,
    f.object,
    'runs on a worker' as property,
    pg_catalog.concat(
        'by argument ' || d.distribution_argument_index,
        case when d.force_delegation then ', always' end
    ) as value
from functions as f
inner join pg_catalog.pg_dist_object as d
    on
        d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        and f.oid = d.objid
where d.distribution_argument_index is not null or d.force_delegation
