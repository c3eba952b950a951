-- One row per as-of date and person of a company who was active in the look-back: what
-- the person counts, half after each half-life without activity, and the place among
-- colleagues. Weights have nine decimals, so that points are exact.
with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

scores as (select * from {{ ref("int_scores") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

account_rules as (select * from {{ ref("account_rules") }}),

ages as ({{ whole_numbers(var("look_back_days")) }}),

members as ({{ account_members("user_attributes", "account_rules") }}),

weights as (
    select
        ages.number as days_since_active,
        account_rules.people,
        cast(
            coalesce(power(
                0.5, ages.number / cast(account_rules.half_life_days as double)
            ), 1) as decimal(10, 9)
        ) as weight
    from account_rules
    cross join ages
    where account_rules.measure = 'best_people'
),

active_people as (
    select
        members.account_id,
        as_of_dates.as_of_date,
        as_of_dates.user_id,
        as_of_dates.is_scoring_date,
        as_of_dates.is_in_snapshot,
        weights.days_since_active,
        weights.people,
        weights.weight,
        -- The base point, which everybody has, is no sign.
        cast(floor((scores.score - 1) * weights.weight) as integer) as points
    from as_of_dates
    inner join members
        on as_of_dates.user_id = members.user_id
        and as_of_dates.as_of_date >= members.member_from
        and as_of_dates.as_of_date < members.member_before
    inner join scores
        on as_of_dates.user_id = scores.user_id
        and as_of_dates.as_of_date = scores.as_of_date
    inner join weights
        on weights.days_since_active = {{ days_between(
            "as_of_dates.last_activity_date", "as_of_dates.as_of_date"
        ) }}
    where
        as_of_dates.has_activity
        and (as_of_dates.is_scoring_date or as_of_dates.is_in_snapshot)
),

placed as (
    select
        *,
        row_number() over (
            partition by account_id, as_of_date
            order by points desc, user_id
        ) as place
    from active_people
)

select
    * exclude (people),
    place <= people and points > 0 as is_among_best
from placed
