-- What each cause did to the points of a rule: the difference between a step and the one
-- before it. Most rules give the same at both: reasons are looked up for the others only.
create or replace temp table change_causes as
with

taken_steps as (
    select
        step,
        coalesce(lag(step) over (order by step), 0) as previous_step,
        cause
    from steps
),

signs as (
    select
        step,
        cause,
        true as is_after,
        1 as sign
    from taken_steps
    union all
    select
        previous_step as step,
        cause,
        false as is_after,
        -1 as sign
    from taken_steps
),

changed as (
    select
        contributions.user_id,
        signs.cause,
        contributions.score_name,
        contributions.rule,
        cast(sum(contributions.points * signs.sign) as bigint) as points
    from stepwise_contributions as contributions
    inner join signs
        on contributions.step = signs.step
    group by
        contributions.user_id, signs.cause, contributions.score_name, contributions.rule
    having sum(contributions.points * signs.sign) <> 0
),

reasons as (
    select
        changed.user_id,
        changed.cause,
        changed.score_name,
        changed.rule,
        changed.points,
        contributions.reason,
        signs.is_after
    from changed
    inner join signs
        on changed.cause = signs.cause
    inner join stepwise_contributions as contributions
        on changed.user_id = contributions.user_id
        and changed.score_name = contributions.score_name
        and changed.rule = contributions.rule
        and signs.step = contributions.step
)

select
    user_id,
    cause,
    score_name,
    rule,
    any_value(points) as points,
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
from reasons
group by user_id, cause, score_name, rule;
