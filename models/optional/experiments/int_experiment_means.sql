-- One row per experiment, arm and number known at the assignment: users, mean and
-- variance of the score, of features, and of texts of attributes (as 0 or 1) that at
-- least one user in twenty has.
with

assignments as (select * from {{ ref("experiment_assignments") }}),

feature_sums as (select * from {{ ref("int_experiment_feature_sums") }}),

features as (select * from {{ ref("features") }}),

arms as (
    select
        experiment,
        arm,
        count(*) as users,
        count(score) as scored_users,
        sum(score) as score_sum,
        sum(score * score) as score_squares_sum
    from assignments
    group by experiment, arm
),

experiment_sizes as (
    select
        experiment,
        sum(users) as users
    from arms
    group by experiment
),

measures as (
    select
        feature_sums.experiment,
        feature_sums.feature,
        feature_sums.text_value,
        features.measure = 'days_since_last' as is_of_known_only
    from feature_sums
    inner join features
        on feature_sums.feature = features.feature
    inner join experiment_sizes
        on feature_sums.experiment = experiment_sizes.experiment
    group by
        feature_sums.experiment,
        feature_sums.feature,
        feature_sums.text_value,
        features.measure,
        experiment_sizes.users
    having
        feature_sums.text_value is null
        or sum(feature_sums.users) >= 0.05 * experiment_sizes.users
),

sums as (
    select
        experiment,
        arm,
        feature,
        text_value,
        sum(users) as users,
        sum(value_sum) as value_sum,
        sum(squares_sum) as squares_sum
    from feature_sums
    group by experiment, arm, feature, text_value
),

all_sums as (
    select
        experiment,
        arm,
        'score' as measure,
        scored_users as users,
        cast(score_sum as double) as value_sum,
        cast(score_squares_sum as double) as squares_sum
    from arms
    union all
    -- Users without a value count as zero, but for days since something that never was.
    select
        arms.experiment,
        arms.arm,
        concat_ws(' = ', measures.feature, measures.text_value) as measure,
        case
            when measures.is_of_known_only then coalesce(sums.users, 0)
            else arms.users
        end as users,
        cast(coalesce(sums.value_sum, 0) as double) as value_sum,
        cast(coalesce(sums.squares_sum, 0) as double) as squares_sum
    from arms
    inner join measures
        on arms.experiment = measures.experiment
    left join sums
        on arms.experiment = sums.experiment
        and arms.arm = sums.arm
        and measures.feature = sums.feature
        and measures.text_value is not distinct from sums.text_value
)

select
    experiment,
    arm,
    measure,
    cast(users as bigint) as users,
    value_sum / users as mean,
    greatest(squares_sum - value_sum * value_sum / users, 0) / (users - 1) as variance
from all_sums
where users >= 2
