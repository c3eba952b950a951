{{ config(schema="main", meta={"published_order": "week_start_date, cause"}) }}

-- One row per week, Monday to Sunday of the as-of date, and cause: what it did to all
-- scores together.
with

score_changes as (select * from {{ ref("score_changes") }}),

by_cause as (
    {% for cause in causes_of_change() %}
        select
            cast(date_trunc('week', as_of_date) as date) as week_start_date,
            user_id,
            '{{ cause }}' as cause,
            {{ cause | replace(" ", "_") }}_points as points
        from score_changes
        where {{ cause | replace(" ", "_") }}_points <> 0
        {{ "union all" if not loop.last }}
    {% endfor %}
)

select
    week_start_date,
    cause,
    count(distinct user_id) as users,
    cast(coalesce(sum(points) filter (where points > 0), 0) as bigint) as points_up,
    cast(coalesce(sum(points) filter (where points < 0), 0) as bigint) as points_down,
    cast(sum(points) as bigint) as points
from by_cause
group by week_start_date, cause
