-- One row per user whose points this build changes, step and rule that gave points:
-- before, step 0, and after, step 5. Empty on the first build.
with

recorded as (select * from {{ ref("int_recorded_scores") }}),

publication as (select * from {{ ref("int_publication") }}),

changed_scores as (select * from {{ ref("int_changed_scores") }}),

{% if mapping_var("reproduced_publication") -%}
    periods as (
        {{ periods_as_published("recorded", "publication") }}
    ),
{%- else -%}
    periods as (
        select
            changed_scores.user_id,
            changed_scores.contributions,
            changed_scores.points_fingerprint,
            5 as step
        from changed_scores
        inner join publication
            on publication.previous_published_at is not null
        where changed_scores.score is not null
        union all
        select
            recorded.user_id,
            recorded.contributions,
            recorded.points_fingerprint,
            0 as step
        from recorded
        inner join changed_scores
            on recorded.user_id = changed_scores.user_id
            and recorded.published_at = changed_scores.previous_published_at
    ),
{%- endif %}

changed_users as (
    select user_id
    from periods
    group by user_id
    having count(*) = 1 or min(points_fingerprint) <> max(points_fingerprint)
),

unnested as (
    select
        periods.user_id,
        periods.step,
        {{ unnested("periods.contributions") }} as contribution
    from periods
    inner join changed_users
        on periods.user_id = changed_users.user_id
)

select
    unnested.user_id,
    unnested.step,
    unnested.contribution.rule,
    unnested.contribution.rule_group,
    unnested.contribution.points,
    unnested.contribution.value,
    unnested.contribution.reason
from unnested
