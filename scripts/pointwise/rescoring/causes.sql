-- What each cause did to the points of a rule: the difference between a step and the one
-- before it.
create or replace temp table change_causes as
with

taken_steps as (
    select
        step,
        coalesce(lag(step) over (order by step), 0) as previous_step,
        cause
    from steps
),

signed_points as (
    select
        contributions.user_id,
        taken_steps.cause,
        contributions.rule,
        contributions.points,
        contributions.reason,
        true as is_after
    from stepwise_contributions as contributions
    inner join taken_steps
        on contributions.step = taken_steps.step
    union all
    select
        contributions.user_id,
        taken_steps.cause,
        contributions.rule,
        -contributions.points as points,
        contributions.reason,
        false as is_after
    from stepwise_contributions as contributions
    inner join taken_steps
        on contributions.step = taken_steps.previous_step
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
having sum(points) <> 0;
