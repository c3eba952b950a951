{# The features of the control panel, name and measure, while compiling: the columns of the
   feature mart are data. Read from the file rather than the table, which is not there on a
   fresh clone, in docs and in unit tests. #}
{% macro control_panel_features() %}
    {% if not execute %}{{ return([]) }}{% endif %}
    {% set features = call_python(
        "panel_features", {"project_dir": invocation_args_dict.project_dir}
    ) %}
    {% set rows = [] %}
    {% for row in features %}{% do rows.append([row.feature, row.measure]) %}{% endfor %}
    {{ return(rows) }}
{% endmacro %}

{# A column a feature from rows a feature: the pivot of the feature mart. #}
{% macro pivoted_features() -%}
    {%- for feature, measure in control_panel_features() %}
        max({{ "text_value" if measure == "attribute" else "value" }})
            filter (where feature = '{{ feature }}') as {{ feature }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# The columns of the feature mart: zero where nothing happened, NULL for "never in the
   window" and for attributes, texts or numbers, that are unknown. #}
{% macro feature_columns() -%}
    {%- for feature, measure in control_panel_features() %}
        {% if measure == "attribute" -%}
            wide.{{ feature }}
        {%- elif measure == "days_since_last" -%}
            cast(wide.{{ feature }} as integer) as {{ feature }}
        {%- elif measure == "number" -%}
            cast(wide.{{ feature }} as double) as {{ feature }}
        {%- else -%}
            cast(coalesce(wide.{{ feature }}, 0) as double) as {{ feature }}
        {%- endif %}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# The names of the feature columns, those of a relation. #}
{% macro feature_names(relation) -%}
    {%- for feature, measure in control_panel_features() -%}
        {{ relation }}.{{ feature }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
