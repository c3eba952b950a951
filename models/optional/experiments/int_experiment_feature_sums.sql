-- One row per experiment, arm, batch of newcomers and feature (and text, for
-- attributes): what they were when they were assigned, as sums from which means and
-- spreads follow. It is kept, since no later build knows it, and names nobody, so that
-- it may be kept.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        full_refresh=false,
    )
}}

with

assignments as (select * from {{ ref("experiment_assignments") }}),

feature_values as (select * from {{ ref("user_feature_values") }}),

recorded as (
    {% if is_incremental() %}
        select
            experiment,
            max(last_slot_number) as slots
        from {{ this }}
        group by experiment
    {% else %}
        select
            experiment,
            0 as slots
        from assignments
        where false
    {% endif %}
),

newcomers as (
    select
        assignments.*,
        max(assignments.slot_number) over (
            partition by assignments.experiment
        ) as last_slot_number
    from assignments
    left join recorded
        on assignments.experiment = recorded.experiment
    where assignments.slot_number > coalesce(recorded.slots, 0)
),

newcomers_with_values as (
    select
        newcomers.*,
        feature_values.feature,
        feature_values.text_value,
        case
            when feature_values.text_value is null
                then cast(feature_values.value as decimal(18, 3))
            else cast(1 as decimal(18, 3))
        end as value
    from newcomers
    inner join feature_values
        on newcomers.user_id = feature_values.user_id
        and newcomers.assigned_date = feature_values.as_of_date
)

select
    experiment,
    arm,
    last_slot_number,
    feature,
    text_value,
    count(*) as users,
    cast(sum(value) as decimal(38, 3)) as value_sum,
    cast(sum(value * value) as decimal(38, 6)) as squares_sum
from newcomers_with_values
group by experiment, arm, last_slot_number, feature, text_value
