{{
    config(
        schema="main",
        materialized="incremental",
        incremental_strategy="append",
        full_refresh=false,
        on_schema_change="append_new_columns",
        pre_hook="{{ take_back_unpublished(ref('int_publications')) }}",
        meta={"published_order": "user_id, published_at"},
    )
}}

-- One row per user and build that changed the user's points: from what to what, and
-- how many points each cause brought or took. The causes add up to the change.
with

change_causes as (select * from {{ ref("int_change_causes") }}),

history as (select * from {{ ref("user_score_history") }}),

publications as (select * from {{ ref("int_publications") }}),

publication as (
    select * from publications
    where not is_published
),

changes as (
    select
        user_id,
        sum(points) as change,
        {% for cause in causes_of_change() %}
            coalesce(sum(points) filter (where cause = '{{ cause }}'), 0)
                as {{ cause | replace(" ", "_") }}_points,
        {% endfor %}
        {{ list_of_rows(["cause", "rule", "points", "reason"], "cause, rule") }}
            as differences
    from change_causes
    group by user_id
),

before as (
    select history.*
    from history
    inner join publication
        on history.replaced_at = publication.published_at
),

after as (
    select history.*
    from history
    inner join publication
        on history.published_at = publication.published_at
)

select
    changes.user_id,
    publication.published_at,
    publication.previous_as_of_date,
    publication.as_of_date,
    before.score as previous_score,
    after.score,
    before.band as previous_band,
    after.band,
    publication.previous_weights_version,
    publication.weights_version,
    cast(changes.change as integer) as change,
    {% for cause in causes_of_change() %}
        cast(changes.{{ cause | replace(" ", "_") }}_points as integer)
            as {{ cause | replace(" ", "_") }}_points,
    {% endfor %}
    changes.differences
from changes
cross join publication
left join before
    on changes.user_id = before.user_id
left join after
    on changes.user_id = after.user_id
