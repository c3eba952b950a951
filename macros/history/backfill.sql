{# The past dates that are asked for, none later than the scoring date. #}
{% macro backfilled_dates(dates, publication) %}
    select distinct asked.as_of_date
    from (
        {% for date in dates %}
            select date '{{ date }}' as as_of_date
            {{ "union all" if not loop.last }}
        {% else %}
            select cast(null as date) as as_of_date
        {% endfor %}
    ) as asked
    inner join {{ publication }} as publication
        on asked.as_of_date <= publication.as_of_date
{% endmacro %}

{# Who is scored as of a date: users with a used event in the look-back, or attributes. #}
{% macro users_as_of(dates, activity, user_attributes) %}
    select
        activity.user_id,
        dates.as_of_date
    from {{ dates }} as dates
    inner join {{ activity }} as activity
        on {{ in_look_back("activity.activity_date", "dates.as_of_date") }}
        and activity.event_type <> '*'
    union
    select
        user_attributes.user_id,
        dates.as_of_date
    from {{ dates }} as dates
    inner join {{ user_attributes }} as user_attributes
        on user_attributes.valid_from is null
        or user_attributes.valid_from <= dates.as_of_date
{% endmacro %}

{# Scores with the list of their contributions. #}
{% macro scores_with_contributions(contributions) %}
    select
        user_id,
        as_of_date,
        cast(sum(points) as integer) as score,
        {{ list_of_rows(
            ["rule", "rule_group", "points", "value", "reason"], order_by="rule"
        ) }} as contributions
    from (
        select
            user_id,
            as_of_date,
            rule,
            rule_group,
            cast(points as bigint) as points,
            value,
            reason
        from {{ contributions }}
    ) as typed
    group by user_id, as_of_date
{% endmacro %}
