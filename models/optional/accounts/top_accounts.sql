-- The companies to talk to, best first, with whom; no customers, nobody held out. A
-- line says so where no company is scored: from top_accounts(20); What matters stands
-- at the ends: DuckDB leaves out columns in the middle where a terminal is narrow.
{{ config(schema="main", materialized="table_function", parameters=["how_many"]) }}

with

account_scores as (select * from {{ ref("account_scores") }}),

contributions as (select * from {{ ref("account_contributions") }}),

account_rules as (select * from {{ ref("account_rules") }}),

user_scores as (select * from {{ ref("user_scores") }}),

ranked as (
    select
        *,
        row_number() over (order by score desc, account_id) as rank
    from account_scores
    where not is_customer and not is_held_out
    order by rank
    limit how_many
),

points_of_people as (
    select
        contributions.account_id,
        contributions.user_id,
        sum(contributions.points) as points
    from contributions
    inner join ranked
        on contributions.account_id = ranked.account_id
        and contributions.as_of_date = ranked.as_of_date
    anti join user_scores
        on contributions.user_id = user_scores.user_id
        and user_scores.is_held_out
    where contributions.user_id is not null
    group by contributions.account_id, contributions.user_id
),

people as (
    select
        account_id,
        {{ ordered_text("user_id", "points desc, user_id", ", ") }} as talk_to
    from points_of_people
    group by account_id
),

lines as (
    select
        ranked.rank,
        ranked.account_id,
        ranked.score,
        ranked.band,
        ranked.action,
        ranked.active_people,
        people.talk_to,
        ranked.reasons
    from ranked
    left join people
        on ranked.account_id = people.account_id
    union all
    select
        null as rank,
        null as account_id,
        null as score,
        null as band,
        null as action,
        null as active_people,
        null as talk_to,
        {{ no_accounts("account_rules") }} as reasons
    where not exists (select 1 from ranked)
)

select *
from lines
order by rank
