-- 003_policy_per_row: policies that call auth.uid(), current_setting() and the like for each row.
-- Why: a call that does not depend on the row runs once in a sub-select, (select auth.uid()), and
-- once for each row without it. The check reads the stored expression tree, not its text, so it
-- finds nested calls with any search_path. A node extends from its brace to the closing one; a call
-- is fine within a sub-select that reads no table and no column. Escaped braces (in names) are
-- removed first; constants hold none. Calls with a column as argument depend on the row: they are
-- not reported, nor are those of distributed tables: Citus allows no sub-select in a policy.
with tokens as (
    select
        x.policy,
        x.clause,
        t.place,
        t.match[1] as token,
        -- What makes a node depend on a row: a column, or a table it reads (RTE until Postgres 15).
        t.match[1] = '{VAR' as is_column,
        t.match[1] in ('{VAR', '{RTE', '{RANGETBLENTRY') as is_bound
    from conditions as x
    cross join lateral pg_catalog.regexp_matches(
        pg_catalog.regexp_replace(x.tree::pg_catalog.text, '[\\].', '', 'g'),
        '[{][A-Z0-9_]+(?: :funcid [0-9]+)?|[}]',
        'g'
    ) with ordinality as t (match, place)
),

-- The depth of each, and how many columns and tables precede it.
counted as (
    select
        t.*,
        pg_catalog.sum(case t.token when '}' then -1 else 1 end) over until
        + case t.token when '}' then 1 else 0 end as depth,
        pg_catalog.count(*) filter (where t.is_column) over until as columns,
        pg_catalog.count(*) filter (where t.is_bound) over until as bounds
    from tokens as t
    window until as (partition by t.policy, t.clause order by t.place)
),

-- The closing brace of a node is the next of its depth.
spans as (
    select
        t.*,
        pg_catalog.lead(t.place) over deep as last_place,
        pg_catalog.lead(t.columns) over deep > t.columns as has_column,
        pg_catalog.lead(t.bounds) over deep > t.bounds as has_bound
    from counted as t
    window deep as (partition by t.policy, t.clause, t.depth order by t.place)
),

-- Where the last sub-select ends that began before and runs once.
nodes as (
    select
        s.*,
        pg_catalog.max(s.last_place) filter (where s.token = '{QUERY' and not s.has_bound)
            over (partition by s.policy, s.clause order by s.place) as lifted_until
    from spans as s
    where s.token ~ '^[{](FUNCEXPR|QUERY)'
),

calls as (
    select distinct
        x.object,
        x.policy,
        x.clause,
        x.text as expression,
        f.proname,
        fn.nspname,
        f.pronargs
    from nodes as call
    inner join conditions as x on call.policy = x.policy and call.clause = x.clause
    inner join pg_catalog.pg_proc as f
        on f.oid = pg_catalog.substring(call.token, '[0-9]+')::pg_catalog.oid
    inner join pg_catalog.pg_namespace as fn on f.pronamespace = fn.oid
    where
        f.provolatile <> 'i'
        and (fn.nspname <> 'pg_catalog' or f.proname = 'current_setting')
        and not call.has_column
        and x.polrelid not in (select d.oid from distributed as d)
        and coalesce(call.lifted_until < call.place, true)
),

patterns as (
    select
        calls.object,
        calls.policy,
        calls.clause,
        calls.nspname,
        calls.proname,
        calls.expression,
        pg_catalog.count(*) over (partition by calls.policy, calls.clause) as functions,
        case
            when calls.nspname = 'pg_catalog'
                then 'current_setting[(]''[^'']*''::text(, (true|false))?[)]'
            when calls.pronargs = 0 and calls.nspname || calls.proname ~ '^[a-z0-9_]+$'
                then
                    pg_catalog.format(
                        '(?:\m%s[.]|(?<![.]))\m%s[(][)]', calls.nspname, calls.proname
                    )
        end as pattern
    from calls
)

select
    'performance' as severity,
    object,
    pg_catalog.format(
        '%s.%s() is called for each row in the %s clause; in a sub-select it is called once.',
        nspname, proname, pg_catalog.upper(clause)
    ) as finding,
    case
        when functions = 1 and pattern is not null
            then
                pg_catalog.format(
                    'alter policy %s %s (%s)',
                    object,
                    clause,
                    pg_catalog.regexp_replace(
                        expression,
                        pattern,
                        case nspname
                            when 'pg_catalog' then '(select \&)'
                            else pg_catalog.format('(select %s.%s())', nspname, proname)
                        end,
                        'g'
                    )
                )
    end as remedy
from patterns
