-- One row per population, as-of date and user who then belongs to it: at the scoring
-- date those who may be assigned, at snapshots those whose later outcomes show what to
-- expect; never a customer, nor who is held out, nor an unknown visitor, whom nobody
-- can call or write to. Experiments that ask for the same share a population.
with

experiments as (select * from {{ ref("experiments") }}),

scores as (select * from {{ ref("int_scores") }}),

features as (select * from {{ ref("features") }}),

feature_values as (select * from {{ ref("user_feature_values") }}),

seats as (
    select * from {{ experiment_seats() }} as seats
),

populations as (
    select
        experiments.*,
        case
            when
                features.measure not in ('days_since_last', 'attribute', 'number')
                then 0
        end as value_if_unknown
    from experiments
    inner join seats
        on experiments.experiment = seats.experiment
        and seats.population = seats.experiment
        and seats.is_control and seats.seat_number = 0
    left join features
        on experiments.feature = features.feature
    where experiments.status <> 'ended'
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
        else concat(scores.band, ', ', coalesce(stratum_values.text_value, 'unknown'))
    end as stratum,
    stratum_values.text_value as stratum_value
from scores
inner join populations
    on populations.bands is null
    or list_contains(string_split(populations.bands, '|'), scores.band)
left join feature_values as population_values
    on scores.user_id = population_values.user_id
    and scores.as_of_date = population_values.as_of_date
    and populations.feature = population_values.feature
left join feature_values as stratum_values
    on scores.user_id = stratum_values.user_id
    and scores.as_of_date = stratum_values.as_of_date
    and populations.stratify_by = stratum_values.feature
where
    (scores.is_scoring_date or scores.is_in_snapshot)
    and scores.is_named
    and not scores.is_held_out
    and not (
        scores.is_customer
        and {{ counts_for_outcome("populations.outcome_event_type") }}
    )
    and case
        when populations.feature is null then true
        when populations.equals is not null
            then lower(population_values.text_value) = lower(populations.equals)
        else
            coalesce(population_values.value, populations.value_if_unknown) between
            coalesce(populations.min_value, population_values.value, 0)
            and coalesce(populations.max_value, population_values.value, 0)
    end
