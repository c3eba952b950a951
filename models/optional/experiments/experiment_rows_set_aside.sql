{{ config(schema="main", meta={"published_order": "experiment, reason"}) }}

-- One row per experiment and reason: rows of POINTWISE_ASSIGNMENTS that are not used,
-- with one of them as an example.
with

given as (select * from {{ ref("int_given_assignments") }})

select
    coalesce(experiment, '') as experiment,
    reason,
    count(*) as given_rows,
    min(user_id) as user_id,
    min_by(
        concat_ws(', ', coalesce(arm, 'no arm'), strftime(assigned_at, '%Y-%m-%d')),
        coalesce(user_id, '')
    ) as example
from given
where reason is not null
group by coalesce(experiment, ''), reason
