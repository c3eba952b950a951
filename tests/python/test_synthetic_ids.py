"""Who is who in the synthetic world: devices, nameless visits, links, companies."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from conftest import contents
from generated import Query
from pointwise.commands.generate import LAST_DATE, generate
from pointwise.core.identifying import identifies_person, kind_of_identifier
from pointwise.synthetic.calendar import calendar_to


def test_every_id_of_the_files_has_its_owner_in_the_truth(query: Query) -> None:
    unknown = "select count(*) from usable where {0} not in (select id from ids)"
    assert query(unknown.format("user_id")) == [(0,)]
    assert query(unknown.format("anonymous_id")) == [(0,)]
    assert query("select count(*) from usable where id is null") == [(0,)]
    # An id is one person's, unless the device is shared or a machine's.
    assert query(
        """select distinct kind from ids where user_id is null
        union all
        select kind from ids group by id, kind having count(*) > 1 and kind <> 'shared'
        order by all"""
    ) == [("crawler",), ("monitor",), ("scraper",)]
    assert query("select max(n) from (select count(*) n from ids group by id)") == [
        (2,)
    ]
    # Whatever people do is somebody's.
    assert query(
        "select count(*) from usable where person_id is null and machine is null"
    ) == [(0,)]


def test_some_visits_are_nameless_and_some_people_to_the_end(query: Query) -> None:
    (nameless, without_device, known), *_ = query(
        """select
            avg((user_id is null)::int),
            avg((anonymous_id is null)::int),
            (select count(known_at) / count(*) from users_truth)
        from usable"""
    )
    assert 0.12 < nameless < 0.35
    assert 0.15 < without_device < 0.35
    assert 0.65 < known < 0.9
    # Who never gave a name has no profile.
    assert query(
        """select count(*) from users
        where user_id in (select user_id from users_truth where known_at is null)"""
    ) == [(0,)]


def test_a_device_knows_its_person_from_the_first_name_on(query: Query) -> None:
    (wrong_person, forgotten), *_ = query(
        """with named as (
            select
                *,
                min(occurred_at) filter (where user_id is not null) over (
                    partition by anonymous_id
                ) as named_at
            from usable
            where anonymous_id in (select id from ids where kind = 'device')
        )
        select
            count(*) filter (where ids.user_id <> devices.user_id),
            avg((named.user_id is null and occurred_at > named_at)::int)
        from named
        left join ids on named.user_id = ids.id
        left join ids as devices on named.anonymous_id = devices.id"""
    )
    assert wrong_person == 0
    assert forgotten < 0.001  # A visit that went on past midnight, between periods.


def test_people_have_several_devices(query: Query) -> None:
    (one, mean, most), *_ = query(
        """select avg((devices = 1)::int), avg(devices), max(devices) from (
            select count(*) as devices from ids where kind = 'device' group by user_id
        )"""
    )
    assert 0.2 < one < 0.6
    assert 1.6 < mean < 2.6
    assert most <= 6


def test_few_devices_are_shared_by_two_who_belong_together(query: Query) -> None:
    (share, pairs, colleagues, neighbours), *_ = query(
        """with shared as (
            select
                count(*) = 2 as is_by_both,
                count(distinct account_id) = 1 and count(account_id) = count(*)
                    as is_of_colleagues,
                count(account_id) = 0 as is_at_home
            from ids join users_truth using (user_id)
            where ids.kind = 'shared' group by id
        )
        select
            count(*) / (select count(*) from ids where kind = 'device'),
            count(*) filter (where is_by_both),
            count(*) filter (where is_by_both and is_of_colleagues),
            count(*) filter (where is_by_both and is_at_home)
        from shared"""
    )
    assert 0.003 < share < 0.02
    assert pairs == colleagues + neighbours
    assert colleagues >= 5
    assert neighbours >= 3
    assert query(
        """select count(distinct ids.user_id) > 1 from usable
        join ids on usable.user_id = ids.id
        where anonymous_id in (select id from ids where kind = 'shared')
        group by anonymous_id order by all desc limit 1"""
    ) == [(True,)]


def test_events_of_servers_carry_no_device_and_others_do(query: Query) -> None:
    assert query(
        "select distinct event_type from usable where anonymous_id is null order by all"
    ) == [
        ("email_clicked",),
        ("email_opened",),
        ("email_sent",),
        ("email_unsubscribed",),
        ("subscription_started",),
    ]
    assert query(
        "select distinct event_type from usable where user_agent is null order by all"
    ) == [("email_sent",), ("subscription_started",)]
    assert query(
        "select count(*) from usable where anonymous_id is null and user_id is null"
    ) == [(0,)]


def test_links_agree_with_the_truth_and_are_known_after_both_ids(query: Query) -> None:
    assert query("select column_name, column_type from (describe links)") == [
        ("id", "VARCHAR"),
        ("person_id", "VARCHAR"),
        ("known_from", "DATE"),
    ]
    (links, wrong, late), *_ = query(
        f"""select
            count(*),
            count(*) filter (where user_id is distinct from person_id),
            count(*) filter (where known_from > date '{LAST_DATE}')
        from links left join ids using (id)"""
    )
    assert 20 < links < 200
    assert (wrong, late) == (0, 0)
    kinds = "select distinct kind from links join ids using (id) order by all"
    assert query(kinds) == [("device",), ("old_login",)]
    assert (
        query(
            """select count(*) from links
        join (
            select user_id as id, day from usable where user_id is not null
            union all
            select anonymous_id, day from usable where anonymous_id is not null
        ) using (id)
        group by id, known_from having min(day) >= known_from"""
        )
        == []
    )


def test_an_old_account_ends_where_the_new_one_begins(query: Query) -> None:
    accounts = query(
        """select
            max(occurred_at) filter (is_old) < min(occurred_at) filter (not is_old)
        from (
            select occurred_at, ids.user_id, ids.kind = 'old_login' as is_old
            from usable join ids on usable.user_id = ids.id
        )
        group by user_id having bool_or(is_old) and not bool_and(is_old)"""
    )
    assert len(accounts) >= 10
    assert set(accounts) == {(True,)}


def test_companies_have_a_few_people_who_agree_about_them(query: Query) -> None:
    for attribute in ("industry", "company_size", "country", "company_type"):
        disagree = f"""select account_id from users where account_id is not null
            group by account_id having count(distinct {attribute}) > 1"""
        assert query(disagree) == [], attribute
    (unknown, different), *_ = query(
        """select
            avg((users.account_id is null)::int),
            count(*) filter (where users.account_id <> users_truth.account_id)
        from users join users_truth using (user_id)"""
    )
    assert 0.15 < unknown < 0.25
    assert different == 0
    people = [
        count
        for (count,) in query(
            """select count(*) from users_truth where account_id is not null
            group by account_id order by all"""
        )
    ]
    assert 2 < sum(people) / len(people) < 8
    assert people[len(people) // 2] <= 3
    assert 15 < people[-1] <= 40


def test_intent_is_alike_within_a_company(query: Query) -> None:
    (alike,), *_ = query(
        """select corr(one.mean_intent, other.mean_intent)
        from users_truth as one join users_truth as other using (account_id)
        where one.user_id <> other.user_id
            and one.kind = 'person' and other.kind = 'person'"""
    )
    assert 0.15 < alike < 0.7


def test_who_is_no_prospect_can_be_found_and_never_subscribes(query: Query) -> None:
    assert query(
        """select kind, company_type, starts_with(user_id, 'test_'), count(*) >= 2
        from users join users_truth using (user_id)
        where kind not in ('person', 'script') group by all order by kind"""
    ) == [
        ("competitor", "competitor", False, True),
        ("staff", "internal", False, True),
        ("test", None, True, True),
    ]
    assert query(
        """select count(*) from users join users_truth using (user_id)
        where kind = 'person'
            and (company_type <> 'prospect' or starts_with(user_id, 'test_'))"""
    ) == [(0,)]
    assert query(
        """select kind, max(probability), count(customer_at)
        from users_truth left join draws using (user_id)
        where kind not in ('person', 'script') group by kind order by kind"""
    ) == [("competitor", 0, 0), ("staff", 0, 0), ("test", 0, 0)]


def test_nothing_that_identifies_a_person_is_written(query: Query) -> None:
    for view in ("users", "links", "ids", "users_truth"):
        names = query(f"select column_name from (describe {view})")
        assert [name for (name,) in names if identifies_person(name)] == []
    columns = query("select column_name from (describe users)")
    for (name,) in columns:
        values = query(f"select distinct {name}::varchar from users")
        found = {kind_of_identifier(value, name) for (value,) in values if value}
        assert found == {None}, name
    agents = query("select distinct user_agent from usable where user_agent like '%@%'")
    assert agents == []


@pytest.mark.parametrize("users", [40, 400])
def test_links_and_ids_are_the_same_for_the_same_seed(
    tmp_path: Path, users: int
) -> None:
    for folder in ("one", "two"):
        generate(tmp_path / folder, users, calendar_to(LAST_DATE, 40), 3)
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert one == two
    assert "links.parquet" in one
    unknown = duckdb.sql(
        f"""select count(*) from '{tmp_path}/one/links.parquet'
        where id not in (select id from '{tmp_path}/one/truth/ids.parquet')"""
    ).fetchall()
    assert unknown == [(0,)]
