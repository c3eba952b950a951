-- An experiment that is running at the scoring date has users. The build stops, naming
-- those for which nobody was ever found, and what they ask for.
with

experiments as (select * from {{ ref("experiments") }}),

plans as (select * from {{ ref("experiment_plan") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

set_aside as (
    select
        experiment,
        sum(given_rows) as given_rows,
        max_by(reason, given_rows) as reason
    from {{ ref("experiment_rows_set_aside") }}
    group by experiment
),

empty as (
    select
        experiments.experiment,
        concat(
            'experiment ', experiments.experiment, ' has, as of ',
            cast(as_of_dates.as_of_date as varchar), ', ',
            coalesce(
                'nobody: none of the ' || set_aside.given_rows
                || ' rows of POINTWISE_ASSIGNMENTS can be used, most of them: '
                || set_aside.reason || ' (fix that, and build again)',
                plans.verdict
            )
        ) as problem
    from experiments
    inner join plans
        on experiments.experiment = plans.experiment
    left join set_aside
        on experiments.experiment = set_aside.experiment
    inner join as_of_dates
        on as_of_dates.is_scoring_date
        and experiments.start_date <= as_of_dates.as_of_date
        and experiments.end_date >= as_of_dates.as_of_date
    where experiments.status = 'running' and plans.assigned_users = 0
),

verdict as (
    select
        count(*) as experiments,
        concat(
            {{ ordered_text("problem", order_by="experiment", separator="; ") }},
            '. Ask for less in experiments.csv, or set status to planned.'
        ) as message
    from empty
)

-- In the condition, since dbt only counts rows and would not look at a column.
select message
from verdict
where case when experiments > 0 then {{ raise_error("message") }} is null else false end
