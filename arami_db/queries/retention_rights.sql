-- Whether the record is there as retention needs it, and what this role lacks, as what gives it.
with needed as (
    select
        c.oid,
        n.oid as schema_id,
        format('audit.%s', c.relname) as name,
        w.privileges
    from (
        values
        ('change_log', array['select', 'delete']),
        ('archive_batch', array['select', 'update', 'delete']),
        ('archive_run', array['select', 'insert', 'update'])
    ) as w (relname, privileges)
    inner join pg_catalog.pg_namespace as n on n.nspname = 'audit'
    inner join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = w.relname
),

lacking as (
    select distinct format('grant usage on schema audit to %I;', current_user) as grants
    from needed as t
    where not has_schema_privilege(t.schema_id, 'usage')
    union all
    select
        format('grant %s on %s to %I;', string_agg(p.privilege, ', '), t.name, current_user)
    from needed as t
    cross join lateral unnest(t.privileges) as p (privilege)
    where not has_table_privilege(t.oid, p.privilege)
    group by t.name
    union all
    select distinct format('alter role %I bypassrls;', current_user)
    from needed as t
    where row_security_active(t.oid)
)

select
    exists (
        select
        from needed as t
        inner join pg_catalog.pg_attribute as a on a.attrelid = t.oid
        where t.name = 'audit.archive_run' and a.attname = 'batches'
    ) and (select count(*) = 3 from needed) as is_ready,
    array(select l.grants from lacking as l) as lacking
