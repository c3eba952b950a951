-- One row per as-of date and person of a company, under whatever id that was said: what
-- the person counts, half after each half-life without activity, and the place among
-- colleagues who were active in the look-back, NULL for those who were not.
-- Weights have nine decimals, so that points are exact.
with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

scores as (select * from {{ ref("int_scores") }}),

person_attributes as (select * from {{ ref("int_person_attributes") }}),

account_rules as (select * from {{ ref("account_rules") }}),

ages as ({{ whole_numbers(var("look_back_days")) }}),

members as ({{ account_members("person_attributes", "account_rules") }}),

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

people as (
    select
        members.account_id,
        members.as_of_date,
        members.user_id,
        as_of_dates.is_scoring_date as is_current,
        as_of_dates.is_in_snapshot,
        as_of_dates.is_customer,
        scores.is_held_out,
        weights.days_since_active,
        weights.people,
        weights.weight,
        -- The base point, which everybody has, is no sign.
        cast(floor((scores.score - 1) * weights.weight) as integer) as points
    from members
    inner join as_of_dates
        on members.user_id = as_of_dates.user_id
        and members.as_of_date = as_of_dates.as_of_date
    inner join scores
        on members.user_id = scores.user_id
        and members.as_of_date = scores.as_of_date
    left join weights
        on as_of_dates.has_activity
        and weights.days_since_active = {{ days_between(
            "as_of_dates.last_activity_date", "as_of_dates.as_of_date"
        ) }}
    where as_of_dates.is_scoring_date or as_of_dates.is_in_snapshot
),

placed as (
    select
        *,
        case
            when days_since_active is not null
                then row_number() over (
                    partition by account_id, as_of_date
                    order by points desc nulls last, user_id
                )
        end as place
    from people
)

select
    * exclude (people),
    coalesce(place <= people and points > 0, false) as is_among_best,
    coalesce(place > people or points <= 0, false) as is_further
from placed
