-- Which of the expected objects (kind, table, name) are not there.
select
    o.kind,
    o.relation,
    o.name
from unnest(%(kinds)s::text[], %(tables)s::text[], %(names)s::text[], %(types)s::text[])
with ordinality as o (kind, relation, name, types, place)
where not case o.kind
    when 'schema' then to_regnamespace(o.name) is not null
    -- PostgreSQL 15 knows no null for a function whose types are not there: it fails.
    when 'function' then case
        when exists (
            select
            from json_array_elements_text(o.types::json) as a (type)
            where to_regtype(a.type) is null
        ) then false
        else to_regprocedure(o.name) is not null
    end
    when 'type' then to_regtype(o.name) is not null
    when 'extension' then exists (
        select from pg_catalog.pg_extension as e where e.extname = o.name
    )
    when 'column' then exists (
        select
        from pg_catalog.pg_attribute as a
        where a.attrelid = to_regclass(o.relation) and a.attname = o.name and not a.attisdropped
    )
    when 'constraint' then exists (
        select
        from pg_catalog.pg_constraint as c
        where c.conrelid = to_regclass(o.relation) and c.conname = o.name
    )
    when 'trigger' then exists (
        select
        from pg_catalog.pg_trigger as t
        where t.tgrelid = to_regclass(o.relation) and t.tgname = o.name
    )
    when 'policy' then exists (
        select
        from pg_catalog.pg_policy as p
        where p.polrelid = to_regclass(o.relation) and p.polname = o.name
    )
    when 'row level security' then exists (
        select
        from pg_catalog.pg_class as r
        where r.oid = to_regclass(o.relation) and r.relrowsecurity
    )
    else to_regclass(o.name) is not null
end
order by o.place
