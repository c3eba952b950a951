{# On-run-start: say in one line what is missing before anything is built or tested:
   scripts/pointwise/core/inputs.py. #}
{% macro check_inputs() %}
    {% if not execute or flags.WHICH not in ["build", "run", "test"] %}{{ return("") }}{% endif %}
    {% set asked = invocation_args_dict %}
    {% set lines = call_python("check_inputs", {
        "settings": build_settings(),
        "selected": selected_resources,
        "is_test": flags.WHICH == "test",
        "is_part": (asked.select or asked.exclude or asked.selector) and not asked.defer,
    }) %}
    {% for line in lines %}{{ log(line, info=true) }}{% endfor %}
{% endmacro %}
