-- One row per user whose score, band, weights version or points of a rule are not as
-- last published: what this build adds to the record. Where a user is not scored any
-- more, score is NULL.
{% set build = this_publication() %}
with

user_scores as (select * from {{ ref("user_scores") }}),

contributions as (select * from {{ ref("score_contributions") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

recorded as ({{ recorded_scores() }}),

standing as (
    select * from recorded
    qualify
        score is not null
        and published_at = max(published_at) over (partition by user_id)
),

fingerprints as (
    select
        contributions.user_id,
        {{ fingerprint("concat(rule, '=', cast(points as varchar))") }}
            as points_fingerprint
    from contributions
    semi join user_scores
        on contributions.user_id = user_scores.user_id
        and contributions.as_of_date = user_scores.as_of_date
    group by contributions.user_id
),

changed as (
    select
        coalesce(user_scores.user_id, standing.user_id) as user_id,
        {{ text_or_null(build.published_at, "timestamp") }} as published_at,
        as_of_dates.as_of_date,
        user_scores.score,
        user_scores.band,
        user_scores.weights_version,
        user_scores.is_customer,
        fingerprints.points_fingerprint,
        standing.published_at as previous_published_at,
        standing.score as previous_score,
        standing.band as previous_band,
        {{ text_or_null(build.previous_as_of_date, "date") }} as previous_as_of_date,
        {{ text_or_null(build.previous_weights_version) }} as previous_weights_version
    from user_scores
    inner join fingerprints on user_scores.user_id = fingerprints.user_id
    full join standing on user_scores.user_id = standing.user_id
    inner join as_of_dates on as_of_dates.is_scoring_date
    where
        user_scores.score is distinct from standing.score
        or user_scores.band <> standing.band
        or user_scores.weights_version <> standing.weights_version
        or fingerprints.points_fingerprint <> standing.points_fingerprint
),

contribution_lists as (
    {% set columns = ["rule", "rule_group", "points", "value", "reason"] %}
    select
        contributions.user_id,
        {{ list_of_rows(columns, order_by="rule") }}
        filter (where contributions.score_name = 'intent') as contributions,
        {{ list_of_rows(["score_name"] + columns, order_by="rule") }}
        filter (where contributions.score_name <> 'intent') as other_contributions
    from contributions
    semi join changed
        on contributions.user_id = changed.user_id
        and contributions.as_of_date = changed.as_of_date
    group by contributions.user_id
)

select
    changed.*,
    contribution_lists.contributions,
    contribution_lists.other_contributions
from changed
left join contribution_lists on changed.user_id = contribution_lists.user_id
