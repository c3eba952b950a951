{{ config(schema="main", meta={"published_order": "model"}) }}

-- One row per model between events and scores, with its SQL as dbt compiled it for a
-- full build: to be run again over other inputs, by scripts/pointwise/rescoring.
-- depends_on: {{ ref("user_scores") }}, {{ ref("stg_event_files") }}
select
    cast(null as varchar) as schema_name,
    cast(null as varchar) as model,
    cast(null as varchar) as query
where false
{% for node in scoring_models() %}
    union all
    select
        '{{ node.schema }}' as schema_name,
        '{{ node.name }}' as model,
        {{ sql_text(compiled_again(node)) }} as query
{% endfor %}
