{# The point that every user starts with. #}
{% macro base_points(as_of_dates, keys=["user_id", "as_of_date"]) %}
    select
        {{ key_columns(keys) }},
        'base' as rule,
        'base' as rule_group,
        1 as points,
        cast(null as varchar) as value,
        'Every user starts with a point' as reason
    from {{ as_of_dates }}
{% endmacro %}

{# Rules that give points, told in words. #}
{% macro rule_contributions(rule_points, keys=["user_id", "as_of_date"]) %}
    select
        {{ key_columns(keys) }},
        rule,
        rule_group,
        points,
        value,
        {{ reason_text("reason", "value") }} as reason
    from {{ rule_points }}
    where points <> 0
{% endmacro %}

{# What group caps take away from the sums of groups. #}
{% macro group_caps(group_sums, groups, keys=["user_id", "as_of_date"]) %}
    select
        {{ key_columns(keys, of="group_sums") }},
        concat('cap:', group_sums.rule_group) as rule,
        group_sums.rule_group,
        groups.max_points - group_sums.points as points,
        cast(null as varchar) as value,
        concat(
            groups.label, ': at most ', cast(groups.max_points as varchar), ' in all'
        ) as reason
    from {{ group_sums }} as group_sums
    inner join {{ groups }} as groups
        on group_sums.rule_group = groups.rule_group
        and group_sums.points > groups.max_points
{% endmacro %}

{# Sums of points by key. #}
{% macro sums_of_points(contributions, keys=["user_id", "as_of_date"]) %}
    select
        {{ key_columns(keys) }},
        sum(points) as points
    from {{ contributions }}
    group by {{ key_columns(keys) }}
{% endmacro %}

{# What brings a sum of points into 1 to 100. #}
{% macro limit_points(sums, keys=["user_id", "as_of_date"]) %}
    select
        {{ key_columns(keys) }},
        'limit' as rule,
        'limit' as rule_group,
        least(greatest(points, 1), 100) - points as points,
        cast(null as varchar) as value,
        'Scores stay between 1 and 100' as reason
    from {{ sums }}
    where points not between 1 and 100
{% endmacro %}

{# CTEs that turn the points of rules into `contributions`: base, rules, caps and limit.
   `points_to_sum` are the same points under another name: what is read twice under one
   would be kept in memory, all of it. #}
{% macro contribution_steps(
    as_of_dates, rule_points, groups, keys=["user_id", "as_of_date"], points_to_sum=none
) %}
    base as ({{ base_points(as_of_dates, keys) }}),

    rules as ({{ rule_contributions(rule_points, keys) }}),

    group_sums as (
        {{ sums_of_points(points_to_sum or rule_points, keys + ["rule_group"]) }}
    ),

    caps as ({{ group_caps("group_sums", groups, keys) }}),

    parts as (
        {{ stacked(["base", "group_sums", "caps"], key_columns(keys + ["points"])) }}
    ),

    sums as ({{ sums_of_points("parts", keys) }}),

    limits as ({{ limit_points("sums", keys) }}),

    contributions as (
        {{ stacked(["base", "rules", "caps", "limits"]) }}
    )
{% endmacro %}

{# The rows of several inputs that have the same columns. #}
{% macro stacked(inputs, columns="*") -%}
    {%- for input in inputs -%}
        select {{ columns }} from {{ input }}{{ " union all " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
