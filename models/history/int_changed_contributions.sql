-- One row per user whose points this build changes, step and rule that gave points:
-- before, step 0, and after, step 5. Empty on the first build.
with

history as (select * from {{ ref("user_score_history") }}),

publications as (select * from {{ ref("int_publications") }}),

periods as (
    {% if var("reproduced_publication") %}
        {{ periods_as_published("history", "publications") }}
    {% else %}
        select
            history.user_id,
            history.contributions,
            history.points_fingerprint,
            case when history.published_at = publications.published_at then 5 else 0 end
                as step
        from history
        inner join publications
            on (
                history.published_at = publications.published_at
                or history.replaced_at = publications.published_at
            )
            and not publications.is_published
            and publications.previous_published_at is not null
    {% endif %}
),

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
