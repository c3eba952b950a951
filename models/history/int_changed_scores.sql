-- One row per user whose score, band, weights version or points of a rule are not as they
-- were last published: what this publication adds to the record. Where a user is not
-- scored any more, score is NULL.
with

user_scores as (select * from {{ ref("user_scores") }}),

contributions as (select * from {{ ref("int_current_contributions") }}),

recorded as (select * from {{ ref("int_recorded_scores") }}),

publication as (select * from {{ ref("int_publication") }}),

fingerprints as (
    select
        user_id,
        {{ fingerprint("concat(rule, '=', cast(points as varchar))") }}
            as points_fingerprint
    from contributions
    group by user_id
),

last_recorded as (
    select
        user_id,
        max(published_at) as published_at
    from recorded
    group by user_id
),

standing as (
    select
        recorded.user_id,
        recorded.published_at,
        recorded.score,
        recorded.band,
        recorded.weights_version,
        recorded.points_fingerprint
    from recorded
    inner join last_recorded
        on recorded.user_id = last_recorded.user_id
        and recorded.published_at = last_recorded.published_at
    where recorded.score is not null
),

scored as (
    select
        user_scores.user_id,
        user_scores.as_of_date,
        user_scores.score,
        user_scores.band,
        user_scores.weights_version,
        user_scores.is_customer,
        fingerprints.points_fingerprint
    from user_scores
    inner join fingerprints
        on user_scores.user_id = fingerprints.user_id
),

changed as (
    select
        coalesce(scored.user_id, standing.user_id) as user_id,
        scored.as_of_date,
        scored.score,
        scored.band,
        scored.weights_version,
        scored.is_customer,
        scored.points_fingerprint,
        standing.published_at as previous_published_at,
        standing.score as previous_score,
        standing.band as previous_band
    from scored
    full join standing
        on scored.user_id = standing.user_id
    where
        scored.user_id is null
        or standing.user_id is null
        or scored.score <> standing.score
        or scored.band <> standing.band
        or scored.weights_version <> standing.weights_version
        or scored.points_fingerprint <> standing.points_fingerprint
),

contribution_lists as (
    select
        contributions.user_id,
        {{ list_of_rows(
            ["rule", "rule_group", "points", "value", "reason"], order_by="rule"
        ) }} as contributions
    from contributions
    inner join changed
        on contributions.user_id = changed.user_id
    group by contributions.user_id
)

select
    changed.user_id,
    publication.published_at,
    coalesce(changed.as_of_date, publication.as_of_date) as as_of_date,
    changed.score,
    changed.band,
    changed.weights_version,
    changed.is_customer,
    contribution_lists.contributions,
    changed.points_fingerprint,
    changed.previous_published_at,
    changed.previous_score,
    changed.previous_band
from changed
cross join publication
left join contribution_lists
    on changed.user_id = contribution_lists.user_id
