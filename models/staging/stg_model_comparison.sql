-- One row per population, model and figure of the last training; no rows before.
{{ config(materialized="view") }}

{{ read_model_file("comparison.json", {
    "population": "varchar", "model": "varchar", "figure": "varchar",
    "value": "double", "low": "double", "high": "double",
    "examples": "integer", "converted": "integer", "users": "integer",
}) }}
