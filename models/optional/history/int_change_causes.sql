-- One row per user whose points this build changes, cause, and rule whose points it
-- changed. Each cause is the difference between two steps of re-scoring, so that
-- together they are the whole change, exactly.
with

contributions as (select * from {{ ref("int_rescored_contributions") }}),

steps as (select * from {{ ref("int_rescoring_steps") }}),

signed_points as (
    select
        contributions.user_id,
        steps.cause,
        contributions.rule,
        contributions.rule_group,
        contributions.points,
        contributions.reason,
        true as is_after
    from contributions
    inner join steps
        on contributions.step = steps.step
        and steps.previous_step is not null
    union all
    select
        contributions.user_id,
        steps.cause,
        contributions.rule,
        contributions.rule_group,
        -contributions.points as points,
        contributions.reason,
        false as is_after
    from contributions
    inner join steps
        on contributions.step = steps.previous_step
)

select
    user_id,
    cause,
    rule,
    cast(sum(points) as bigint) as points,
    case
        when not bool_or(is_after) then concat('No longer: ', max(reason))
        when min(reason) = max(reason) then max(reason)
        else
            concat(
                max(reason) filter (where is_after),
                ', before: ',
                max(reason) filter (where not is_after)
            )
    end as reason
from signed_points
group by user_id, cause, rule
having sum(points) <> 0
