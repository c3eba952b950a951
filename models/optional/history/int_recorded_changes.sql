-- One row per user and earlier publication that changed the user's points.
{{ config(materialized="ephemeral") }}

{{ recorded("changes", {
    "user_id": "varchar",
    "published_at": "timestamp",
    "previous_as_of_date": "date",
    "as_of_date": "date",
    "previous_score": "integer",
    "score": "integer",
    "previous_band": "varchar",
    "band": "varchar",
    "previous_weights_version": "varchar",
    "weights_version": "varchar",
    "change": "integer",
    "late_data_points": "integer",
    "attributes_points": "integer",
    "ageing_points": "integer",
    "new_activity_points": "integer",
    "control_panel_points": "integer",
    "differences": "struct(cause varchar, rule varchar, points bigint, reason varchar)[]",
}) }}
