-- One row per snapshot whose horizon has passed and company with an active person in
-- it: the score as of then, and whether the company was a customer, or converted in the
-- horizon: by an active person, or by anybody who belonged to it on the day of buying.
with

people as (select * from {{ ref("account_people") }}),

contributions as (select * from {{ ref("account_contributions") }}),

outcomes as (select * from {{ ref("user_outcomes") }}),

account_rules as (select * from {{ ref("account_rules") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

customers as (select * from {{ ref("int_customers") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

persons_today as (select * from {{ ref("int_persons_today") }}),

memberships as ({{ memberships_today("user_attributes", "persons_today") }}),

members as ({{ account_members("memberships", "account_rules") }}),

accounts as (
    select
        people.account_id,
        outcomes.as_of_date,
        outcomes.horizon_end_date,
        bool_or(outcomes.is_converted) as has_outcome
    from people
    inner join outcomes
        on people.user_id = outcomes.user_id
        and people.as_of_date = outcomes.as_of_date
    group by people.account_id, outcomes.as_of_date, outcomes.horizon_end_date
),

buyers as (
    select
        accounts.account_id,
        accounts.as_of_date,
        min(customers.customer_since_date) as customer_since_date
    from accounts
    inner join members
        on accounts.account_id = members.account_id
    inner join as_of_dates
        on as_of_dates.is_scoring_date
    inner join customers
        on as_of_dates.as_of_date = customers.as_of_date
        and members.user_id = customers.user_id
        and greatest(customers.customer_since_date, accounts.as_of_date)
        between members.member_from and members.member_before - 1
    group by accounts.account_id, accounts.as_of_date
),

scores as (
    select
        account_id,
        as_of_date,
        cast(sum(points) as integer) as score
    from contributions
    group by account_id, as_of_date
)

select
    accounts.account_id,
    accounts.as_of_date,
    coalesce(scores.score, 0) as score,
    coalesce(buyers.customer_since_date <= accounts.as_of_date, false) as is_customer,
    accounts.has_outcome
    or coalesce(buyers.customer_since_date <= accounts.horizon_end_date, false)
        as is_converted
from accounts
left join buyers
    on accounts.account_id = buyers.account_id
    and accounts.as_of_date = buyers.as_of_date
left join scores
    on accounts.account_id = scores.account_id
    and accounts.as_of_date = scores.as_of_date
