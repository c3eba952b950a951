{# Activity inside the windows of features: a row an as-of row, feature and day. Nothing
   after the date in the column `events_until` of the as-of rows is seen. #}
{% macro activity_in_window(
    as_of_dates, activity, feature_weights, keys=["user_id", "as_of_date"],
    events_until="as_of_date"
) %}
    select
        {{ key_columns(keys, of="as_of_dates") }},
        feature_weights.feature,
        feature_weights.measure,
        feature_weights.age_days,
        feature_weights.weight,
        {{ measured_quantity() }} as quantity
    from {{ as_of_dates }} as as_of_dates
    inner join {{ activity }} as activity
        on as_of_dates.user_id = activity.user_id
        and as_of_dates.{{ events_until }} >= activity.activity_date
    inner join {{ feature_weights }} as feature_weights
        on activity.event_type = feature_weights.event_type
        and {{ days_between("activity.activity_date", "as_of_dates.as_of_date") }}
        = feature_weights.age_days
{% endmacro %}

{# What a day of activity adds to a feature, by the feature's measure; seconds for minutes.
   A session counts on the first of its days in the window. #}
{% macro measured_quantity() -%}
    cast(
        case feature_weights.measure
            when 'events' then activity.events
            when 'active_days' then 1
            when 'sessions' then
                activity.sessions
                - case when feature_weights.is_first_day then 0 else activity.continued_sessions end
            when 'minutes' then activity.seconds
            when 'amount' then activity.amount
            else 0
        end as decimal(28, 4)
    )
{%- endmacro %}
