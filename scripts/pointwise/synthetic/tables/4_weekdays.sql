-- Weekdays, UTC: share of events other than e-mail
select
    dayname(occurred_at) as "weekday",
    percent(
        count(*) filter (where machine is null),
        sum(count(*) filter (where machine is null)) over ()
    ) as "people",
    percent(
        count(*) filter (where machine is not null),
        nullif(sum(count(*) filter (where machine is not null)) over (), 0)
    ) as "machines",
    bar(
        count(*) filter (where machine is null),
        max(count(*) filter (where machine is null)) over ()
    ) as " "
from events
where event_type not like 'email%'
group by dayname(occurred_at), isodow(occurred_at)
order by isodow(occurred_at)
