-- One row per population, model and figure of the last training; no rows before.
{{ config(materialized="view") }}

{{ read_model_comparison() }}
