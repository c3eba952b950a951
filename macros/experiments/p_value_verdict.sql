{# What to do about numbers that chance would make so rarely: the readout stops below
   0.001. A p-value that is not there objects to nothing. #}
{% macro p_value_verdict(p_value, otherwise) -%}
    case
        when {{ p_value }} < 0.001 then 'stop'
        when {{ p_value }} < 0.01 then 'warn'
        else '{{ otherwise }}'
    end
{%- endmacro %}
