-- What a publication comes to when it is scored again: a user a row, and why it differs.
create temp table differences as
select user_id, cause, rule, points
from change_causes;

create temp table reproduced as
with
scores as (
    select
        user_id,
        cast(sum(points) filter (step = 0) as integer) as was,
        cast(sum(points) filter (step = 2) as integer) as is_now
    from stepwise_contributions
    where step in (0, 2) and score_name = 'intent'
    group by user_id
),
reasons as (
    select
        user_id,
        string_agg(
            cause || ': ' || rule || ' ' || case when points > 0 then '+' else '' end
            || points,
            ', ' order by cause desc, abs(points) desc, rule
        ) as why
    from differences
    group by user_id
)
select
    user_id,
    was,
    is_now,
    coalesce(is_now, 0) - coalesce(was, 0) as change,
    why
from scores
left join reasons using (user_id);
