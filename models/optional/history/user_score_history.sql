{{ config(schema="main", meta={"published_order": "user_id, published_at"}) }}

-- One row per user and period in which score, band, weights version and the points of
-- every rule were as published: what was recorded, and what this publication adds.
with

changed_scores as (select * from {{ ref("int_changed_scores") }}),

recorded as ({{ recorded_scores() }}),

all_scores as (
    select * from recorded
    union all
    select
        user_id,
        published_at,
        as_of_date,
        score,
        band,
        weights_version,
        is_customer,
        contributions,
        points_fingerprint,
        other_contributions
    from changed_scores
),

periods as (
    select
        *,
        lead(published_at) over (partition by user_id order by published_at)
            as replaced_at
    from all_scores
)

select
    user_id,
    published_at,
    replaced_at,
    as_of_date,
    score,
    band,
    weights_version,
    is_customer,
    contributions,
    points_fingerprint,
    other_contributions
from periods
where score is not null
