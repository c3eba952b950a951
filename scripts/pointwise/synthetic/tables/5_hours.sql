-- Hours, UTC: share of events other than e-mail
with

by_hour as (
    select
        hour(occurred_at) as hour,
        count(*) filter (where is_bot) as bots,
        count(*) filter (where not is_bot and country = 'United States') as us,
        count(*) filter (where not is_bot and country = 'Germany') as germany,
        count(*) filter (where not is_bot) as people
    from events
    left join known_users using (user_id)
    where event_type not like 'email%'
    group by all
)

select
    format('{:02d}:00', hour) as "hour",
    percent(people, sum(people) over ()) as "people",
    percent(us, nullif(sum(us) over (), 0)) as "United States",
    percent(germany, nullif(sum(germany) over (), 0)) as "Germany",
    percent(bots, nullif(sum(bots) over (), 0)) as "bots",
    bar(people, max(people) over ()) as " "
from by_hour
order by by_hour.hour
