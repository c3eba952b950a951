{# The model of `pointwise train`, read while compiling, as its columns are data: its file and version,
   the columns it computes with and the features they are made of. None if nothing has
   been trained yet, or the var use_propensity_model is false. #}
{% macro propensity_model() %}
    {% if not execute or not var("use_propensity_model") %}{{ return(none) }}{% endif %}
    {% set file = setting_path("POINTWISE_MODEL", "data/model") ~ "/model.json" %}
    {% set found = run_query("select count(*) from glob(" ~ file_text(file) ~ ")") %}
    {% if found.columns[0].values()[0] == 0 %}{{ return(none) }}{% endif %}
    {% set row = run_query(
        "select substr(md5(content), 1, 12), case when json_valid(content) then"
        ~ " json_extract_string(content, '$.learner.attributes.pointwise') end"
        ~ " from read_text(" ~ file_text(file) ~ ")"
    ).rows[0] %}
    {% set about = fromjson(row[1] or "{}") %}
    {{ return({
        "file": file,
        "version": row[0],
        "event_type": about.get("event_type"),
        "is_repeatable": about.get("is_repeatable"),
        "horizon_days": about.get("horizon_days"),
        "columns": about.get("columns", []),
        "calibration": about.get("calibration"),
        "features": about.get("features", {}),
    }) }}
{% endmacro %}
