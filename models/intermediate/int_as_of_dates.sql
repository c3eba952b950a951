-- One row per as-of date: the scoring date, and the snapshots kept for evaluation and
-- training. Snapshots lie on a fixed grid, so that they stay where they are when new
-- events come; on the grid, only those whose horizon has passed are taken.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

scoring as (
    select
        {% if var("as_of_date") %}
            cast('{{ var("as_of_date") }}' as date) as as_of_date,
        {% else %}
            max(activity_date) as as_of_date,
        {% endif %}
        min(activity_date) as first_activity_date
    from activity
),

matured as (
    select {{ add_days("as_of_date", -var("horizon_days")) }} as last_matured_date
    from scoring
),

grid as (
    select
        last_matured_date,
        {{ days_between("date '1970-01-05'", "last_matured_date") }}
        % {{ var("snapshot_every_days") }} as days_past_grid
    from matured
),

snapshots as (
    {% if var("snapshot_dates") %}
        {% for date in var("snapshot_dates") %}
            select cast('{{ date }}' as date) as as_of_date
            {{ "union" if not loop.last }}
        {% endfor %}
    {% else %}
        {% for number in range(var("snapshot_count")) %}
            select
                {{ add_days(
                    "last_matured_date",
                    "-days_past_grid - " ~ number * var("snapshot_every_days")
                ) }} as as_of_date
            from grid
            {{ "union all" if not loop.last }}
        {% endfor %}
    {% endif %}
)

select
    scoring.as_of_date,
    true as is_scoring_date,
    snapshots.as_of_date is not null as is_snapshot
from scoring
left join snapshots
    on scoring.as_of_date = snapshots.as_of_date
where scoring.as_of_date is not null
union all
select
    snapshots.as_of_date,
    false as is_scoring_date,
    true as is_snapshot
from snapshots
inner join scoring
    on snapshots.as_of_date < scoring.as_of_date
    and snapshots.as_of_date >= scoring.first_activity_date
