-- One row per population, as-of date and user who then belongs to it: at the scoring
-- date those who may be assigned, at snapshots those whose later outcomes tell what to
-- expect. Who already had a one-time outcome cannot have it again. Experiments that ask
-- for the same users share a population, which goes by the name of the first of them.
with

experiments as (select * from {{ ref("experiments") }}),

all_scores as (select * from {{ ref("int_scores") }}),

features as (select * from {{ ref("features") }}),

feature_values as (select * from {{ ref("user_feature_values") }}),

customers as (select * from {{ ref("int_customers") }}),

populations as (
    select *
    from experiments
    where status <> 'ended'
    qualify experiment = {{ population_name() }}
),

scores as (
    select * from all_scores
    where is_scoring_date or is_in_snapshot
)

select
    populations.experiment as population,
    scores.user_id,
    scores.as_of_date,
    scores.is_scoring_date,
    scores.score,
    scores.band,
    case
        when populations.stratify_by is null then scores.band
        else concat(
            scores.band, ', ', coalesce(stratum_values.text_value, 'unknown')
        )
    end as stratum,
    stratum_values.text_value as stratum_value
from scores
inner join populations
    on populations.bands is null
    or list_contains(string_split(populations.bands, '|'), scores.band)
left join features
    on populations.feature = features.feature
left join feature_values as population_values
    on scores.user_id = population_values.user_id
    and scores.as_of_date = population_values.as_of_date
    and populations.feature = population_values.feature
left join feature_values as stratum_values
    on scores.user_id = stratum_values.user_id
    and scores.as_of_date = stratum_values.as_of_date
    and populations.stratify_by = stratum_values.feature
left join customers
    on scores.user_id = customers.user_id
    and scores.as_of_date >= customers.customer_since_date
    and populations.outcome_event_type = '{{ var("outcome_event_type") }}'
where
    customers.user_id is null
    and {{ is_in_population() }}
