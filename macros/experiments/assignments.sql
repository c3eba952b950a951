{# Where experiments are given that another tool assigned: a path or a glob. #}
{% macro assignments_path() -%}
    {{ setting_path("POINTWISE_ASSIGNMENTS", "data/raw/assignments*.parquet") }}
{%- endmacro %}

{# The rows of these files, and a row for each that cannot be read. There may be none. #}
{% macro given_rows() %}
    {% set asked = {"project_dir": invocation_args_dict.project_dir, "file": "experiment_metrics"} %}
    {% set covariates = (call_python("panel_rows", asked) or [])
        | map(attribute="covariate") | select | unique | sort %}
    {% set arguments = {
        "path": assignments_path(), "invocation_id": invocation_id, "covariates": covariates
    } %}
    {% for file in call_python("assignment_files", arguments) or [] %}
        {{ rows_of_assignments(file, covariates) }}
        union all
    {% endfor %}
    select * from ({{ rows_of_assignments({"file": "", "reason": ""}, []) }}) as no_row
    where false
{% endmacro %}

{# The rows of one of them; its covariates as a text such as past_spend=12.5000. #}
{% macro rows_of_assignments(file, covariates) %}
    {%- set columns = file.columns or {} %}
    {%- set day = columns.get("assigned_at") or {} %}
    select
        {{ sql_text(file.file) }} as file,
        {{ id_of_link(columns.get("experiment")) }} as experiment,
        {{ id_of_link(columns.get("id")) }} as user_id,
        {{ id_of_link(columns.get("arm")) }} as arm,
        trim({{ id_of_link(columns.get("given_arm")) }}) as given_arm,
        {{ id_of_link(columns.get("account_id")) }} as account_id,
        nullif(concat_ws('|', null
            {%- for name in covariates if columns.get(name) -%}
            , {{ sql_text(name ~ "=") }} || {{ read_as(columns[name].expression, "decimal(18, 4)", columns[name].type) }}
            {%- endfor %}), '') as covariates,
        {{ day_of(day.get("expression", "null"), day.get("type")) }} as given_date,
        {{ in_the_calendar(read_as(day.expression, "timestamp", day.type)) if day else "cast(null as timestamp)" }} as assigned_at,
        {{ text_or_null(file.reason) }} as reason
    {{ "from " ~ file.rows if file.rows }}
{% endmacro %}

{# Days before people were assigned elsewhere, as dates: they are scored as of these. Unit
   tests bring dates of their own. #}
{% macro assignment_days() %}
    {% if target.name == "unit_tests" %}{{ return([]) }}{% endif %}
    {{ return(call_python("assignment_days", {"path": assignments_path() | trim, "invocation_id": invocation_id}) or []) }}
{% endmacro %}

{# Query in brackets for the assignments published so far: nobody ever moves. With those
   that another tool gave since, if `given` names their relation. #}
{% macro recorded_assignments(given=none) -%}
    {%- set columns = {
        "experiment": "varchar",
        "slot_number": "bigint",
        "user_id": "varchar",
        "arm": "varchar",
        "is_control": "boolean", "share": "decimal(9, 6)",
        "block_number": "bigint",
        "assigned_date": "date",
        "stratum": "varchar", "band": "varchar", "score": "integer", "terms": "varchar",
        "account_id": "varchar", "unit_number": "bigint", "covariates": "varchar",
    } -%}
    ({{ recorded("assignments", columns) }}
    {%- if given %}
    union all
    select {{ columns | join(", ") }} from {{ given }}
    {%- endif -%})
{%- endmacro %}
