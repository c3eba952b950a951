"""The synthetic world: repeatable, balanced with its truth, and believable."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from conftest import PROJECT, clean_environment, last_lines
from pointwise.commands.generate import LAST_DATE, generate
from pointwise.synthetic.calendar import calendar_to
from pointwise.synthetic.outcomes import EFFECTS, log_odds, probability, strengths
from pointwise.synthetic.population import COMPANY_SIZES, COUNTRIES, INDUSTRIES
from pointwise.synthetic.vocabulary import DAILY_LIMITS, event_names

Query = Callable[[str], list[tuple]]

# The rows that stg_events would use, each event once; malformed rows are found by what
# is wrong with them, not by the truth.
USABLE = """
    create view deliveries as
    select *, occurred_at::date as day,
        filename[length('{world}') + 2:] as file, file_row_number as file_row
    from read_parquet('{world}/events/*.parquet', filename=true, file_row_number=true);
    create view usable_rows as from deliveries where
        trim(user_id) <> '' and length(user_id) <= 200 and length(event_id) <= 200
        and trim(event_type) <> '' and coalesce(duration_seconds, 0) between 0 and 1e9
        and occurred_at between '2000-01-01' and received_at + interval 1 day;
    create table usable as from usable_rows
    qualify row_number() over (partition by event_id order by received_at) = 1;
    create view rows_truth as from '{world}/truth/rows.parquet';
    create view users_truth as from '{world}/truth/users.parquet';
    create view draws as from '{world}/truth/probabilities.parquet';
    create view users as from '{world}/users.parquet';
    create view people as from usable
    where user_id not in (select user_id from users_truth where is_bot);
"""


def run_generator(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script as a person would."""
    return subprocess.run(
        [sys.executable, PROJECT / "scripts" / "generate_events.py", *arguments],
        env=clean_environment(),
        capture_output=True,
        text=True,
    )


def small_world(out: Path, seed: int = 7, users: int = 150, **options: str) -> int:
    """Write a world of 60 days, and return its number of event rows."""
    return generate(out, users, calendar_to(LAST_DATE, 60), seed, **options)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default world: what the script writes without arguments but --out."""
    folder = tmp_path_factory.mktemp("world")
    result = run_generator("--out", str(folder))
    assert result.returncode == 0, last_lines(result)
    assert result.stderr == ""  # No progress bar where nobody looks.
    return folder


@pytest.fixture(scope="module")
def query(world: Path) -> Query:
    """Queries on views of the default world."""
    connection = duckdb.connect()
    connection.execute(USABLE.format(world=world))
    return lambda sql: connection.execute(sql).fetchall()


def test_every_event_type_of_the_control_panel_occurs_and_no_other(
    query: Query,
) -> None:
    with (PROJECT / "seeds/event_types.csv").open() as file:
        panel = {
            row["source_event"]: row["max_per_day"] for row in csv.DictReader(file)
        }
    assert {name for (name,) in query("select distinct event_type from usable")} == set(
        panel
    )
    limits = {kind.name.lower(): str(limit) for kind, limit in DAILY_LIMITS.items()}
    assert {name: limits.get(name, "") for name in event_names()} == panel


def test_columns_are_the_canonical_ones_and_text_is_text(query: Query) -> None:
    columns = query(
        "select column_name, column_type from (describe from deliveries) limit 12"
    )
    assert dict(columns) == {
        "event_id": "VARCHAR",
        "user_id": "VARCHAR",
        "occurred_at": "TIMESTAMP",
        "event_type": "VARCHAR",
        "received_at": "TIMESTAMP",
        "session_id": "VARCHAR",
        "page_path": "VARCHAR",
        "duration_seconds": "DOUBLE",
        "amount": "DOUBLE",
        "channel": "VARCHAR",
        "device": "VARCHAR",
        "country": "VARCHAR",
    }


def test_files_hold_a_month_of_deliveries_in_order(query: Query) -> None:
    assert query("select distinct file from deliveries order by file") == [
        (f"events/{month}.parquet",)
        for month in ["2025-12", *(f"2026-0{number}" for number in range(1, 7))]
    ]
    assert query(
        """select count(*) from (
            select file <> 'events/' || strftime(received_at, '%Y-%m') || '.parquet'
                or received_at < lag(received_at) over (
                    partition by file order by file_row
                )
                as is_wrong
            from deliveries
        ) where is_wrong"""
    ) == [(0,)]


def test_the_truth_names_every_malformed_late_repeated_and_bot_row(
    query: Query,
) -> None:
    found = {
        "malformed": """
            select file, file_row from deliveries
            anti join usable_rows using (file, file_row)""",
        "duplicate": """
            select file, file_row from usable_rows
            anti join usable using (file, file_row)""",
        "late": """
            select file, file_row from usable
            where received_at > occurred_at + interval 1 hour""",
        "bot": """
            select file, file_row from deliveries
            where user_id in (select user_id from users_truth where is_bot)""",
    }
    for kind, rows in found.items():
        told = f"""
            select file, file_row from rows_truth
            join deliveries using (file, file_row, event_id)
            where split_part(kind, ':', 1) = '{kind}'"""
        if kind == "late":  # Unless the copy sent again came first, by chance.
            told += " and (file, file_row) in (select (file, file_row) from usable)"
            rows += (
                " and (file, file_row) not in (select (file, file_row) from rows_truth"
                " where kind = 'duplicate')"
            )
        for first, second in ((rows, told), (told, rows)):
            difference = query(f"select count(*) from (({first}) except ({second}))")
            assert difference == [(0,)], kind
    total, unmatched = query(
        """select count(*), count(*) filter (where deliveries.file is null)
        from rows_truth left join deliveries using (file, file_row, event_id)"""
    )[0]
    assert total > 0
    assert unmatched == 0


def test_shares_of_faulty_rows_are_as_designed(query: Query) -> None:
    rows = query("select count(*) from deliveries")[0][0]
    shares = {
        kind: count / rows
        for kind, count in query(
            "select split_part(kind, ':', 1), count(*) from rows_truth group by all"
        )
    }
    assert 150_000 <= rows <= 300_000
    assert 0.012 < shares["duplicate"] < 0.018
    assert 0.015 < shares["late"] < 0.025
    assert 0.002 < shares["malformed"] < 0.004
    assert 0.10 < shares["bot"] < 0.30
    defects = query(
        "select count(distinct kind) from rows_truth where kind like 'mal%'"
    )
    assert defects == [(11,)]


def test_some_users_have_only_attributes_and_some_only_events(query: Query) -> None:
    (only_attributes, only_events, bots), *_ = query(
        """select
            (select count(*) from users anti join usable using (user_id)),
            (select count(distinct user_id) from usable
                anti join users using (user_id)),
            (select count(*) from users_truth where is_bot)"""
    )
    assert 20 <= only_attributes <= 160
    assert 15 <= only_events <= 45
    assert bots == 30


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
    shown = f"""
        select
            user_id, as_of_date,
            bool_or(
                event_type = 'subscription_started' and day > as_of_date
            ) as converted
        from usable
        cross join (select distinct as_of_date from draws where as_of_date in {dates})
        where day between as_of_date - 89 and as_of_date + 14
        group by user_id, as_of_date
        having bool_or(day <= as_of_date)
            and (user_id, as_of_date) not in (
                select (user_id, as_of_date) from usable cross join (
                    select distinct as_of_date from draws where as_of_date in {dates}
                ) where event_type = 'subscription_started' and day <= as_of_date
            )"""
    told = (
        f"select user_id, as_of_date, converted from draws where as_of_date in {dates}"
    )
    assert query(f"select count(*) from ({told})")[0][0] > 5000
    for first, second in ((shown, told), (told, shown)):
        assert query(f"select count(*) from (({first}) except ({second}))") == [(0,)]


def test_probabilities_follow_from_features_in_the_files(query: Query) -> None:
    as_of = "2026-05-11"
    with (PROJECT / "seeds/features.csv").open() as file:
        panel = {row["feature"]: row for row in csv.DictReader(file)}
    draws = query(
        f"""select user_id, probability, company_size, industry, country
        from draws left join users using (user_id)
        where as_of_date = '{as_of}'
            and user_id not in (select user_id from users_truth where is_bot)
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
        row = panel[name]
        empty = math.inf if row["measure"] == "days_since_last" else 0.0
        features[name] = np.full(len(draws), empty)
        for user, value in query(feature_sql(row, as_of)):
            if user in positions:
                features[name][positions[user]] = value
    expected = probability(log_odds(strengths(features)))
    told = np.array([chance for _, chance, *_ in draws])
    assert np.abs(expected - told).max() < 1e-8


def feature_sql(feature: dict[str, str], as_of: str) -> str:
    """Return a query of a feature by user, by the words of the design."""
    limits = {kind.name.lower(): limit for kind, limit in DAILY_LIMITS.items()}
    event_type = feature["event_type"]
    is_wanted = (
        "event_type <> 'subscription_started'"
        if event_type == "*"
        else f"event_type = '{event_type}'"
    )
    half_life = feature["half_life_days"]
    weight = f"power(0.5, age / {half_life}.0)" if half_life else "1"
    value = {
        "events": f"sum(least(events, {limits.get(event_type, 10**6)}) * {weight})",
        "active_days": "count(*)",
        "days_since_last": "min(age)",
    }[feature["measure"]]
    return f"""
        select user_id, {value}
        from (
            select user_id, date '{as_of}' - day as age, count(*) as events
            from usable where {is_wanted} group by all
        )
        where age between 0 and {feature["window_days"]} - 1
        group by user_id"""


def test_planted_effects_are_ordered_otherwise_than_the_default_points(
    world: Path,
) -> None:
    effects = dict(
        duckdb.sql(
            f"select feature, max(abs(log_odds)) from '{world}/truth/effects.parquet'"
            " where feature is not null and equals is null group by feature"
        ).fetchall()
    )
    with (PROJECT / "seeds/scoring_rules.csv").open() as file:
        points = {
            row["feature"]: abs(int(row["max_points"] or row["points"]))
            for row in csv.DictReader(file)
        }
    # The panel counts uses of the core feature, the world the days of use.
    points["core_feature_days_30d"] = points.pop("core_feature_uses_30d")
    both = sorted(effects.keys() & points.keys())
    assert len(both) >= 10
    ranks = [
        np.argsort(np.argsort([side[name] for name in both]))
        for side in (effects, points)
    ]
    assert np.corrcoef(ranks)[0, 1] < 0.8
    assert max(both, key=effects.get) != max(both, key=points.get)


def test_people_keep_working_hours_and_weekends_and_bots_do_not(query: Query) -> None:
    rhythm = """
        select
            avg((isodow(occurred_at) >= 6)::int),
            avg((hour(occurred_at) between 22 and 23 or hour(occurred_at) < 5)::int)
        from {who} where event_type not like 'email%'"""
    german = "people join users using (user_id)"
    (weekend, _), *_ = query(rhythm.format(who="people"))
    (_, night), *_ = query(rhythm.format(who=german) + " and users.country = 'Germany'")
    bots = "(from usable where user_id not in (select user_id from people))"
    (bot_weekend, bot_night), *_ = query(rhythm.format(who=bots))
    assert weekend < 0.15
    assert night < 0.08
    assert abs(bot_weekend - 2 / 7) < 0.03
    assert abs(bot_night - 7 / 24) < 0.02


def test_activity_is_skewed_and_sessions_are_several_events(query: Query) -> None:
    events = np.sort(
        [count for (count,) in query("select count(*) from people group by user_id")]
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
        query("select event_type, count(distinct user_id) from people group by all")
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
    repeated = "select user_id from people where event_type in ({}) group by {}"
    for once in ("'signup'", "'subscription_started'"):
        again = query(repeated.format(once, "user_id having count(*) > 1"))
        assert again == []


def test_describe_events_prints_every_table(world: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "pointwise.cli", "describe", "--out", world],
        env=clean_environment(),
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, last_lines(result)
    for title in ("Rows", "Users", "Funnel", "Weekdays", "Hours", "E-mail", "Outcomes"):
        assert f"\n{title}" in f"\n{result.stdout}"
    (line,) = [line for line in result.stdout.splitlines() if "six default" in line]
    assert 0.78 < float(line.split()[-1]) < 0.86


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
