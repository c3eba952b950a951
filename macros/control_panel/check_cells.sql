{# Cells that do not hold what control_panel_columns allows. #}
{% macro check_cells() %}
    select
        panel_file,
        row_number,
        column_name,
        case
            when value is null then problem
            else concat({{ message("'<value>' ") }}, problem)
        end as found,
        case problem
            when 'is a reserved word of SQL' then 'another name'
            when 'is there twice' then 'a value that no other row has'
            when 'has spaces around it' then 'no spaces before or after'
            when 'has apostrophes around it' then 'none, or quotation marks'
            when 'has line breaks or control characters in it' then 'a single line of text'
            when 'has too many digits' then '13 digits before the point, 4 after it'
            else allowed
        end as allowed
    from (
        select
            described_cells.*,
            {{ cell_problem() }} as problem
        from (
            select
                cells.*,
                panel_columns.* exclude (panel_file, column_name),
                row_number() over (
                    partition by cells.panel_file, cells.column_name, cells.value
                    order by cells.row_number
                ) as occurrence
            from cells
            inner join panel_columns
                on cells.panel_file = panel_columns.panel_file
                and cells.column_name = panel_columns.column_name
        ) as described_cells
    ) as judged_cells
    where problem is not null
{% endmacro %}

{# What is wrong with a cell: the first thing only. #}
{% macro cell_problem() %}
    case
        when value is null then case when is_required then 'is blank' end
        when regexp_matches(value, '[\x00-\x1f\x7f]')
            then 'has line breaks or control characters in it'
        when regexp_matches(value, '^[\s\p{Z}]|[\s\p{Z}]$') then 'has spaces around it'
        -- DuckDB may take them for quotation marks when dbt loads the file.
        when value like '''%''' then 'has apostrophes around it'
        when pattern <> '' and not regexp_full_match(value, pattern) then is_not
        when kind = 'date' and try_cast(value as date) is null then is_not
        when not list_contains(one_of, value) then 'is not known'
        when kind = 'number' and not regexp_full_match(value, '-?[0-9]{1,13}([.][0-9]{1,4})?')
            then 'has too many digits'
        when try_cast(value as bigint) < at_least then concat('is less than ', at_least)
        when try_cast(value as bigint) > at_most then concat('is more than ', at_most)
        when kind = 'column' and value in (
            select keyword_name from duckdb_keywords() where keyword_category = 'reserved'
        ) then 'is a reserved word of SQL'
        when is_unique and occurrence > 1 then 'is there twice'
    end
{% endmacro %}

{# Names that the file they come from does not know. A file that knows none has a
   mistake of its own. #}
{% macro check_names() %}
    {% set sources = [
        ("features", "event_type", "event_types", "event_type"),
        ("scoring_rules", "rule_group", "score_groups", "rule_group"),
        ("scoring_rules", "feature", "features", "feature"),
        ("experiments", "feature", "features", "feature"),
        ("experiments", "stratify_by", "features", "feature"),
        ("experiments", "outcome_event_type", "event_types", "event_type"),
        ("dbt_project", "outcome_event_type", "event_types", "event_type"),
    ] %}
    {% for file, column, source, source_column in sources %}
    select
        cells.panel_file,
        cells.row_number,
        cells.column_name,
        {{ message("'<cells.value>' is not in " ~ source ~ ".csv") }} as found,
        concat(
            'a name from {{ source }}.csv, such as ',
            {{ closest("known.names", "cells.value") }}{{ ", '; set it there or with --vars'" if file == "dbt_project" }}
        ) as allowed
    from cells
    cross join (
        select list(value) as names
        from cells
        where panel_file = '{{ source }}' and column_name = '{{ source_column }}'
    ) as known
    where
        cells.panel_file = '{{ file }}'
        and cells.column_name = '{{ column }}'
        and not list_contains(known.names, cells.value)
        and (cells.column_name, cells.value) <> ('event_type', '*')
    {{ "union all" if not loop.last }}
    {% endfor %}
{% endmacro %}
