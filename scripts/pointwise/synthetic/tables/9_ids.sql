-- Ids of people and their devices
with

of_people as (
    select
        count(*) as events,
        count(*) filter (where is_nameless) as nameless
    from people
),

devices as (
    select
        count(distinct id) as devices,
        count(distinct user_id) as people,
        count(distinct id) filter (where kind = 'shared') as shared
    from ids
    where kind in ('device', 'shared')
),

known as (
    select
        count(*) filter (where id in (select id from ids where kind = 'device'))
            as devices,
        count(*) as links
    from links
)

select
    unnest([
        'nameless, of the events of people',
        'devices a person, mean',
        'devices shared by two people',
        'links in the file',
        'of these devices'
    ]) as "figure",
    unnest([
        percent(of_people.nameless, of_people.events),
        format('{:.1f}', devices.devices / devices.people),
        percent(devices.shared, devices.devices),
        format('{:,}', known.links),
        format('{:,}', known.devices)
    ]) as "value"
from of_people
cross join devices
cross join known
