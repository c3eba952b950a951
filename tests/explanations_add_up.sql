-- The points in brackets that close the sentences of an explanation are those of the
-- three reasons and of everything else, and add up to the score.
with

user_scores as (select * from {{ ref("user_scores") }}),

told as (
    select
        *,
        {% for number in [1, 2, 3] %}
            coalesce(' ' || reason_{{ number }} || '.', '') as sentence_{{ number }},
            regexp_extract(reason_{{ number }}, '[(]([+-][0-9]+)[)]$', 1)
                as told_{{ number }},
        {% endfor %}
        regexp_extract(
            explanation,
            ' (Everything else|Nothing counts for or against yet)'
            || ' [(]([+-]?[0-9]+)[)][.]',
            2
        ) as told_other
    from user_scores
),

told_points as (
    select
        *,
        {% for number in [1, 2, 3] %}
            coalesce(cast(nullif(told_{{ number }}, '') as integer), 0)
                as told_{{ number }}_points,
        {% endfor %}
        coalesce(cast(nullif(told_other, '') as integer), 0) as told_other_points
    from told
)

select
    user_id,
    score,
    explanation,
    told_1_points,
    told_2_points,
    told_3_points,
    told_other_points
from told_points
where
    told_1_points <> reason_1_points
    or told_2_points <> reason_2_points
    or told_3_points <> reason_3_points
    or told_other_points <> other_points
    or told_1_points + told_2_points + told_3_points + told_other_points <> score
    or strpos(
        explanation,
        concat(
            sentence_1, sentence_2, sentence_3,
            case
                when reason_1 is null and score = 1
                    then ' Nothing counts for or against yet ('
                else ' Everything else ('
            end
        )
    ) = 0
