-- One row per build that published, and one for the build at hand, with the one before
-- it. The clock never goes backwards here: a build comes after the last one, whatever
-- the machine says.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        full_refresh=false,
        pre_hook="{{ take_back_unpublished() }}",
    )
}}

with

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

weights as (select * from {{ ref("int_weights_version") }}),

earlier as (
    {% if is_incremental() %}
        select
            published_at,
            as_of_date,
            weights_version
        from {{ this }}
    {% elif var("reproduced_publication") %}
        {{ reproduced_publication(mapping_var("reproduced_publication")) }}
    {% else %}
        select
            cast(null as timestamp) as published_at,
            cast(null as date) as as_of_date,
            cast(null as varchar) as weights_version
    {% endif %}
),

previous as (
    select
        max(published_at) as published_at,
        max_by(as_of_date, published_at) as as_of_date,
        max_by(weights_version, published_at) as weights_version
    from earlier
)

select
    '{{ invocation_id }}' as invocation_id,
    greatest(
        cast({{ current_timestamp() }} as timestamp),
        previous.published_at + interval '1' millisecond
    ) as published_at,
    {% if var("reproduced_publication") %}
        previous.as_of_date,
        previous.weights_version,
    {% else %}
        as_of_dates.as_of_date,
        weights.weights_version,
    {% endif %}
    previous.published_at as previous_published_at,
    previous.as_of_date as previous_as_of_date,
    previous.weights_version as previous_weights_version,
    false as is_published
from as_of_dates
cross join weights
cross join previous
where as_of_dates.is_scoring_date
