{# The query that finds every mistake in the control panel: one line of text each. Each
   check yields panel_file, row_number, column_name, found, allowed. #}
{% macro control_panel_mistakes() %}
with

panel_columns as ({{ control_panel_columns_as_rows() }}),

panel_files as ({{ control_panel_files() }}),

file_cells as ({{ control_panel_cells("panel_files") }}),

headers as ({{ control_panel_headers() }}),

header_mistakes as (
    {{ check_files() }}
    union all
    {{ check_headers() }}
),

cells as ({{ control_panel_named_cells() }}),

{% for file, columns in control_panel_columns().items() if file != "dbt_project" %}
{{ file }} as ({{ control_panel_rows(file, columns) }}),

{% endfor %}
rules_on_features as ({{ control_panel_rules_on_features() }}),

mistakes as (
    select * from header_mistakes
    {% for check in [
        check_rows(), check_cells(), check_names(), check_settings(),
        check_event_types(), check_features(), check_scoring_rules(),
        check_rule_conditions(), check_score_bands(), check_experiments(),
        check_recorded_experiments(),
    ] %}
    union all
    {{ check }}
    {% endfor %}
)

{{ control_panel_lines("mistakes") }}
{% endmacro %}

{# Mistakes as lines such as
   seeds/scoring_rules.csv row 7: points: 'ten' is not a whole number (allowed: …). #}
{% macro control_panel_lines(mistakes) %}
    select
        regexp_replace(
            concat(
                case mistakes.panel_file
                    {% for file in control_panel_columns() %}
                    when '{{ file }}' then {{ sql_text(control_panel_label(file)) }}
                    {% endfor %}
                end,
                ' row ' || mistakes.row_number,
                case when mistakes.panel_file = 'dbt_project' then ': vars' end,
                ': ' || mistakes.column_name,
                ': ' || mistakes.found,
                ' (allowed: ' || mistakes.allowed || ')'
            ),
            '\p{C}', '?', 'g'
        ) as line
    from {{ mistakes }} as mistakes
    left join panel_columns
        on mistakes.panel_file = panel_columns.panel_file
        and mistakes.column_name = panel_columns.column_name
    order by
        list_position({{ sql_list(control_panel_columns()) }}, mistakes.panel_file),
        mistakes.row_number nulls first,
        panel_columns.column_number nulls first,
        line
{% endmacro %}

{# A message as an SQL expression: <column> becomes what is in it, cut to 60 characters. #}
{% macro message(text) -%}
    {%- set cut = "left(cast(\\1 as varchar), 60), case when length(cast(\\1 as varchar)) > 60 then '…' else '' end" -%}
    concat({{ modules.re.sub("<([a-z_.]+)>", "', " ~ cut ~ ", '", sql_text(text)) }})
{%- endmacro %}

{# A table of checks as a query: for each the column to blame, the condition under which
   a row of the relation is wrong, what was found, and what is allowed. #}
{% macro mistakes_in(relation, panel_file, checks) %}
    select
        '{{ panel_file }}' as panel_file,
        row_number,
        mistake['column_name'] as column_name,
        mistake['found'] as found,
        mistake['allowed'] as allowed
    from (
        select
            row_number,
            unnest([
                {%- for column, condition, found, allowed in checks %}
                case when {{ condition }} then {
                    'column_name': '{{ column }}',
                    'found': {{ message(found) }},
                    'allowed': {{ message(allowed) }}
                } end{{ "," if not loop.last }}
                {%- endfor %}
            ]) as mistake
        from {{ relation }}
    ) as judged_rows
    where mistake is not null
{% endmacro %}

{# The closest of the values, for people who mistyped one of them. #}
{% macro closest(values, value) -%}
    list_sort([
        {'distance': 1 - jaro_winkler_similarity(known, {{ value }}), 'known': known} for known in {{ values }}
    ])[1]['known']
{%- endmacro %}
