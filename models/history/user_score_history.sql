{{
    config(
        schema="main",
        materialized="incremental",
        incremental_strategy="append",
        full_refresh=false,
        on_schema_change="append_new_columns",
        pre_hook="{{ take_back_unpublished(ref('int_publications'), reopen=true) }}",
        post_hook="{{ close_replaced(ref('int_publications'), ref('user_scores')) }}",
        meta={"published_order": "user_id, published_at"},
    )
}}

-- One row per user and period in which score, band, weights version and the points of
-- every rule were as published. Rows are added, and ended; nothing else changes.
with

user_scores as (select * from {{ ref("user_scores") }}),

contributions as (select * from {{ ref("int_current_contributions") }}),

publications as (select * from {{ ref("int_publications") }}),

standing as ({{ standing_scores("user_scores") }}),

fingerprints as (
    select
        user_id,
        {{ fingerprint("concat(rule, '=', cast(points as varchar))") }}
            as points_fingerprint
    from contributions
    group by user_id
),

changed as (
    select
        user_scores.*,
        fingerprints.points_fingerprint
    from user_scores
    inner join fingerprints
        on user_scores.user_id = fingerprints.user_id
    left join standing
        on user_scores.user_id = standing.user_id
        and user_scores.score = standing.score
        and user_scores.band = standing.band
        and user_scores.weights_version = standing.weights_version
        and fingerprints.points_fingerprint = standing.points_fingerprint
    where standing.user_id is null
),

contribution_lists as (
    {% set columns = ["rule", "rule_group", "points", "value", "reason"] %}
    select
        contributions.user_id,
        {{ list_of_rows(columns, order_by="rule") }} as contributions
    from contributions
    inner join changed
        on contributions.user_id = changed.user_id
    group by contributions.user_id
)

select
    changed.user_id,
    publications.published_at,
    cast(null as timestamp) as replaced_at,
    changed.as_of_date,
    changed.score,
    changed.band,
    changed.weights_version,
    changed.is_customer,
    contribution_lists.contributions,
    changed.points_fingerprint
from changed
inner join contribution_lists
    on changed.user_id = contribution_lists.user_id
cross join publications
where not publications.is_published
