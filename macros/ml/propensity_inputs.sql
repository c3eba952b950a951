{# The columns that a trained model computes with, as numbers, each with a comma after
   it: a feature, or whether an attribute equals a value. Nothing without a model. #}
{% macro propensity_inputs(trained, features) -%}
    {%- for feature, equals in (trained or {}).columns or [] -%}
        {%- set value = features ~ "." ~ feature -%}
        {%- if equals is not none -%}
            {%- set value = value ~ " is not distinct from " ~ sql_text(equals) -%}
        {%- endif -%}
        cast({{ value }} as float) as input_{{ loop.index }},
    {%- endfor -%}
{%- endmacro %}
