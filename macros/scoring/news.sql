{# Query for what was published of users before: the band that stands, and by today's panel
   the scores that stood 7 and 28 days ago, and the highest since then. Reads the CTEs
   `recorded`, `ranked` and `weights`. #}
{% macro published_before() %}
    {% set age = days_between("recorded.as_of_date", "ranked.as_of_date") %}
    {% set comparable = "recorded.weights_version = weights.weights_version" %}
    {% set score = "case when " ~ comparable ~ " then coalesce(recorded.score, 0) else 0 end" %}
    select
        recorded.user_id,
        max_by(coalesce(recorded.band, ''), recorded.published_at) as band,
        {% for days in [7, 28] %}
            nullif(
                max_by({{ score }}, recorded.published_at)
                    filter (where {{ age }} >= {{ days }}),
                0
            ) as score_{{ days }}d,
        {% endfor %}
        max({{ score }}) filter (where {{ age }} between 0 and 27) as highest_score
    from recorded
    inner join ranked
        on recorded.user_id = ranked.user_id
    cross join weights
    group by recorded.user_id
{% endmacro %}

{# What is new about a score, as columns: of `ranked`, and what was `published` before. #}
{% macro news_columns() %}
    ranked.score - published.score_7d as change_7d,
    ranked.score - published.score_28d as change_28d,
    case
        when count(published.user_id) over () > 0
            then ranked.band <> coalesce(published.band, '')
    end as is_new_in_band,
    case
        when published.score_7d is null then null
        when ranked.score - published.score_7d >= 5 then 'rising'
        when ranked.score - published.score_7d <= -5 then 'falling'
        when ranked.score - published.score_28d >= 5
            and ranked.score >= coalesce(published.highest_score, 0) then 'peaking'
        else 'steady'
    end as trend,
    ranked.last_seen_date
{% endmacro %}

{# The same in words: "new in high, rising (+12 in 7 days), seen 2026-06-27". #}
{% macro news_text() -%}
    concat_ws(
        ', ',
        case when is_new_in_band then concat('new in ', ranked.band) end,
        case
            when trend = 'peaking'
                then concat('peaking (', {{ signed_points("change_28d") }}, ' in 28 days)')
            when trend <> 'steady'
                then concat(trend, ' (', {{ signed_points("change_7d") }}, ' in 7 days)')
        end,
        coalesce(
            'seen ' || cast(ranked.last_seen_date as string), 'not seen lately'
        )
    )
{%- endmacro %}
