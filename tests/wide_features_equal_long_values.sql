-- Every cell of user_features is the value in user_feature_values, or zero or NULL
-- where there is none. Of more than a hundred thousand rows one user in sixteen is
-- compared, a fixed sample by hash.
-- depends_on: {{ ref("features") }}
with

user_features as (select * from {{ ref("user_features") }}),

feature_values as (select * from {{ ref("user_feature_values") }}),

sampled_features as (
    select *
    from user_features
    where {{ is_in_sample("user_id", ref("user_features"), above=100000) }}
),

sampled_values as (
    select *
    from feature_values
    where {{ is_in_sample("user_id", ref("user_features"), above=100000) }}
),

cells as (
    {% for feature, measure in control_panel_features() %}
        {% set is_text = measure == "attribute" %}
        select
            user_id,
            as_of_date,
            '{{ feature }}' as feature,
            cast({{ "null" if is_text else feature }} as double) as value,
            cast({{ feature if is_text else "null" }} as varchar) as text_value,
            {{ "null" if is_text or measure == "days_since_last" else "0" }}
                as absent_value
        from sampled_features
        {{ "union all" if not loop.last }}
    {% endfor %}
)

select
    coalesce(cells.user_id, sampled_values.user_id) as user_id,
    coalesce(cells.as_of_date, sampled_values.as_of_date) as as_of_date,
    coalesce(cells.feature, sampled_values.feature) as feature,
    cells.value as wide_value,
    sampled_values.value as long_value,
    cells.text_value as wide_text,
    sampled_values.text_value as long_text
from cells
full outer join sampled_values
    on cells.user_id = sampled_values.user_id
    and cells.as_of_date = sampled_values.as_of_date
    and cells.feature = sampled_values.feature
where
    cells.user_id is null
    or cells.value
    is distinct from cast(coalesce(sampled_values.value, cells.absent_value) as double)
    or cells.text_value is distinct from sampled_values.text_value
