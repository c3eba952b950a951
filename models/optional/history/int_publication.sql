-- One row: the publication that this build would be, and the one before it, if any.
{{ config(materialized="ephemeral") }}

with

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

weights as (select * from {{ ref("int_weights_version") }})

{% set publication = this_publication() %}
select
    {{ text_or_null(publication.published_at, "timestamp") }} as published_at,
    {{ text_or_null(publication.previous_published_at, "timestamp") }}
        as previous_published_at,
    {{ text_or_null(publication.previous_as_of_date, "date") }} as previous_as_of_date,
    {{ text_or_null(publication.previous_weights_version) }}
        as previous_weights_version,
    as_of_dates.as_of_date,
    weights.weights_version
from as_of_dates
cross join weights
where as_of_dates.is_scoring_date
