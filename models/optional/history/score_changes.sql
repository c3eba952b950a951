{{ config(schema="main", meta={"published_order": "user_id, published_at"}) }}

-- One row per user and publication that changed the user's points: from what to what,
-- and how many points each cause brought or took. The causes add up to the change.
with

change_causes as (select * from {{ ref("int_change_causes") }}),

changed_scores as (select * from {{ ref("int_changed_scores") }}),

weights as (select * from {{ ref("int_weights_version") }}),

recorded as (
    {% set difference = "cause varchar, rule varchar, points bigint, reason varchar" %}
    {{ recorded("changes", {
        "user_id": "varchar",
        "published_at": "timestamp",
        "previous_as_of_date": "date",
        "as_of_date": "date",
        "previous_score": "integer",
        "score": "integer",
        "previous_band": "varchar",
        "band": "varchar",
        "previous_weights_version": "varchar",
        "weights_version": "varchar",
        "change": "integer",
        "late_data_points": "integer",
        "attributes_points": "integer",
        "ageing_points": "integer",
        "new_activity_points": "integer",
        "control_panel_points": "integer",
        "differences": "struct(" ~ difference ~ ")[]",
        "other_differences": "struct(score_name varchar, " ~ difference ~ ")[]",
    }) }}
),

changes as (
    {% set columns = ["cause", "rule", "points", "reason"] %}
    select
        user_id,
        coalesce(sum(points) filter (where score_name = 'intent'), 0) as change,
        {% for cause in causes_of_change() %}
            coalesce(
                sum(points)
                filter (where score_name = 'intent' and cause = '{{ cause }}'), 0
            ) as {{ cause | replace(" ", "_") }}_points,
        {% endfor %}
        coalesce(
            {{ list_of_rows(columns, "cause, rule") }}
            filter (where score_name = 'intent'), []
        ) as differences,
        {{ list_of_rows(["score_name"] + columns, "score_name, cause, rule") }}
        filter (where score_name <> 'intent') as other_differences
    from change_causes
    group by user_id
)

select
    changes.user_id,
    changed_scores.published_at,
    changed_scores.previous_as_of_date,
    changed_scores.as_of_date,
    changed_scores.previous_score,
    changed_scores.score,
    changed_scores.previous_band,
    changed_scores.band,
    changed_scores.previous_weights_version,
    weights.weights_version,
    cast(changes.change as integer) as change,
    {% for cause in causes_of_change() %}
        cast(changes.{{ cause | replace(" ", "_") }}_points as integer)
            as {{ cause | replace(" ", "_") }}_points,
    {% endfor %}
    changes.differences,
    changes.other_differences
from changes
cross join weights
inner join changed_scores on changes.user_id = changed_scores.user_id
union all by name
from recorded
