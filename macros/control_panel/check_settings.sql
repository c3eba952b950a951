{# Settings of the wrong shape, unknown time zones, and attributes that identify people. #}
{% macro check_settings() %}
    {% set shapes = {"list": "a list such as [a, b], or []", "mapping": "a mapping such as {a: b}, or {}"} %}
    {% for setting, column in control_panel_settings().items() %}
    {% set value = var(setting, none) %}
    {% if not has_shape(value, column["shape"]) %}
    select
        'dbt_project' as panel_file,
        null as row_number,
        '{{ setting }}' as column_name,
        {{ sql_text(tojson(value) ~ " is not a " ~ column["shape"]) }} as found,
        {{ sql_text(shapes[column["shape"]]) }} as allowed
    union all
    {% endif %}
    {% endfor %}
    select
        cells.panel_file,
        cells.row_number,
        cells.column_name,
        {{ message("'<cells.value>' is not a known time zone") }} as found,
        concat('a name such as ', {{ closest("zones.names", "cells.value") }}) as allowed
    from cells
    cross join (select list(name) as names from pg_timezone_names()) as zones
    where
        cells.panel_file = 'dbt_project'
        and cells.column_name = 'time_zone'
        and not list_contains(zones.names, cells.value)
    union all
    {{ mistakes_in("cells", "dbt_project", [[
        "user_attributes",
        "panel_file = 'dbt_project' and column_name = 'user_attributes' and regexp_matches("
        ~ "value, '(?i)(^|_)(ip|ipv4|ipv6|ip_?address|tel|mobile|address|street|mail)(_|$)"
        ~ "|name|e_?mail|phone')",
        "'<value>' may identify a person",
        "attributes other than names, addresses, e-mail, phone numbers and IP addresses",
    ]]) }}
{% endmacro %}

{# Whether a setting is a list or a mapping, if it should be one. #}
{% macro has_shape(value, shape) %}
    {% if shape == "mapping" %}{{ return(value is mapping) }}{% endif %}
    {% if shape == "list" %}
        {{ return(value is sequence and value is not string and value is not mapping) }}
    {% endif %}
    {{ return(true) }}
{% endmacro %}
