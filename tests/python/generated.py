"""The default synthetic world as views: what its files hold, and what is true of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

Query = Callable[[str], list[tuple]]

# The rows that stg_events would use, each event once; malformed rows are found by what
# is wrong with them, not by the truth. `person_id` is whose an event is, by the truth.
VIEWS = """
    create view deliveries as
    select *, occurred_at::date as day,
        filename[length('{world}') + 2:] as file, file_row_number as file_row
    from read_parquet('{world}/events/*.parquet', filename=true, file_row_number=true);
    create view usable_rows as from deliveries where
        coalesce(trim(user_id) <> '', anonymous_id is not null)
        and coalesce(length(user_id), 0) <= 200 and length(event_id) <= 200
        and trim(event_type) <> '' and coalesce(duration_seconds, 0) between 0 and 1e9
        and occurred_at between '2000-01-01' and received_at + interval 1 day;
    create view rows_truth as from '{world}/truth/rows.parquet';
    create view users_truth as from '{world}/truth/users.parquet';
    create view ids as from '{world}/truth/ids.parquet';
    create view draws as from '{world}/truth/probabilities.parquet';
    create view users as from '{world}/users.parquet';
    create view links as from '{world}/links.parquet';

    create table named_rows as
    select
        event_id,
        max(kind) filter (
            kind in ('crawler', 'scraper', 'monitor', 'script', 'scanner')
        ) as machine,
        max(user_id) filter (kind = 'shared_device') as person_id
    from rows_truth group by event_id;
    create table usable as
    select
        usable_rows.*,
        machine,
        coalesce(named_rows.person_id, logins.user_id, devices.user_id) as person_id,
        coalesce(usable_rows.user_id, usable_rows.anonymous_id) as id
    from usable_rows
    left join named_rows using (event_id)
    left join ids as logins on usable_rows.user_id = logins.id
    left join ids as devices
        on usable_rows.anonymous_id = devices.id and devices.kind = 'device'
    qualify row_number() over (partition by event_id order by received_at) = 1;
    create view people as
    select usable.* from usable join users_truth on person_id = users_truth.user_id
    where machine is null and kind = 'person' and event_type <> 'email_sent';
"""


def open_world(world: Path) -> Query:
    """Return queries on views of a world."""
    connection = duckdb.connect()
    connection.execute(VIEWS.format(world=world))
    return lambda sql: connection.execute(sql).fetchall()
