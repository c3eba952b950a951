{# Columns of a file of the control panel and their types, as its model declares them. #}
{% macro panel_column_types(file) %}
    {% set types = {} %}
    {% if execute %}
        {% for name, column in graph.nodes["model.pointwise." ~ file].columns.items() %}
            {% do types.update({name: column.data_type}) %}
        {% endfor %}
    {% endif %}
    {{ return(types) }}
{% endmacro %}

{# Lines of the control panel as they are kept: file, key and the line as JSON. #}
{% macro panel_lines(seed, key) %}
    select
        '{{ seed }}' as panel_file,
        {{ key }} as line_key,
        {{ as_json(panel_column_types(seed)) }} as line
    from {{ seed }}
{% endmacro %}

{# A file of the control panel, typed, from lines as they are kept. #}
{% macro panel_rows(lines, seed) %}
    select
        {% for column, type in panel_column_types(seed).items() %}
            cast({{ json_text("line", column) }} as {{ type }}) as {{ column }},
        {% endfor %}
        line_key
    from {{ lines }}
    where panel_file = '{{ seed }}'
{% endmacro %}

{# The rules on attributes of a control panel, from lines as they are kept. #}
{% macro attribute_rules(lines) %}
    select
        rules.rule,
        rules.rule_group,
        rules.reason
    from ({{ panel_rows(lines, "scoring_rules") }}) as rules
    inner join ({{ panel_rows(lines, "features") }}) as features
        on rules.feature = features.feature
        and features.measure = 'attribute'
{% endmacro %}
