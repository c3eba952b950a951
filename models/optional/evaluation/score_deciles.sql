{{ config(schema="main", meta={"published_order": "as_of_date, decile"}) }}

-- One row per snapshot and tenth of its users by score, the best first, and one per
-- tenth for all snapshots together (no as_of_date). Users with the same score are put
-- in a fixed order by a hash of their id.
with

examples as (select * from {{ ref("training_examples") }}),

in_tenths as (
    select
        user_id,
        as_of_date,
        is_converted,
        score,
        ntile(10) over (
            partition by as_of_date
            order by score desc, md5(user_id), user_id
        ) as decile
    from examples
    where {{ is_judged("as_of_date") }}
),

persons as (
    select
        as_of_date,
        decile,
        user_id,
        min(score) as least_score,
        max(score) as most_score,
        count(*) as examples,
        count(*) filter (where is_converted) as converted
    from in_tenths
    group by decile, user_id, cube(as_of_date)
),

counts as (
    select
        as_of_date,
        decile,
        min(least_score) as lowest_score,
        max(most_score) as highest_score,
        sum(examples) as users,
        sum(converted) as conversions,
        {{ design_effect("examples", "converted") }} as design_effect
    from persons
    group by as_of_date, decile
),

with_totals as (
    select
        *,
        sum(users) over (partition by as_of_date) as all_users,
        sum(conversions) over (partition by as_of_date) as all_conversions,
        sum(conversions) over (
            partition by as_of_date
            order by decile
            rows between unbounded preceding and current row
        ) as conversions_so_far
    from counts
)

select
    as_of_date,
    cast(decile as integer) as decile,
    lowest_score,
    highest_score,
    cast(users as bigint) as users,
    cast(conversions as bigint) as conversions,
    {{ rate("conversions", "users") }} as conversion_rate,
    {{ wilson_bound("conversions", "users", "lower", "design_effect") }} as lower_rate,
    {{ wilson_bound("conversions", "users", "upper", "design_effect") }} as upper_rate,
    {{ rate("conversions * all_users", "users * all_conversions") }} as lift,
    {{ rate("conversions_so_far", "all_conversions") }} as cumulative_share,
    design_effect
from with_totals
