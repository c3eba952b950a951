{% macro control_panel_file(name) %}{{ return(setting_path("POINTWISE_CONTROL", "seeds") ~ "/" ~ name ~ ".csv") }}{% endmacro %}
