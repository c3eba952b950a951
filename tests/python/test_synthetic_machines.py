"""Machines of the synthetic world: of each kind, few, and as machines are."""

from __future__ import annotations

from generated import Query

VISITING = ("crawler", "monitor", "scraper", "script")
CRAWLER_WORDS = "bot/|bot;|gptbot|externalhit"


def test_machines_make_a_realistic_share_of_rows(query: Query) -> None:
    shares = dict(
        query(
            """select machine, count(*) / (select count(*) from usable)
            from usable where machine is not null group by machine"""
        )
    )
    assert shares.keys() == {*VISITING, "scanner"}
    assert 0.05 < sum(shares.values()) < 0.10
    assert min(shares.values()) > 0.008


def test_every_row_of_a_machine_is_named_and_no_other(query: Query) -> None:
    for kind in VISITING:
        assert query(
            f"""select count(*) from usable
            where (machine is not distinct from '{kind}') <> (
                coalesce(anonymous_id, '') in (select id from ids where kind = '{kind}')
            )"""
        ) == [(0,)], kind
    # A machine is nameless, unless it has an account.
    assert query(
        """select machine, count(user_id) = count(*), count(user_id) > 0
        from usable where machine is not null group by machine order by machine"""
    ) == [
        ("crawler", False, False),
        ("monitor", False, False),
        ("scanner", True, True),
        ("scraper", False, False),
        ("script", True, True),
    ]


def test_only_crawlers_say_who_they_are(query: Query) -> None:
    assert query(
        f"""select coalesce(machine, ''), count(*) from usable
        where regexp_matches(lower(user_agent), '{CRAWLER_WORDS}') group by all"""
    ) == query(
        "select machine, count(*) from usable where machine = 'crawler' group by 1"
    )
    # The others have browsers that people have too.
    assert query(
        """select count(*) from usable
        where machine <> 'crawler' and user_agent not in (
            select user_agent from usable where machine is null
        )"""
    ) == [(0,)]


def test_scrapers_are_faster_than_a_hand(query: Query) -> None:
    busiest = dict(
        query(
            """select coalesce(machine, 'people'), max(events) from (
                select machine, count(*) as events
                from usable where anonymous_id is not null
                group by machine, anonymous_id, date_trunc('minute', occurred_at)
            ) group by 1"""
        )
    )
    assert busiest["scraper"] >= 60
    assert busiest["people"] <= 15
    assert busiest["monitor"] <= 2
    assert busiest["script"] <= 5


def test_monitors_never_pause_and_scripts_do_more_than_people(query: Query) -> None:
    days = query(
        """select machine, count(*), max(minutes) from (
            select
                machine, anonymous_id, day,
                epoch(occurred_at - lag(occurred_at) over (
                    partition by anonymous_id order by occurred_at
                )) / 60 as minutes
            from usable where anonymous_id is not null
        ) group by machine, anonymous_id, day"""
    )
    monitors = [day for day in days if day[0] == "monitor"]
    assert len(monitors) >= 4
    assert all(events >= 140 for _, events, _ in monitors)
    # A pause is left only by what was delivered too late to be there.
    assert sum(minutes > 25 for *_, minutes in monitors if minutes) <= 1
    scripts = [events for machine, events, _ in days if machine == "script"]
    people = [events for machine, events, _ in days if machine is None]
    assert min(scripts) > 200
    assert max(people) < 120


def test_scanners_open_within_seconds_and_follow_many_links_at_once(
    query: Query,
) -> None:
    mails = query(
        """with sent as (
            select user_id, occurred_at as sent_at from usable
            where event_type = 'email_sent'
        )
        select
            max(epoch(occurred_at - sent_at)),
            count(*) filter (event_type = 'email_clicked'),
            count(distinct page_path),
            epoch(
                max(occurred_at) filter (event_type = 'email_clicked')
                - min(occurred_at) filter (event_type = 'email_clicked')
            )
        from usable asof join sent
            on usable.user_id = sent.user_id and occurred_at >= sent_at
        where machine = 'scanner' group by usable.user_id, sent_at"""
    )
    assert len(mails) > 300
    late = [mail for mail in mails if mail[0] > 15]
    assert len(late) < 0.02 * len(mails)  # The sending was delivered too late.
    complete = [mail for mail in mails if mail[0] <= 15 and mail[1] > 1]
    assert len(complete) > 0.9 * len(mails)
    assert all(clicks == links for _, clicks, links, _ in complete)
    assert all(2 <= clicks <= 5 for _, clicks, *_ in complete)
    assert all(seconds < 1 for *_, seconds in complete)


def test_people_hardly_ever_click_within_seconds(query: Query) -> None:
    (share,), *_ = query(
        """with sent as (
            select user_id, occurred_at as sent_at from usable
            where event_type = 'email_sent'
        )
        select avg((epoch(occurred_at - sent_at) < 12)::int)
        from people asof join sent
            on people.user_id = sent.user_id and occurred_at >= sent_at
        where event_type = 'email_clicked'"""
    )
    assert share < 0.001
