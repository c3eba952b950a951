{{
    config(
        schema="main",
        meta={"published_order": "as_of_date, user_id, feature"},
        materialized="incremental",
        incremental_strategy="append", on_schema_change="fail",
        partition_by=partition_column("as_of_date"),
        pre_hook="{{ delete_touched(ref('int_as_of_inputs'), 'as_of_date') }}",
        post_hook="{{ remember_loaded(ref('int_as_of_inputs')) }}",
    )
}}

-- One row per user, as-of date and feature that has a value. Features without a row are
-- zero, or, for days since the last time and attributes, unknown: also an attribute
-- that should be a number and is none, or one that no bigint can hold. As-of dates of
-- which nothing changed are kept.
with

feature_activity as (select * from {{ ref("int_feature_activity") }}),

person_attributes as (select * from {{ ref("int_person_attributes") }}),

features as (select * from {{ ref("features") }}),

numbers as (
    select
        user_id,
        as_of_date,
        feature,
        cast({{ feature_total("quantity * weight") }} as decimal(28, 9)) as value,
        -- As wide as minutes are, or Spark would round these twice.
        cast({{ feature_total("cast(quantity as decimal(28, 4))") }} as decimal(28, 4))
            as undecayed_value,
        cast(null as string) as text_value
    from feature_activity
    group by user_id, as_of_date, feature, measure
),

read_attributes as (
    select
        *,
        cast({{ read_as("value", "decimal(27, 9)", "VARCHAR") }} as decimal(28, 9))
            as number
    from person_attributes
),

attributes as (
    select
        read_attributes.user_id,
        read_attributes.as_of_date,
        features.feature,
        case when features.measure = 'number' then read_attributes.number end as value,
        case
            when features.measure = 'number'
                then cast(read_attributes.number as decimal(28, 4))
        end as undecayed_value,
        case when features.measure = 'attribute' then read_attributes.value end
            as text_value
    from read_attributes
    inner join features
        on read_attributes.attribute = features.feature
        and features.measure in ('attribute', 'number')
    where
        features.measure = 'attribute'
        or read_attributes.number is not null
)

select * from numbers
where {{ is_touched(ref("int_as_of_inputs"), "as_of_date") }}
union all
select * from attributes
where {{ is_touched(ref("int_as_of_inputs"), "as_of_date") }}
