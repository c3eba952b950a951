-- One row per model and hundredth of the test examples of the last training; no rows
-- before.
{{ config(materialized="view") }}

{{ read_model_file("curves.json", {
    "model": "varchar", "hundredth": "integer", "examples": "integer",
    "predicted_rate": "double", "conversion_rate": "double",
    "converted_share": "double", "others_share": "double",
}) }}
