-- Weekdays, UTC: share of events other than e-mail
select
    dayname(occurred_at) as "weekday",
    percent(
        count(*) filter (where not is_bot),
        sum(count(*) filter (where not is_bot)) over ()
    ) as "people",
    percent(
        count(*) filter (where is_bot),
        nullif(sum(count(*) filter (where is_bot)) over (), 0)
    ) as "bots",
    bar(
        count(*) filter (where not is_bot),
        max(count(*) filter (where not is_bot)) over ()
    ) as " "
from events
where event_type not like 'email%'
group by dayname(occurred_at), isodow(occurred_at)
order by isodow(occurred_at)
