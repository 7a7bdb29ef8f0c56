-- 000_distribution: which tables are on the workers, and their distribution columns.
-- Why: a user's rows belong on one machine, and what they refer to on every machine. The foreign
-- keys decide this, so that a new table needs no list: tables that refer to users are distributed
-- by user, and other tables that those refer to are copied to every machine.
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
        ('audit.archive_batch', 'id') -- a uuid from 005_archive on
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
    where
        k.confrelid not in (select known.relation from owned as known)
        and k.confrelid <> 'audit.archive_run'::regclass -- 005_archive drops the keys to it
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

-- Citus allows no subquery in a policy. A subquery that only selects an expression, such as
-- "(select auth.uid())", equals that expression. The text comes from the catalog, in a known form.
create or replace function audit.without_subqueries(expression text)
returns text
language plpgsql
immutable
strict
set search_path = pg_catalog, pg_temp
as $$
declare
    part text;
    -- What each open parenthesis began with, what came in it since, and if it is more than a bare
    -- expression; the text itself is the first of them.
    opened text[] := array[''];
    inside text[] := array[''];
    is_more boolean[] := array[false];
    now_in integer := 1;
begin
    for part in
        select token.found[1]
        from regexp_matches(
            expression, '''[^'']*''|"[^"]*"|\( SELECT\s+|[()]|[^()''"]+', 'g'
        ) as token (found)
    loop
        if part like '(%' then
            now_in := now_in + 1;
            opened[now_in] := part;
            inside[now_in] := '';
            is_more[now_in] := inside[now_in - 1] ~ '\m(IN|EXISTS|ANY|ALL|ARRAY) ?$';
        elsif part = ')' then
            inside[now_in - 1] := inside[now_in - 1] || case
                when opened[now_in] = '(' or is_more[now_in]
                    then opened[now_in] || inside[now_in] || ')'
                else regexp_replace(inside[now_in], ' AS (\w+|"[^"]+")$', '')
            end;
            now_in := now_in - 1;
        else
            inside[now_in] := inside[now_in] || part;
            is_more[now_in] := is_more[now_in] or part ~ '^[^''"]' and part ~ (
                ',|\s(FROM|WHERE|GROUP|HAVING|WINDOW|UNION|INTERSECT|EXCEPT|ORDER|LIMIT|OFFSET'
                '|FETCH)\M'
            );
        end if;
    end loop;
    return inside[1];
end
$$;

revoke all on function audit.without_subqueries(text)
from public, anon, authenticated, service_role;

comment on function audit.without_subqueries(text) is
'A policy''s expression, as the catalog has it, with "(select x)" as x.';

-- If a later migration lets a distributed table refer to a new one, the runner first calls this to
-- copy the new one to every machine.
create or replace function audit.share(referring regclass, referred regclass)
returns void
language plpgsql
strict
set search_path = pg_catalog, pg_temp
set client_min_messages = 'error' -- Citus prints a notice for each table that it copies
as $$
begin
    if
        referring not in (select p.logicalrelid from pg_dist_partition as p)
        or referred in (select p.logicalrelid from pg_dist_partition as p)
        or referred in (
            select d.relation from audit.distribution as d where d.user_column is not null
        )
    then
        return;
    end if;
    perform create_reference_table(referred);
end
$$;

revoke all on function audit.share(regclass, regclass)
from public, anon, authenticated, service_role;

comment on function audit.share(regclass, regclass) is
'Copies a table to every machine that one on the workers is about to refer to.';
