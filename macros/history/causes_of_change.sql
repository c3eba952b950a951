{# Why a score may change, in the order in which causes are told apart. #}
{% macro causes_of_change() %}
    {{ return(["late data", "attributes", "ageing", "new activity", "control panel"]) }}
{% endmacro %}
