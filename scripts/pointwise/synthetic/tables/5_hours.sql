-- Hours, UTC: share of events other than e-mail
with

by_hour as (
    select
        hour(occurred_at) as hour,
        count(*) filter (where machine is not null) as machines,
        count(*) filter (where machine is null and country = 'United States') as us,
        count(*) filter (where machine is null and country = 'Germany') as germany,
        count(*) filter (where machine is null) as people
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
    percent(machines, nullif(sum(machines) over (), 0)) as "machines",
    bar(people, max(people) over ()) as " "
from by_hour
order by by_hour.hour
