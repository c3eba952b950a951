-- One row per line of the control panel of the last publication; none before it.
{{ config(materialized="ephemeral") }}

with

recorded as (select * from {{ ref("int_recorded_panels") }}),

publication as (select * from {{ ref("int_publication") }})

select
    recorded.panel_file,
    recorded.line_key,
    recorded.line
from recorded
inner join publication
    on recorded.weights_version = publication.previous_weights_version
