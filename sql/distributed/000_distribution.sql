-- 000_distribution: which tables lie on the workers, and by what column.
-- Why: a user's rows are to lie together, and what they refer to on every machine. That is read off
-- the foreign keys, so that a table that comes later needs no list: what refers to users is cut by
-- user, and what that refers to besides is copied whole.
-- What it costs: nothing.

create or replace view audit.distribution as
with recursive owned as (
    select
        c.relation,
        c.user_column
    from (
        values
        ('public.users'::regclass, 'id'::name),
        ('audit.change_log', 'user_id'),
        ('audit.archive_batch', 'user_id') -- once 005_archive gave it one
    ) as c (relation, user_column)
    inner join pg_attribute as a on c.relation = a.attrelid and c.user_column = a.attname
    union
    select
        k.conrelid::regclass,
        a.attname
    from owned as o
    inner join pg_constraint as k
        on o.relation = k.confrelid and k.contype = 'f' and k.conparentid = 0
    inner join pg_attribute as parent
        on k.confrelid = parent.attrelid and o.user_column = parent.attname
    inner join pg_attribute as a
        on
            k.conrelid = a.attrelid
            and a.attnum = k.conkey[array_position(k.confkey, parent.attnum)]
),

shared as (
    select k.confrelid::regclass as relation
    from owned as o
    inner join pg_constraint as k on o.relation = k.conrelid and k.contype = 'f'
    where k.confrelid not in (select known.relation from owned as known)
    union
    select k.confrelid::regclass
    from shared as s
    inner join pg_constraint as k on s.relation = k.conrelid and k.contype = 'f'
    where k.confrelid <> k.conrelid
)

select
    d.relation,
    d.user_column,
    p.logicalrelid is not null as is_distributed
from (
    select
        o.relation,
        (
            array_agg(
                o.user_column
                order by o.user_column <> 'user_id', o.user_column <> 'id', o.user_column
            )
        )[1] as user_column
    from owned as o
    group by o.relation
    union all
    select
        s.relation,
        null as user_column
    from shared as s
) as d
left join pg_dist_partition as p
    on d.relation = p.logicalrelid and (p.partmethod = 'h' or p.repmodel = 't');

revoke all on table audit.distribution from public, anon, authenticated, service_role;

comment on view audit.distribution is
'The tables that belong on the workers: by user_column in shards, without one as a whole.';

-- Citus allows no subquery in a policy. One that selects an expression from nothing, "(select
-- auth.uid())", is that expression. Parentheses in it are followed four deep, which is deeper than
-- policies go; what is deeper stays as it is, and is refused.
create or replace function audit.without_subqueries(expression text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    clause constant text :=
        '\s(?:AS|FROM|WHERE|GROUP|HAVING|WINDOW|UNION|INTERSECT|EXCEPT|ORDER|LIMIT|OFFSET|FETCH)\M';
    inside text := '[^()'']|''[^'']*''';
    before_it text;
begin
    for depth in 1..4 loop
        inside := '[^()'']|''[^'']*''|\((?:' || inside || ')*\)';
    end loop;
    loop
        before_it := expression;
        expression := regexp_replace(
            expression,
            '(?<!(?:IN|EXISTS|ANY|ALL|ARRAY) ?)\( SELECT\s+((?:(?!' || clause || ')(?:' || inside
            || '))+)(?: AS (?:\w+|"[^"]+"))?\)',
            '\1',
            'g'
        );
        exit when expression = before_it;
    end loop;
    return expression;
end
$$;

revoke all on function audit.without_subqueries(text)
from public, anon, authenticated, service_role;

comment on function audit.without_subqueries(text) is
'A policy''s expression, as the catalog has it, with "(select x)" as x.';
