{# A time of arrival, or NULL if a clock that was reset must have written it. #}
{% macro plausible_arrival(arrived_at) -%}
    case
        when {{ arrived_at }} between timestamp '2000-01-01' and timestamp '2100-01-01'
            then {{ arrived_at }}
    end
{%- endmacro %}
