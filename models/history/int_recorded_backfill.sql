-- One row per user, past day and earlier publication that was asked to score it.
{{ config(materialized="ephemeral") }}

{{ recorded("backfill", {
    "user_id": "varchar",
    "as_of_date": "date",
    "score": "integer",
    "band": "varchar",
    "weights_version": "varchar",
    "published_at": "timestamp",
    "contributions": contributions_type(),
}) }}
