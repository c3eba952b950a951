{{ config(schema="main", meta={"published_order": "user_id, as_of_date"}) }}

-- The feature mart: one row per user and as-of date, a column a feature. Counts and
-- sums are zero where nothing happened; days since the last time are NULL for "never in
-- the window"; attributes are NULL where unknown.
with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

feature_values as (select * from {{ ref("user_feature_values") }}),

-- depends_on: {{ ref("features") }}
wide as (
    select
        user_id,
        as_of_date,
        {{ pivoted_features() }}
    from feature_values
    group by user_id, as_of_date
)

select
    as_of_dates.user_id,
    as_of_dates.as_of_date,
    {{ feature_columns() }}
from as_of_dates
left join wide
    on as_of_dates.user_id = wide.user_id
    and as_of_dates.as_of_date = wide.as_of_date
