-- One row per version of the control panel that was published, file and line.
{{ config(materialized="ephemeral") }}

{{ recorded_panels() }}
