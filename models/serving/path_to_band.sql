-- The cheapest way up of one user, a line a step: from path_to_band('u42');
{{ config(materialized="table_function", parameters=["wanted_user_id"]) }}

with

user_scores as (select * from {{ ref("user_scores") }}),

contributions as (select * from {{ ref("score_contributions") }}),

rules as (select * from {{ ref("scoring_rules") }}),

groups as (select * from {{ ref("score_groups") }}),

bands as (select * from {{ ref("score_bands") }}),

asked as (select wanted_user_id as user_id),

scored as (
    select
        user_scores.*,
        coalesce(bands.enter_at, bands.min_score) as next_score,
        bands.band || concat(', from ', next_score) as goal
    from asked
    left join user_scores on asked.user_id = user_scores.user_id
    left join bands as own on user_scores.band = own.band
    left join bands
        on own.min_score < bands.min_score and bands.score is null
        and not (user_scores.is_customer or user_scores.is_held_out)
    order by bands.min_score limit 1
),

given as (
    select * from contributions
    where (user_id, as_of_date, score_name) in (
        select (scored.user_id, scored.as_of_date, 'intent') from scored
    )
),

of_groups as (
    select
        rule_group,
        sum(points) as points
    from given
    group by rule_group
),

steps as ({{ open_steps() }}),

sets as ({{ sets_of_steps() }}),

best as (
    select * from sets
    where score >= (select scored.next_score from scored)
    order by steps, asked, set_number limit 1
)

select
    sets.score
    - coalesce(lag(sets.score) over (order by steps.number), scored.score) as points,
    steps.next_step as step,
    sets.score as score_so_far
from best
cross join scored
inner join steps on (best.set_number >> (steps.number - 1)) % 2 = 1
inner join sets on sets.set_number = best.set_number & ((1 << steps.number) - 1)
union all
select
    null as points,
    case
        when best.score is not null then 'Reaches ' || scored.goal
        when scored.goal is not null then 'No open step reaches ' || scored.goal
        when scored.band is null then 'Nothing to reach: not scored'
        when scored.is_customer then 'Nothing to reach: a customer already'
        when scored.is_held_out then 'Nothing to reach: held out'
        else 'Nothing to reach: in the highest band'
    end as step,
    best.score as score_so_far
from scored
left join best on true
order by score_so_far, points desc nulls last, step
