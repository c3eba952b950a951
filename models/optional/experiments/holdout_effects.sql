{{ config(schema="main", meta={"published_order": "quarter_start_date, cell"}) }}

-- What acting adds: one row per quarter since `holdout_since`, and one for all together
-- (no quarter), and cell (all people, or a band): people who were in it at a snapshot
-- and what they did within the horizon of one, held out or not. A person counts once.
-- By pointwise.experiments.holdout.
{%- set since = text_or_null(var("holdout_since"), "date") %}
{%- set is_asked = "true" if var("holdout_share") else "false" %}
with

outcomes as (select * from {{ ref("user_outcomes") }}),

scores as (select * from {{ ref("int_scores") }}),

persons_today as (select * from {{ ref("int_persons_today") }}),

examples as (
    select
        coalesce(persons_today.person_id, outcomes.user_id) as person_id,
        outcomes.as_of_date,
        outcomes.user_id,
        cast(date_trunc('quarter', outcomes.as_of_date) as date) as quarter_start_date,
        scores.band,
        scores.is_held_out,
        outcomes.is_converted
    from outcomes
    inner join scores
        on outcomes.user_id = scores.user_id
        and outcomes.as_of_date = scores.as_of_date
    left join persons_today
        on outcomes.user_id = persons_today.user_id
    where
        not outcomes.is_customer
        and scores.is_named
        and outcomes.as_of_date >= {{ since }}
        and {{ is_asked }}
),

-- As it was at first: people who were two may have become one.
persons as (
    select
        quarter_start_date,
        coalesce(band, 'all') as cell,
        person_id,
        first(is_held_out order by as_of_date, user_id) as is_held_out,
        bool_or(is_converted) as is_converted
    from examples
    group by person_id, cube(quarter_start_date, band)
),

counts as (
    select
        quarter_start_date,
        cell,
        count(*) filter (where not is_held_out) as users,
        count(*) filter (where is_converted and not is_held_out) as conversions,
        count(*) filter (where is_held_out) as held_out_users,
        count(*) filter (where is_converted and is_held_out) as held_out_conversions
    from persons
    group by quarter_start_date, cell
)

{{ rows_from_python("holdout_effects", ["counts"], {
    "quarter_start_date": "date", "cell": "varchar",
    "users": "bigint", "conversions": "bigint", "conversion_rate": "double",
    "held_out_users": "bigint", "held_out_conversions": "bigint",
    "held_out_rate": "double",
    "difference": "double", "lower": "double", "upper": "double", "verdict": "varchar",
}) }}
