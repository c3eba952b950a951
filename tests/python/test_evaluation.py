"""Is the score true: what evaluation finds, and what it must not let pass."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from conftest import NO_TESTS, PROJECT, Scratch, last_lines
from drawn_experiments import overlapping_horizons
from next_dates import (
    Persons,
    Scores,
    areas_that_hold,
    outlook_sql,
    outlooks,
    score_worlds,
    worlds_of_dates,
)
from pointwise.core.statistics.intervals import design_effect, wilson


def with_lines(scratch: Scratch, file: str, lines: list[str]) -> None:
    """Use a copy of the control panel with lines added to one of its files."""
    panel = scratch.folder / "panel"
    if not panel.exists():
        shutil.copytree(PROJECT / "seeds", panel)
    with (panel / file).open("a") as csv:
        csv.write("\n".join([*lines, ""]))
    scratch.environment["POINTWISE_CONTROL"] = str(panel)


def write_leaking_world(folder: Path, says_when_received: bool = False) -> None:
    """Write 2,000 users, a tenth of whom subscribe in the last six weeks of spring.

    `plan` in the users file is what it is today, with no date. `account_marked` is an
    event the day before every snapshot after which the user subscribes, received
    with the subscription. Page views say nothing.
    """
    received_at = "received_at" if says_when_received else "null"
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create table users as
            select
                'u' || i as user_id,
                if(i % 10 = 0, date '2026-04-21' + cast(i * 37 % 42 as int), null)
                    as subscribed_on
            from range(2000) as numbers (i);
            create table events as
            select
                user_id,
                timestamp '2026-01-05 10:00:00' + to_days(cast(day as int))
                    as occurred_at,
                'page_view' as event_type,
                occurred_at as received_at
            from users, range(150) as days (day)
            where hash(user_id, day) % 10 = 0
            union all
            select user_id, subscribed_on + time '12:00', 'subscription_started',
                subscribed_on + time '12:00'
            from users where subscribed_on is not null
            union all
            select user_id, eve + time '12:00', 'account_marked',
                subscribed_on + time '12:00'
            from users, (values (date '2026-04-26'), ('2026-05-10')) as eves (eve)
            where subscribed_on - eve between 2 and 15;
            copy (select * replace ({received_at} as received_at) from events)
            to '{folder}/events/all.parquet';
            copy (
                select
                    user_id,
                    if(subscribed_on is null, 'free', 'paid') as plan,
                    if(hash(user_id) % 2 = 0, 'Retail', 'Software') as industry
                from users
            ) to '{folder}/users.parquet';
            """
        )


def build_with_marks(
    scratch: Scratch, *attributes: str
) -> subprocess.CompletedProcess[str]:
    """Build a leaking world with marks and these attributes in its panel."""
    with_lines(scratch, "event_types.csv", ["account_marked,account_marked,,"])
    features = [f"{name},,attribute,,,," for name in attributes if name == "plan"]
    features.append("days_since_mark,account_marked,days_since_last,9,,,")
    with_lines(scratch, "features.csv", features)
    settings = {"user_attributes": [*attributes], "snapshot_count": 3}
    # Rules that ask for attributes that are not there go with their features.
    gone = ("country", "city", "company_size", "job_level", "device")
    for name in ("features.csv", "scoring_rules.csv"):
        panel = scratch.folder / "panel" / name
        lines = panel.read_text().splitlines()
        kept = [line for line in lines if not {*line.split(",")[:3:2]} & {*gone}]
        panel.write_text("\n".join([*kept, ""]))
    # They ask for attributes that are not there.
    for name in ("account_rules.csv", "exclusions.csv"):
        (scratch.folder / "panel" / name).unlink()
    return scratch.dbt("build", "--vars", repr(settings))


def test_a_leaking_feature_stops_the_build_and_is_named(scratch: Scratch) -> None:
    write_leaking_world(scratch.folder)
    result = build_with_marks(scratch, "plan", "industry")
    assert result.returncode != 0
    assert "give the outcome away" in result.stdout, last_lines(result)
    (message,) = (
        line for line in result.stdout.splitlines() if "give the outcome away" in line
    )
    named = message.split("away: ")[1].split(". Alone")[0]
    assert named == "days_since_mark (AUC 1.000), plan (AUC 0.992)"
    assert " ERROR=1 " in result.stdout, last_lines(result)
    assert not (scratch.published / "current").exists()


def test_what_was_received_with_the_outcome_was_not_known(scratch: Scratch) -> None:
    write_leaking_world(scratch.folder, says_when_received=True)
    result = build_with_marks(scratch, "industry")
    assert result.returncode == 0, last_lines(result)
    assert "account_marked is dated before it happens" in result.stdout
    areas = scratch.query(
        "select auc, happened_auc from main.feature_signals"
        " where as_of_date is null and feature = 'days_since_mark'"
    )
    assert areas[0][0] == 0.5
    assert areas[0][1] < 0.2
    output = " ".join(scratch.pointwise("evaluate").stdout.split())
    assert "left out as they were not known then: account_marked 100 %" in output
    assert "WARNING: account_marked is dated before it happens" in output


@pytest.fixture
def copied(default_world: Scratch, scratch: Scratch) -> Scratch:
    """The default world's warehouse, to be changed."""
    shutil.copy(default_world.warehouse, scratch.warehouse)
    return scratch


def test_bands_the_wrong_way_round_are_an_error(
    copied: Scratch,
) -> None:
    tests = ("-s", "bands_convert_in_order")
    with duckdb.connect(str(copied.warehouse)) as connection:
        connection.execute(
            """
            update main.score_band_performance
            set users = 1000, conversions = 20, conversion_rate = 0.02,
                design_effect = 1;
            update main.score_band_performance
            set conversions = 45, conversion_rate = 0.045 where band = 'low';
            """
        )
    result = copied.dbt("test", *tests)
    assert result.returncode != 0
    assert (
        "high (2.0 % of 1000) less than low (4.5 % of 1000); medium (2.0 % of 1000)"
        " less than low (4.5 % of 1000)." in result.stdout
    )
    # A difference of 20 and 39 in 1000 is 2.5 standard errors, and may be chance.
    with duckdb.connect(str(copied.warehouse)) as connection:
        connection.execute(
            "update main.score_band_performance set conversions = 39,"
            " conversion_rate = 0.039 where band = 'low'"
        )
    assert copied.dbt("test", *tests).returncode == 0


def test_intervals_and_areas_are_those_of_the_libraries(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    lines = warehouse.execute(
        "select conversions / design_effect, users / design_effect, lower_rate,"
        " upper_rate from score_band_performance where users > 0 union all select"
        " conversions / design_effect, users / design_effect, lower_rate, upper_rate"
        " from score_deciles"
    ).fetchall()
    assert len(lines) > 60
    for conversions, users, *bounds in lines:
        expected = proportion_confint(conversions, users, method="wilson")
        assert bounds == pytest.approx(expected, abs=2e-6)
    persons = warehouse.execute(
        "select band, array_agg(examples), array_agg(converted) from (select band,"
        " count(*) as examples, count(*) filter (is_converted) as converted from"
        " training_examples as examples inner join internal.int_scores as scores using"
        " (user_id, as_of_date) group by band, user_id) group by band"
    ).fetchall()
    effects = dict(
        warehouse.execute(
            "select band, design_effect from score_band_performance"
            " where as_of_date is null"
        ).fetchall()
    )
    for band, examples, converted in persons:
        found = design_effect(np.array(examples), np.array(converted))
        assert effects[band] == pytest.approx(found, rel=1e-9)
    assert max(effects.values()) > 1
    for feature, absent in (
        ("score", "0"), ("active_days_28d", "0"), ("days_since_signup", "1000"),
    ):  # fmt: skip
        labels, values = zip(
            *warehouse.execute(
                f"select is_converted, coalesce({feature}, {absent})"
                " from training_examples"
            ).fetchall(),
            strict=True,
        )
        auc = warehouse.execute(
            "select auc from feature_signals where as_of_date is null and feature = ?",
            [feature],
        ).fetchall()
        assert auc[0][0] == pytest.approx(roc_auc_score(labels, values), abs=1e-12)


def test_the_points_as_delivered_rank_better_than_counting_and_fade(
    default_world: Scratch,
) -> None:
    """bench/default_points.py has it on larger worlds."""
    auc = dict(
        default_world.query(
            "select feature, auc from feature_signals where as_of_date is null"
        )
    )
    others = {name: value for name, value in auc.items() if name != "score"}
    assert auc["score"] > max(others.values()) + 0.015
    points = default_world.query(
        """
        select min(scores.as_of_date - days.activity_date) // 7, any_value(points)
        from main.score_contributions as scores
        inner join internal.int_person_activity as days using (user_id, as_of_date)
        where rule = 'booked_call' and event_type = 'calendar_booked'
        group by user_id, as_of_date
        having count(*) = 1
        """
    )
    weeks = [[given for week, given in points if week == n] for n in range(6)]
    means = [sum(of_week) / len(of_week) for of_week in weeks]
    assert means == sorted(means, reverse=True)
    assert 1.7 < means[1] / means[3] < 2.5, "half after two weeks"


def test_intervals_cover_where_horizons_overlap() -> None:
    """Six dates two weeks apart, each with a horizon of 42 days."""
    plain, by_person = overlapping_horizons(np.random.default_rng(3), 400, 600, 0.1)
    assert plain < 0.9
    assert by_person >= 0.93


def test_intervals_of_areas_cover_where_horizons_overlap(
    default_world: Scratch,
) -> None:
    """As in bench/dates.py --areas: of all dates together they are by person."""
    kind = Persons(800, 0.1, horizon=42, step=14, dates=6, levels=20)
    plain, by_person = areas_that_hold(default_world, kind, worlds=100)
    assert plain < 0.93
    assert by_person >= 0.93


@pytest.mark.parametrize("rate", [0.0005, 0.01, 0.3])
def test_the_interval_for_the_next_date_holds(
    default_world: Scratch, rate: float
) -> None:
    """As in bench/dates.py: whether dates differ or not, at any rate."""
    sql, covered, of_one_date = outlook_sql(default_world), [], []
    with duckdb.connect() as connection:
        for spread in (0.0, 0.2, 0.5):
            drawn = worlds_of_dates(300, rate, spread, users=2000, dates=6, seed=1)
            said, truth = outlooks(connection, sql, drawn), drawn.next_rate
            covered.append(said["lower_rate"].le(truth) & said["upper_rate"].ge(truth))
            low, high = wilson(drawn.conversions.sum(axis=1), drawn.users.sum(axis=1))
            of_one_date.append((low <= truth) & (truth <= high))
    assert np.mean(covered) >= 0.93
    assert min(np.mean(of) for of in covered) >= 0.9
    # Of dates that differ, as if they were one.
    assert np.mean(of_one_date[2]) < 0.8


@pytest.mark.parametrize("dates", [1, 2])
def test_one_or_two_dates_do_not_pass_for_all(
    default_world: Scratch, dates: int
) -> None:
    """They cannot say how far dates differ: they may, by half of their rate."""
    sql, covered = outlook_sql(default_world), []
    with duckdb.connect() as connection:
        for rate in (0.01, 0.05, 0.3):
            drawn = worlds_of_dates(300, rate, 0.5, users=2000, dates=dates, seed=1)
            said, truth = outlooks(connection, sql, drawn), drawn.next_rate
            covered.append(said["lower_rate"].le(truth) & said["upper_rate"].ge(truth))
    assert min(np.mean(of) for of in covered) >= 0.92


@pytest.mark.parametrize(
    ("rate", "rise", "worlds"), [(0.0005, 0.06, 8), (0.03, 0.03, 25), (0.3, 0, 20)]
)
def test_what_a_score_converts_at_holds_at_the_next_date(
    default_world: Scratch, rate: float, rise: float, worlds: int
) -> None:
    """As in bench/dates.py --scores: of all people, and of the high scores."""
    kind = Scores(1500, 6, rate, 0.2, rise)
    found = score_worlds(default_world, kind, worlds)
    of_people = [(w["holds"] * w["people"]).sum() / w["people"].sum() for w in found]
    assert np.mean(of_people) >= 0.93
    assert np.mean([w["holds"][w["score"] >= 50].mean() for w in found]) >= 0.9
    for world in found:
        for column in ("conversion_rate", "lower_rate", "upper_rate"):
            assert world[column].is_monotonic_increasing
        assert world["upper_rate"].iloc[0] < 1


def test_who_was_not_measured_has_no_rate_and_no_percentile(
    default_world: Scratch,
) -> None:
    rows = default_world.query(
        "select user_id, scores.is_customer, has_activity, percentile,"
        " scores.conversion_rate, scores.lower_rate, scores.upper_rate, score_meaning"
        " from main.user_scores as scores inner join internal.int_user_as_of_dates"
        " using (user_id, as_of_date)"
    )
    measured = [row for row in rows if not row[1] and row[2]]
    others = [row for row in rows if row[1] or not row[2]]
    assert measured
    assert others
    assert all(cell is None for row in others for cell in row[3:])
    assert all(row[3] is not None for row in measured)
    with_meaning = [row for row in measured if row[7]]
    assert len(with_meaning) > 0.9 * len(measured)
    for *_, rate, low, high, meaning in with_meaning:
        assert low <= rate <= high
        assert "within 14 days" in meaning
        assert "0 % [0-0]" not in meaning


def test_the_evaluation_is_printed(default_world: Scratch, scratch: Scratch) -> None:
    result = default_world.pointwise("evaluate")
    assert result.returncode == 0, last_lines(result)
    assert result.stdout.startswith("The score predicts who converts: in ")
    assert "subscription_started within 14 days of past dates" in result.stdout
    for title in (
        *("Bands, all", "Tenths of users", "The score and features alone"),
        "Bands at the next date",
    ):
        assert title in result.stdout
    ranking = default_world.pointwise("rank", "--limit", "3")
    assert ": Users in this band convert at " in ranking.stdout
    grades = re.findall(r"^([A-C][1-3]) \(.*\): .*", ranking.stdout, re.M)
    assert grades == sorted(set(re.findall(r"\b[A-C][1-3]\b(?! \()", ranking.stdout)))
    missing = scratch.pointwise("evaluate")
    assert missing.returncode == 1
    assert missing.stderr.startswith("error: no published scores")


def test_a_repeatable_outcome_is_evaluated_by_two_settings(
    default_world: Scratch, scratch: Scratch
) -> None:
    """Clicks in e-mails: who clicked before may click again, and stays in."""
    for name in ("POINTWISE_EVENTS", "POINTWISE_USERS"):
        scratch.environment[name] = default_world.environment[name]
    outcome = {"outcome_event_type": "email_clicked", "outcome_is_repeatable": True}
    scratch.build(*NO_TESTS, "--vars", repr(outcome))
    populations = scratch.query(
        "select is_repeatable, users, customers, examples, conversions"
        " from main.snapshot_populations order by 1"
    )
    assert len(populations) == 6
    for is_repeatable, users, customers, examples, conversions in populations:
        assert is_repeatable
        assert (customers, examples) == (0, users)
        assert conversions > 0
    clicks = scratch.query(
        "select person_id, activity_date from internal.int_activity_today"
        " where event_type = 'email_clicked'"
    )
    # A label is of the person whose id it is by all that is known today.
    examples = scratch.query(
        "select coalesce(person_id, user_id), as_of_date, is_converted,"
        " email_clicks_28d > 0 from main.training_examples"
        " left join internal.int_persons_today using (user_id)"
    )
    assert any(converted and clicked for _, _, converted, clicked in examples)
    horizon = [timedelta(days=days) for days in range(1, 15)]
    clicked_on: dict[tuple[str, date], bool] = dict.fromkeys(clicks, True)
    for user_id, day, is_converted, _ in examples:
        came = any((user_id, day + days) in clicked_on for days in horizon)
        assert is_converted == came, (user_id, day)
