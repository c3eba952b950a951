{{
    config(
        schema="main",
        meta={"published_order": "as_of_date, user_id, feature"},
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched(ref('int_as_of_inputs'), 'as_of_date') }}",
        post_hook="{{ remember_loaded(ref('int_as_of_inputs')) }}",
    )
}}

-- One row per user, as-of date and feature that has a value. Features without a row are
-- zero, or, for days since the last time and attributes, unknown. As-of dates of which
-- nothing changed are kept.
with

feature_activity as (select * from {{ ref("int_feature_activity") }}),

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

features as (select * from {{ ref("features") }}),

numbers as (
    select
        user_id,
        as_of_date,
        feature,
        cast(
            case measure
                when 'days_since_last' then min(age_days)
                when 'minutes' then {{ minutes("sum(quantity * weight)") }}
                else sum(quantity * weight)
            end as decimal(28, 9)
        ) as value,
        cast(
            case measure
                when 'days_since_last' then min(age_days)
                when 'minutes' then {{ minutes("sum(quantity)") }}
                else sum(quantity)
            end as decimal(28, 4)
        ) as undecayed_value,
        cast(null as varchar) as text_value
    from feature_activity
    group by user_id, as_of_date, feature, measure
),

last_known_attributes as (
    select
        as_of_dates.user_id,
        as_of_dates.as_of_date,
        features.feature,
        cast(null as decimal(28, 9)) as value,
        cast(null as decimal(28, 4)) as undecayed_value,
        user_attributes.value as text_value
    from as_of_dates
    inner join user_attributes
        on as_of_dates.user_id = user_attributes.user_id
        and (
            user_attributes.valid_from is null
            or as_of_dates.as_of_date >= user_attributes.valid_from
        )
    inner join features
        on user_attributes.attribute = features.feature
        and features.measure = 'attribute'
    qualify
        row_number() over (
            partition by as_of_dates.user_id, as_of_dates.as_of_date, features.feature
            order by user_attributes.valid_from desc nulls last
        ) = 1
)

select * from numbers
where {{ is_touched(ref("int_as_of_inputs"), "as_of_date") }}
union all
select * from last_known_attributes
where {{ is_touched(ref("int_as_of_inputs"), "as_of_date") }}
