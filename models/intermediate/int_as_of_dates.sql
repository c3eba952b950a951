-- One row per as-of date: the scoring date, snapshots for evaluation and training, past
-- days asked for, and days before people were assigned elsewhere. Snapshots lie on a
-- fixed grid, so that new events do not move them, and only matured ones are taken.
{% set asked_for = list_var("backfill_dates") + assignment_days() %}
with

activity_bounds as (select * from {{ ref("int_activity_bounds") }}),

bounds as (
    select
        coalesce({{ text_or_null(var("as_of_date"), "date") }}, last_activity_date)
            as scoring_date,
        first_activity_date,
        {{ "cast(null as date)" if not outcome_terms().event_types else add_days(
            "least(scoring_date, last_activity_date)", -whole_var("horizon_days")
        ) }} as last_matured_date
    from activity_bounds
),

grid as (
    select
        last_matured_date,
        {{ days_between("date '1970-01-05'", "last_matured_date") }}
        % {{ whole_var("snapshot_every_days") }} as days_past_grid
    from bounds
),

snapshots as (
    {% if list_var("snapshot_dates") %}
        {% for date in list_var("snapshot_dates") %}
            select cast('{{ date }}' as date) as as_of_date
            {{ "union" if not loop.last }}
        {% endfor %}
    {% else %}
        {% for number in range([whole_var("snapshot_count"), 1000] | min) %}
            select
                {{ add_days(
                    "last_matured_date",
                    "-days_past_grid - " ~ number * whole_var("snapshot_every_days")
                ) }} as as_of_date
            from grid
            {{ "union all" if not loop.last }}
        {% endfor %}
    {% endif %}
),

dates as (
    select scoring_date as as_of_date from bounds
    union
    select as_of_date from snapshots
    {% for date in asked_for %}
        union
        select cast('{{ date }}' as date) as as_of_date
    {% endfor %}
)

select
    dates.as_of_date,
    {{ add_days("dates.as_of_date", whole_var("horizon_days")) }} as horizon_end_date,
    dates.as_of_date = bounds.scoring_date as is_scoring_date,
    if(is_scoring_date, date '9999-12-30', dates.as_of_date) as known_by_date,
    snapshots.as_of_date is not null as is_snapshot,
    coalesce(dates.as_of_date in ({{ sql_values(list_var("backfill_dates")) }}), false)
        as is_backfilled,
    is_scoring_date
    or coalesce(dates.as_of_date in ({{ sql_values(asked_for) }}), false)
        as is_of_everyone,
    coalesce(dates.as_of_date <= bounds.last_matured_date, false) as has_matured,
    {{ is_judged("dates.as_of_date") }} as is_judged,
    coalesce(
        {{ add_days("dates.as_of_date", 1 - whole_var("look_back_days")) }}
        >= bounds.first_activity_date, false
    ) as has_full_look_back
from dates
cross join bounds
left join snapshots
    on dates.as_of_date = snapshots.as_of_date
where
    dates.as_of_date = bounds.scoring_date
    or dates.as_of_date between bounds.first_activity_date and bounds.scoring_date
