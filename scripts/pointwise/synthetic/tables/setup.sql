-- What the tables are made of. Variable `world` is the folder.
create view deliveries as
select * from read_parquet(getvariable('world') || '/events/*.parquet');

create view known_users as
select * from read_parquet(getvariable('world') || '/users.parquet');

create view hidden_users as
select * from read_parquet(getvariable('world') || '/truth/users.parquet');

create view row_kinds as
select * from read_parquet(getvariable('world') || '/truth/rows.parquet');

create view draws as
select * from read_parquet(getvariable('world') || '/truth/probabilities.parquet');

create macro percent(part, whole) as format('{:.1f} %', 100.0 * part / whole);

create macro bar(part, greatest_part) as
repeat('#', cast(30.0 * part / greatest_part as integer));

-- Each event once, malformed rows left out.
create table events as
select
    event_id,
    user_id,
    occurred_at,
    event_type,
    session_id,
    user_id in (select user_id from hidden_users where is_bot) as is_bot
from deliveries
where
    event_id not in (select event_id from row_kinds where kind like 'malformed%')
group by all;

create view people as
select * from events where not is_bot;
