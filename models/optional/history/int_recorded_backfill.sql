-- One row per user and past day that an earlier publication was asked to score: the
-- last one that was.
{{ config(materialized="ephemeral") }}

with

recorded as (
    {{ recorded("backfill", {
        "user_id": "varchar",
        "as_of_date": "date",
        "score": "integer",
        "band": "varchar",
        "weights_version": "varchar",
        "published_at": "timestamp",
        "contributions": contributions_type(),
    }) }}
)

select *
from recorded
qualify published_at = max(published_at) over (partition by as_of_date)
