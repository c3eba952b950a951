{# A column a feature from rows a feature: the pivot of the feature mart. #}
{% macro pivoted_features() -%}
    {%- for feature, measure in control_panel_features() %}
        max({{ "text_value" if measure == "attribute" else "value" }})
            filter (where feature = '{{ feature }}') as {{ feature }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# The columns of the feature mart: zero where nothing happened, NULL for "never in the
   window" and for unknown attributes. #}
{% macro feature_columns() -%}
    {%- for feature, measure in control_panel_features() %}
        {% if measure == "attribute" -%}
            wide.{{ feature }}
        {%- elif measure == "days_since_last" -%}
            cast(wide.{{ feature }} as integer) as {{ feature }}
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
