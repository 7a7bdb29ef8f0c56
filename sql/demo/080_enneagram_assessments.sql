-- 080_enneagram_assessments: for half of the users with a known type, with that type.

with assessed as (
    select
        p.user_id,
        p.enneagram_type,
        p.completed_at,
        sha256(
            convert_to(
                format('%s/enneagram/%s', current_setting('arami_db.demo_random_seed'), p.user_id),
                'UTF8'
            )
        ) as dice
    from public.onboarding_profiles as p
    where
        p.enneagram_type is not null
        and p.user_id between
        current_setting('arami_db.demo_first')::uuid and current_setting('arami_db.demo_last')::uuid
)

insert into public.enneagram_assessments (
    id,
    user_id,
    enneagram_type,
    wing_type,
    confidence_score,
    type_scores,
    conversation_transcript,
    assessment_duration_seconds,
    completed_at,
    created_at
)
select
    overlay(overlay(encode(substring(a.dice from 17), 'hex'), '8', 13), '8', 17)::uuid as id,
    a.user_id,
    a.enneagram_type,
    -- A neighbour on the circle of nine.
    1 + (a.enneagram_type + case when get_byte(a.dice, 1) < 128 then 0 else 7 end) % 9 as wing_type,
    (50 + get_byte(a.dice, 2) % 51) / 100.0 as confidence_score,
    s.scores as type_scores,
    E'Guide: Which of these is more like you?\nMe: The first, most days.'
        as conversation_transcript,
    300 + get_byte(a.dice, 3) * 3 as assessment_duration_seconds,
    a.completed_at + interval '30 minutes' as completed_at,
    a.completed_at + interval '15 minutes' as created_at
from assessed as a
cross join
    lateral (
        select
            jsonb_object_agg(
                t.n::text,
                case when t.n = a.enneagram_type then 90 else get_byte(a.dice, 3 + t.n) % 80 end
            ) as scores
        from generate_series(1, 9) as t (n)
    ) as s
where get_byte(a.dice, 0) < 128
order by a.user_id;
