-- Funnel: people who ever did it
with

steps (step, label, event_types) as (
    values
    (1, 'came to the site or its product', ['page_view', 'feature_used']),
    (2, 'looked at pricing', ['pricing_page_view']),
    (3, 'signed up', ['signup']),
    (4, 'used the core feature', ['core_feature_used']),
    (5, 'requested a demo', ['demo_requested']),
    (6, 'booked a call', ['calendar_booked']),
    (7, 'subscribed', ['subscription_started'])
),

counts as (
    select
        steps.step,
        steps.label,
        count(distinct people.user_id) as users,
        count(distinct people.user_id) filter (where hidden_users.arrival_day >= 0)
            as newcomers
    from steps
    left join people
        on list_contains(steps.event_types, people.event_type)
    left join hidden_users
        on people.user_id = hidden_users.user_id
    group by all
)

select
    label as "step",
    format('{:,}', users) as "people",
    percent(users, max(users) over ()) as "share",
    format('{:,}', newcomers) as "newcomers",
    percent(newcomers, max(newcomers) over ()) as "their share"
from counts
order by counts.step
