-- One row per person, as-of date and the company that the person then belonged to, as
-- far as was known. Ids that account_rules.csv says are none are not.
{{ config(materialized="view") }}

{%- set asked = {
    "project_dir": invocation_args_dict.project_dir, "file": "account_rules"
} %}
{%- set rules = (call_python("panel_rows", asked) or [])
    | selectattr("measure", "equalto", "not_a_company")
    | map(attribute="equals") | list %}
with

attributes as (select * from {{ ref("int_person_attributes") }}),

no_companies as (
    select
        'not_a_company' as measure,
        unnest(cast([{{ sql_values(rules) if rules }}] as varchar[])) as equals
),

members as ({{ account_members("attributes", "no_companies") }})

select
    user_id,
    as_of_date,
    account_id
from members
