-- Lets actors try statements, one after another, each undone, and says what came of each: how many
-- rows, or the error; and of those marked to be judged, in which tables somebody's rows changed.
-- Why: one message for a thousand attempts, where a message for each would take most of the time.
do $arami$
declare
    attacks constant jsonb := {attacks};
    -- By table, a query that digests the rows that are to stay as they are.
    watched constant jsonb := {watched};
    tables oid [];
    attack jsonb;
    step text;
    answers jsonb [] := array[]::jsonb [];
    counted bigint;
    code text;
    said text;
    base bigint [];
    touched oid [];
    seen text [];
    changed jsonb;
    digest text;
    is_judging boolean;
begin
    for attack in select value from jsonb_array_elements(attacks) loop
        counted := null;
        code := null;
        said := '';
        touched := array[]::oid [];
        seen := array[]::text [];
        changed := '[]';
        is_judging := false;
        begin
            for step in select value from jsonb_array_elements_text(attack -> 'prepare') loop
                begin
                    execute step;
                exception
                    when others then null;
                end;
            end loop;
            begin
                if (attack -> 'judge')::boolean then
                    tables := array(
                        select o::oid from jsonb_array_elements_text(attack -> 'watch') as o
                    );
                    base := array(
                        select
                            pg_stat_get_xact_tuples_inserted(o) + pg_stat_get_xact_tuples_updated(o)
                            + pg_stat_get_xact_tuples_deleted(o)
                        from unnest(tables) with ordinality as t (o, place) order by t.place
                    );
                end if;
                execute attack ->> 'become';
                execute attack ->> 'statement';
                get diagnostics counted = row_count;
                execute 'reset role';
                execute 'set constraints all immediate';
                execute 'set local row_security = off';
                if (attack -> 'judge')::boolean then
                    is_judging := true;
                    touched := array(
                        select o
                        from unnest(tables, base) as t (o, was)
                        where
                            pg_stat_get_xact_tuples_inserted(o) + pg_stat_get_xact_tuples_updated(o)
                            + pg_stat_get_xact_tuples_deleted(o) <> was
                    );
                    for place in 1 .. cardinality(touched) loop
                        execute watched ->> touched[place]::text into digest;
                        seen := seen || digest;
                    end loop;
                end if;
                raise exception using errcode = 'AR000';
            exception
                when others then
                    if sqlstate <> 'AR000' then
                        -- What stops the judge says nothing of the defences.
                        code := case when is_judging then 'XX000' else sqlstate end;
                        said := sqlerrm;
                        seen := array[]::text [];
                    end if;
            end;
            -- Everything is as it was before: the same query now says what that was.
            for place in 1 .. cardinality(seen) loop
                execute watched ->> touched[place]::text into digest;
                -- A trigger may tell B of what was done, by a row elsewhere: nothing of B's is changed.
                if digest is distinct from seen[place]
                    and not coalesce(
                        touched[place]::text <> attack ->> 'own'
                        and string_to_array(digest, ' ') <@ string_to_array(seen[place], ' '),
                        false
                    )
                then
                    changed := changed || to_jsonb(touched[place]::text);
                end if;
            end loop;
            raise exception using errcode = 'AR000';
        exception
            when sqlstate 'AR000' then null;
        end;
        answers := answers || jsonb_build_array(counted, code, said, changed);
    end loop;
    perform set_config('arami_prove.answers', to_jsonb(answers)::text, true);
end
$arami$
