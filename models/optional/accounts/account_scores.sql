-- One row per company of the people scored at the scoring date: the score, what it
-- means and why. No person's id: account_contributions has who has which points.
with

people as (select * from {{ ref("account_people") }}),

contributions as (select * from {{ ref("account_contributions") }}),

account_rules as (select * from {{ ref("account_rules") }}),

accounts as (
    select
        account_id,
        as_of_date,
        count(*) as people,
        count(place) as active_people,
        bool_or(is_customer) as is_customer,
        coalesce(
            bool_and(is_held_out) filter (where place is not null),
            bool_and(is_held_out),
            false
        ) as is_held_out
    from people
    where is_current
    group by account_id, as_of_date
),

reasons as (
    select
        *,
        rule not like 'cap:%' and rule <> 'limit' as is_reason,
        row_number() over (
            partition by account_id, as_of_date
            order by not is_reason, abs(points) desc, points desc, rule, user_id
        ) as place
    from contributions
    where as_of_date in (select accounts.as_of_date from accounts)
),

points as (
    select
        account_id,
        as_of_date,
        sum(points) as score,
        {{ ordered_text(
            "concat(reason, ' (', " ~ signed_points("points") ~ ", ')')",
            "place", ". "
        ) }} filter (where is_reason and place <= 3) as reasons
    from reasons
    group by account_id, as_of_date
)

select
    accounts.account_id,
    accounts.as_of_date,
    cast(coalesce(points.score, 0) as integer) as score,
    bands.account_rule as band,
    bands.reason as action,
    points.reasons,
    cast(accounts.people as integer) as people,
    cast(accounts.active_people as integer) as active_people,
    accounts.is_customer,
    accounts.is_held_out
from accounts
left join points
    on accounts.account_id = points.account_id
    and accounts.as_of_date = points.as_of_date
inner join account_rules as bands
    on bands.measure = 'band'
    and coalesce(points.score, 0) >= bands.points
qualify
    row_number() over (partition by accounts.account_id order by bands.points desc) = 1
