-- Every point of one company: of its people, the best first, then of the company as a
-- whole, then the score: from explain_account('acme.com');
{{ config(materialized="table_function", parameters=["wanted_account_id"]) }}

with

account_scores as (select * from {{ ref("account_scores") }}),

contributions as (select * from {{ ref("account_contributions") }}),

account_rules as (select * from {{ ref("account_rules") }}),

asked as (
    select
        wanted_account_id as account_id,
        count(*) as accounts
    from account_scores
),

of_account as (
    select contributions.*
    from contributions
    inner join account_scores
        on contributions.account_id = account_scores.account_id
        and contributions.as_of_date = account_scores.as_of_date
    inner join asked
        on contributions.account_id = asked.account_id
),

with_person as (
    select
        *,
        sum(points) over (partition by user_id) as points_of_person
    from of_account
),

numbered as (
    select
        *,
        row_number() over (
            order by
                user_id is null, rule = 'limit', rule like 'cap:%' and user_id is null,
                points_of_person desc, user_id, abs(points) desc, points desc, rule
        ) as line
    from with_person
),

lines as (
    select
        line,
        points,
        cast(sum(points) over (order by line) as bigint) as score_so_far,
        reason,
        coalesce(user_id, 'The company') as person
    from numbered
    union all
    select
        1000000 as line,
        null as points,
        account_scores.score as score_so_far,
        case
            when account_scores.score is not null
                then concat('Score ', account_scores.score, ', ', account_scores.band)
            when asked.accounts = 0 then {{ no_accounts("account_rules") }}
            else concat(asked.account_id, ' has no score: try from top_accounts(20)')
        end as reason,
        'Score on ' || cast(account_scores.as_of_date as varchar) as person
    from asked
    left join account_scores
        on asked.account_id = account_scores.account_id
)

select
    points,
    reason,
    score_so_far,
    person
from lines
order by line
