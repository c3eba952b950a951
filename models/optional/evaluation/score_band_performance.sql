{{ config(schema="main", meta={"published_order": "as_of_date, min_score"}) }}

-- One row per snapshot and band, and one per band for all snapshots together (no
-- as_of_date): how many users were in it, and how many of them converted.
with

examples as (select * from {{ ref("training_examples") }}),

scores as (select * from {{ ref("int_scores") }}),

score_bands as (select * from {{ ref("score_bands") }}),

persons as (
    select
        examples.as_of_date,
        scores.band,
        examples.user_id,
        count(*) as examples,
        count(*) filter (where examples.is_converted) as converted
    from examples
    inner join scores
        on examples.user_id = scores.user_id
        and examples.as_of_date = scores.as_of_date
    where {{ is_judged("examples.as_of_date") }}
    group by scores.band, examples.user_id, cube(examples.as_of_date)
),

counts as (
    select
        as_of_date,
        band,
        sum(examples) as users,
        sum(converted) as conversions,
        {{ design_effect("examples", "converted") }} as design_effect
    from persons
    group by as_of_date, band
),

snapshots as (
    select
        as_of_date,
        sum(users) as users,
        sum(conversions) as conversions
    from counts
    group by as_of_date
),

bands as (
    select
        snapshots.as_of_date,
        score_bands.band,
        score_bands.min_score,
        snapshots.users as all_users,
        snapshots.conversions as all_conversions,
        cast(coalesce(counts.users, 0) as bigint) as users,
        cast(coalesce(counts.conversions, 0) as bigint) as conversions,
        coalesce(counts.design_effect, 1) as design_effect
    from snapshots
    cross join score_bands
    left join counts
        on snapshots.as_of_date is not distinct from counts.as_of_date
        and score_bands.band = counts.band
    where score_bands.score is null
)

select
    as_of_date,
    band,
    min_score,
    users,
    {{ rate("users", "all_users") }} as share_of_users,
    conversions,
    {{ rate("conversions", "users") }} as conversion_rate,
    {{ wilson_bound("conversions", "users", "lower", "design_effect") }} as lower_rate,
    {{ wilson_bound("conversions", "users", "upper", "design_effect") }} as upper_rate,
    {{ rate("conversions * all_users", "users * all_conversions") }} as lift,
    design_effect
from bands
