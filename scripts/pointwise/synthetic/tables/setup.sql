-- What the tables are made of. Variable `world` is the folder.
create view deliveries as
select * from read_parquet(getvariable('world') || '/events/*.parquet');

create view known_users as
select * from read_parquet(getvariable('world') || '/users.parquet');

create view hidden_users as
select * from read_parquet(getvariable('world') || '/truth/users.parquet');

create view row_kinds as
select * from read_parquet(getvariable('world') || '/truth/rows.parquet');

create view ids as
select * from read_parquet(getvariable('world') || '/truth/ids.parquet');

create view links as
select * from read_parquet(getvariable('world') || '/links.parquet');

-- Of persons only: nobody else can subscribe.
create view draws as
select draws.*
from read_parquet(getvariable('world') || '/truth/probabilities.parquet') as draws
inner join hidden_users using (user_id)
where hidden_users.kind = 'person';

create macro percent(part, whole) as format('{:.1f} %', 100.0 * part / whole);

create macro bar(part, greatest_part) as
repeat('#', cast(30.0 * part / greatest_part as integer));

-- What only the truth knows of an event: whether a machine made it, and whose it is if
-- it came from a device that two people share.
create table labelled as
select
    event_id,
    max(kind) filter (
        where kind in ('crawler', 'scraper', 'monitor', 'script', 'scanner')
    ) as machine,
    max(user_id) filter (where kind = 'shared_device') as user_id,
    count(*) filter (where kind like 'malformed%') > 0 as is_malformed
from row_kinds
group by event_id;

-- Each event once, malformed rows left out; user_id is the person, whatever the id.
create table events as
select
    deliveries.event_id,
    coalesce(labelled.user_id, logins.user_id, devices.user_id) as user_id,
    deliveries.occurred_at,
    deliveries.event_type,
    deliveries.session_id,
    deliveries.user_id is null as is_nameless,
    labelled.machine
from deliveries
left join labelled using (event_id)
left join ids as logins
    on deliveries.user_id = logins.id
left join ids as devices
    on deliveries.anonymous_id = devices.id
    and devices.kind = 'device'
where labelled.is_malformed is not true
group by all;

-- What people did; an e-mail that is sent is none of their doing.
create view people as
select events.*
from events
inner join hidden_users using (user_id)
where
    events.machine is null
    and events.event_type <> 'email_sent'
    and hidden_users.kind = 'person';
