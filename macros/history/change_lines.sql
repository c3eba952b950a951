{# Why a score may change, in the order in which causes are separated. #}
{% macro causes_of_change() %}
    {{ return(["late data", "attributes", "ageing", "new activity", "control panel"]) }}
{% endmacro %}

{# Changes of one user in lines: the score before, what each cause did by rule, with
   the score so far, and the score after. Changes that follow each other are summed, so
   that what came and went again is left out. #}
{% macro change_lines(changes) %}
    {{ score_line(changes, 0, "before", "min_by", "previous_") }}
    union all
    select
        line,
        cause,
        points,
        cast(
            sum(points) over (order by line) + (
                select coalesce(min_by(previous_score, published_at), 0) from {{ changes }}
            ) as bigint
        ) as score_so_far,
        reason
    from ({{ differences_in_order(changes) }}) as differences
    union all
    {{ score_line(changes, 1000000, "after", "max_by", "") }}
    union all
    {{ other_differences(changes) }}
{% endmacro %}

{# What changes of one user sum to, by cause and rule, numbered in the order of causes,
   the largest first. #}
{% macro differences_in_order(changes) %}
    select
        row_number() over (
            order by
                case difference.cause
                    {% for cause in causes_of_change() %}
                        when '{{ cause }}' then {{ loop.index }}
                    {% endfor %}
                end,
                abs(sum(difference.points)) desc,
                difference.rule
        ) as line,
        difference.cause,
        cast(sum(difference.points) as bigint) as points,
        max_by(difference.reason, published_at) as reason
    from (
        select
            published_at,
            {{ unnested("differences") }} as difference
        from {{ changes }}
    ) as changed_points
    group by difference.cause, difference.rule
    having sum(difference.points) <> 0
{% endmacro %}

{# What they sum to in other scores, as lines after those of intent: no score so far. #}
{% macro other_differences(changes) %}
    select
        1000000 + row_number() over (
            order by
                difference.score_name, abs(sum(difference.points)) desc,
                difference.cause, difference.rule
        ) as line,
        concat(difference.score_name, ': ', difference.cause) as cause,
        cast(sum(difference.points) as bigint) as points,
        cast(null as bigint) as score_so_far,
        max_by(difference.reason, published_at) as reason
    from (
        select
            published_at,
            {{ unnested("other_differences") }} as difference
        from {{ changes }}
    ) as changed_points
    group by difference.score_name, difference.cause, difference.rule
    having sum(difference.points) <> 0
{% endmacro %}

{# The line that states a score in words: before the first change or after the last. #}
{% macro score_line(changes, line, name, first_or_last, prefix) %}
    select
        {{ line }} as line,
        '{{ name }}' as cause,
        cast(null as bigint) as points,
        coalesce({{ first_or_last }}({{ prefix }}score, published_at), 0) as score_so_far,
        {{ first_or_last }}(
            coalesce(
                'Score ' || cast({{ prefix }}score as varchar) || ', ' || {{ prefix }}band,
                'Not scored'
            ) || ', as of ' || cast({{ prefix }}as_of_date as varchar),
            published_at
        ) as reason
    from {{ changes }}
    having count(*) > 0
{% endmacro %}
