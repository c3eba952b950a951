"""People of the synthetic world: believable, and their outcomes as likely as stated."""

from __future__ import annotations

import csv
import math
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from conftest import PROJECT
from generated import Query
from pointwise.synthetic.outcomes import EFFECTS, log_odds, probability, strengths
from pointwise.synthetic.pools import COMPANY_SIZES, COUNTRIES, INDUSTRIES
from pointwise.synthetic.vocabulary import DAILY_LIMITS

# What the world's outcomes depend on: event type, measure, days of window, half-life.
WORLD_FEATURES = {
    "core_feature_days_30d": ("core_feature_used", "active_days", 30, None),
    "pricing_days_30d": ("pricing_page_view", "events", 30, 14),
    "email_clicks_30d": ("email_clicked", "events", 30, None),
    "days_since_chat": ("chat_started", "days_since_last", 14, None),
    "days_since_booking": ("calendar_booked", "days_since_last", 30, None),
    "days_since_demo_request": ("demo_requested", "days_since_last", 30, None),
    "days_since_signup": ("signup", "days_since_last", 90, None),
    "active_days_30d": ("*", "active_days", 30, None),
    "downloads_30d": ("document_downloaded", "events", 30, None),
    "page_views_14d": ("page_view", "events", 14, 7),
    "searches_30d": ("search", "events", 30, None),
    "email_opens_30d": ("email_opened", "events", 30, None),
    "careers_days_30d": ("careers_page_view", "events", 30, None),
    "days_since_unsubscribe": ("email_unsubscribed", "days_since_last", 90, None),
}


def test_some_users_have_only_attributes_and_some_only_events(query: Query) -> None:
    (only_attributes, only_events), *_ = query(
        """select
            (select count(*) from users
                where user_id not in (select person_id from usable
                    where person_id is not null)),
            (select count(distinct user_id) from usable
                where user_id in (select id from ids where kind = 'person')
                and user_id not in (select user_id from users))"""
    )
    assert 15 <= only_attributes <= 160
    assert 15 <= only_events <= 45


def test_attributes_are_spelled_as_in_the_scoring_rules(query: Query) -> None:
    with (PROJECT / "seeds/scoring_rules.csv").open() as file:
        rules = [row for row in csv.DictReader(file) if row["equals"]]
    for rule in rules:
        values = {
            value for (value,) in query(f"select distinct {rule['feature']} from users")
        }
        assert rule["equals"] in values, rule["rule"]


def test_the_ceiling_and_the_conversion_are_within_bounds(query: Query) -> None:
    snapshots = snapshot_dates(query)
    assert [str(day) for day in snapshots] == [
        "2026-03-30",
        "2026-04-13",
        "2026-04-27",
        "2026-05-11",
        "2026-05-25",
        "2026-06-08",
    ]
    rows = query(
        "select probability, converted from draws"
        f" where as_of_date in {in_list(snapshots)}"
    )
    chance, converted = np.array(rows, float).T
    assert 0.78 < ceiling(chance) < 0.86
    assert 0.02 < chance.mean() < 0.05
    assert 0.02 < converted.mean() < 0.05


def test_evaluated_users_and_outcomes_are_what_the_files_show(query: Query) -> None:
    dates = in_list(snapshot_dates(query))
    paid = "event_type = 'subscription_started'"
    of_dates = f"(select distinct as_of_date from draws where as_of_date in {dates})"
    shown = f"""
        select
            person_id, as_of_date,
            bool_or({paid} and day > as_of_date) as converted
        from usable
        cross join {of_dates}
        where day between as_of_date - 89 and as_of_date + 14
            and machine is null and event_type <> 'email_sent'
        group by person_id, as_of_date
        having bool_or(day <= as_of_date)
            and (person_id, as_of_date) not in (
                select (person_id, as_of_date) from usable cross join {of_dates}
                where {paid} and day <= as_of_date
            )"""
    drawn = (
        f"select user_id, as_of_date, converted from draws where as_of_date in {dates}"
    )
    assert query(f"select count(*) from ({drawn})")[0][0] > 5000
    for first, second in ((shown, drawn), (drawn, shown)):
        assert query(f"select count(*) from (({first}) except ({second}))") == [(0,)]


def test_probabilities_follow_from_features_in_the_files(query: Query) -> None:
    as_of = "2026-05-11"
    draws = query(
        f"""select user_id, probability, company_size, industry, country
        from draws left join (
            select users.* from users join users_truth using (user_id)
            where known_at < date '{as_of}' + 1  -- By name, and so by attributes.
        ) using (user_id)
        where as_of_date = '{as_of}'
            and user_id in (select user_id from users_truth where kind = 'person')
        order by user_id"""
    )
    positions = {user: position for position, (user, *_) in enumerate(draws)}
    pools = {
        "company_size": COMPANY_SIZES,
        "industry": INDUSTRIES,
        "country": COUNTRIES,
    }
    features = {
        name: np.array(
            [list(pool).index(row[2 + n]) if row[2 + n] else -1 for row in draws]
        )
        for n, (name, pool) in enumerate(pools.items())
    }
    for name in {effect.feature for effect in EFFECTS} - pools.keys():
        world_feature = WORLD_FEATURES[name]
        empty = math.inf if world_feature[1] == "days_since_last" else 0.0
        features[name] = np.full(len(draws), empty)
        for user, value in query(feature_sql(*world_feature, as_of)):
            if user in positions:
                features[name][positions[user]] = value
    expected = probability(log_odds(strengths(features)))
    drawn = np.array([chance for _, chance, *_ in draws])
    assert np.abs(expected - drawn).max() < 1e-8


def feature_sql(
    event_type: str, measure: str, window: int, half_life: int | None, as_of: str
) -> str:
    """Return a query of a feature by user, by the words of the design."""
    limits = {kind.name.lower(): limit for kind, limit in DAILY_LIMITS.items()}
    is_wanted = (
        "event_type not in ('subscription_started', 'email_sent')"
        if event_type == "*"
        else f"event_type = '{event_type}'"
    )
    weight = f"power(0.5, age / {half_life}.0)" if half_life else "1"
    value = {
        "events": f"sum(least(events, {limits.get(event_type, 10**6)}) * {weight})",
        "active_days": "count(*)",
        "days_since_last": "min(age)",
    }[measure]
    return f"""
        select person_id, {value}
        from (
            select person_id, date '{as_of}' - day as age, count(*) as events
            from usable where {is_wanted} and machine is null group by all
        )
        where age between 0 and {window} - 1
        group by person_id"""


def test_planted_effects_are_ordered_otherwise_than_the_default_points(
    generated_world: Path,
) -> None:
    effects = dict(
        duckdb.sql(
            "select feature, max(abs(log_odds))"
            f" from '{generated_world}/truth/effects.parquet'"
            " where feature is not null and equals is null group by feature"
        ).fetchall()
    )
    effects = {WORLD_FEATURES[name][0]: effect for name, effect in effects.items()}
    with (PROJECT / "seeds/features.csv").open() as file:
        event_types = {
            row["feature"]: row["event_type"] for row in csv.DictReader(file)
        }
    with (PROJECT / "seeds/scoring_rules.csv").open() as file:
        points = {
            event_types[row["feature"]]: abs(int(row["max_points"] or row["points"]))
            for row in csv.DictReader(file)
        }
    both = sorted(effects.keys() & points.keys())
    assert len(both) >= 10
    ranks = [
        np.argsort(np.argsort([side[name] for name in both]))
        for side in (effects, points)
    ]
    assert np.corrcoef(ranks)[0, 1] < 0.8
    assert max(both, key=effects.get) != max(both, key=points.get)


def test_people_keep_working_hours_and_weekends_and_machines_do_not(
    query: Query,
) -> None:
    rhythm = """
        select
            avg((isodow(occurred_at) >= 6)::int),
            avg((hour(occurred_at) between 22 and 23 or hour(occurred_at) < 5)::int)
        from {who} where event_type not like 'email%'"""
    german = "people join users on person_id = users.user_id"
    (weekend, _), *_ = query(rhythm.format(who="people"))
    (_, night), *_ = query(rhythm.format(who=german) + " and users.country = 'Germany'")
    monitors = "(from usable where machine = 'monitor')"
    (machine_weekend, machine_night), *_ = query(rhythm.format(who=monitors))
    assert weekend < 0.15
    assert night < 0.08
    assert abs(machine_weekend - 2 / 7) < 0.08
    assert abs(machine_night - 7 / 24) < 0.02


def test_activity_is_skewed_and_sessions_are_several_events(query: Query) -> None:
    events = np.sort(
        [count for (count,) in query("select count(*) from people group by person_id")]
    )
    tenth = len(events) // 10
    assert 0.35 < events[-tenth:].sum() / events.sum() < 0.6
    (mean_events, median_seconds), *_ = query(
        """select avg(events), median(seconds) filter (where events > 1) from (
            select
                count(*) as events,
                epoch(max(occurred_at) - min(occurred_at)) as seconds
            from people where session_id is not null group by session_id
        )"""
    )
    assert 3 < mean_events < 8
    assert 60 < median_seconds < 900


def test_the_funnel_narrows_as_it_should(query: Query) -> None:
    users = dict(
        query("select event_type, count(distinct person_id) from people group by all")
    )
    visitors = users["page_view"]
    assert 0.4 < users["pricing_page_view"] / visitors < 0.75
    assert 0.25 < users["signup"] / visitors < 0.55
    assert 0.07 < users["demo_requested"] / visitors < 0.18
    assert users["calendar_booked"] < users["demo_requested"]
    assert 0.12 < users["subscription_started"] / visitors < 0.27


def test_only_feature_use_has_a_duration_and_only_subscriptions_an_amount(
    query: Query,
) -> None:
    assert query(
        """select distinct event_type from usable
        where duration_seconds is not null order by all"""
    ) == [("core_feature_used",), ("feature_used",)]
    assert query("select distinct event_type from usable where amount is not null") == [
        ("subscription_started",)
    ]
    repeated = "select person_id from people where event_type in ({}) group by {}"
    for once in ("'signup'", "'subscription_started'"):
        again = query(repeated.format(once, "person_id having count(*) > 1"))
        assert again == []


def snapshot_dates(query: Query) -> list[date]:
    """Return the six last dates on the grid whose horizon has passed."""
    rows = query(
        """select distinct as_of_date from draws
        where as_of_date + 14 <= (select max(day) from usable)
        order by all desc limit 6"""
    )
    return sorted(day for (day,) in rows)


def in_list(days: list[date]) -> str:
    """Return dates as a list in SQL."""
    return "(" + ", ".join(f"date '{day}'" for day in days) + ")"


def ceiling(chance: np.ndarray) -> float:
    """Return the expected AUC of the true probabilities, over all pairs."""
    values, counts = np.unique(chance, return_counts=True)
    weight = np.outer(values * counts, (1 - values) * counts)
    above = (values[:, None] > values).astype(float) + 0.5 * np.eye(len(values))
    own = (values * (1 - values) * counts).sum()  # A pair is of two users.
    return float(((weight * above).sum() - 0.5 * own) / (weight.sum() - own))
