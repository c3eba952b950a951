-- The points in brackets that close the sentences of an explanation are those of the
-- three reasons and of everything else, and add up to the score.
with

user_scores as (select * from {{ ref("user_scores") }}),

explained as (
    select
        *,
        {% for number in [1, 2, 3] %}
            coalesce(' ' || reason_{{ number }} || '.', '') as sentence_{{ number }},
            regexp_extract(reason_{{ number }}, '[(]([+-][0-9]+)[)]$', 1)
                as read_{{ number }},
        {% endfor %}
        regexp_extract(
            explanation,
            ' (Everything else|Nothing counts for or against yet)'
            || ' [(]([+-]?[0-9]+)[)][.]',
            2
        ) as read_other
    from user_scores
),

points_read as (
    select
        *,
        {% for number in [1, 2, 3] %}
            coalesce(cast(nullif(read_{{ number }}, '') as integer), 0)
                as read_{{ number }}_points,
        {% endfor %}
        coalesce(cast(nullif(read_other, '') as integer), 0) as read_other_points
    from explained
)

select
    user_id,
    score,
    explanation,
    read_1_points,
    read_2_points,
    read_3_points,
    read_other_points
from points_read
where
    read_1_points <> reason_1_points
    or read_2_points <> reason_2_points
    or read_3_points <> reason_3_points
    or read_other_points <> other_points
    or read_1_points + read_2_points + read_3_points + read_other_points <> score
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
