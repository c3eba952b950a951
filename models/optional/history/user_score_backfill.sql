{{ config(schema="main", meta={"published_order": "as_of_date, user_id"}) }}

-- One row per user and past day asked for with the var backfill_dates: the score by
-- today's panel and data. What was published then is in user_score_history.
with

publication as (select * from {{ ref("int_publication") }}),

recorded as (select * from {{ ref("int_recorded_backfill") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

features as (select * from {{ ref("features") }}),

panel_rules as (select * from {{ ref("scoring_rules") }}),

groups as (select * from {{ ref("score_groups") }}),

bands as (select * from {{ ref("score_bands") }}),

ages as ({{ whole_numbers(var("look_back_days")) }}),

weights as ({{ feature_weights("features", "ages") }}),

dates as ({{ backfilled_dates(list_var("backfill_dates"), "publication") }}),

as_of_dates as ({{ users_as_of("dates", "activity", "user_attributes") }}),

activity_in_window as ({{ activity_in_window("as_of_dates", "activity", "weights") }}),

numbers as ({{ feature_numbers("activity_in_window") }}),

attributes_as_of as (
    {{ attributes_as_of("as_of_dates", "user_attributes", "features") }}
),

feature_values as ({{ feature_values("numbers", "attributes_as_of") }}),

features_allowing_zero as ({{ features_allowing_zero("panel_rules", "features") }}),

zero_values as (
    {{ zero_values("as_of_dates", "features_allowing_zero", "feature_values") }}
),

all_values as ({{ stacked(["feature_values", "zero_values"]) }}),

rule_points as ({{ rules_applied("all_values", "panel_rules") }}),

{{ contribution_steps("as_of_dates", "rule_points", "groups") }},

bands_with_ends as ({{ bands_with_ends("bands") }}),

scores as ({{ scores_with_contributions("contributions") }})

select
    scores.user_id,
    scores.as_of_date,
    scores.score,
    bands_with_ends.band,
    publication.weights_version,
    publication.published_at,
    scores.contributions
from scores
inner join bands_with_ends
    on scores.score >= bands_with_ends.min_score
    and scores.score < bands_with_ends.next_min_score
cross join publication
union all
select
    recorded.user_id,
    recorded.as_of_date,
    recorded.score,
    recorded.band,
    recorded.weights_version,
    recorded.published_at,
    recorded.contributions
from recorded
where recorded.as_of_date not in (select dates.as_of_date from dates)
