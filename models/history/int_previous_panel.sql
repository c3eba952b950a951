-- One row per line of the control panel of the last build that published; empty on the
-- first build.
{{ config(materialized="view") }}

with

panel_versions as (select * from {{ ref("control_panel_versions") }}),

publications as (select * from {{ ref("int_publications") }})

select
    panel_versions.panel_file,
    panel_versions.line_key,
    panel_versions.line
from panel_versions
inner join publications
    on panel_versions.weights_version = publications.previous_weights_version
where not publications.is_published
