-- One row per user and earlier publication that changed score, band, weights version or
-- the points of a rule; score is NULL from when a user was not scored any more.
{{ config(materialized="ephemeral") }}

{{ recorded("scores", {
    "user_id": "varchar",
    "published_at": "timestamp",
    "as_of_date": "date",
    "score": "integer",
    "band": "varchar",
    "weights_version": "varchar",
    "is_customer": "boolean",
    "contributions": contributions_type(),
    "points_fingerprint": "varchar",
}) }}
