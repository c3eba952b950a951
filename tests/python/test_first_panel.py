"""The control panel that an import writes: learned from what led to the outcome."""

from __future__ import annotations

import csv
import hashlib
import re
from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml

from conftest import CORE, Scratch, clean_environment, last_lines
from pointwise.core.home import HOME, PROJECT
from pointwise.core.outcome import Outcome
from pointwise.core.settings import setting_mistakes, vars_of_run
from pointwise.core.sql_text import escaped
from pointwise.importing import past
from pointwise.importing.asked import Asked, as_yaml
from pointwise.importing.first_panel import Bands, first_panel, said_of_too_few
from pointwise.importing.learned import (
    band_starts,
    learn,
    likely_between,
    noise_reaches,
    quality,
    score_of,
)
from pointwise.importing.starter_panel import Starter
from pointwise.importing.summary import event_names
from pointwise.importing.values import connect
from pointwise.learning.models import fit_logistic

FIRST_DAY = date(1997, 1, 1)
COLUMNS = (
    *("event_id", "user_id", "anonymous_id", "event_type", "session_id"),
    *("page_path", "channel", "device", "country", "user_agent", "unparsed"),
)


def purchases(people: int = 400, days: int = 240) -> list[tuple[str, date, str, float]]:
    """Return purchases of 1997: who buys often and spends much does so again."""
    random = np.random.default_rng(5)
    rate = random.gamma(0.8, 1 / 25, people) + 0.003
    spends = random.lognormal(2.5, 0.8, people)
    return [
        (
            f"p{n}",
            FIRST_DAY + timedelta(days=int(day)),
            "Purchase" if random.random() < 0.8 else "Return visit",
            round(float(spends[n] * random.lognormal(0, 0.3)), 2),
        )
        for n in range(people)
        for day in np.flatnonzero(random.random(days) < rate[n])
    ]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """Purchases, dates only, imported, and built by nothing but their folder's name."""
    scratch = Scratch(tmp_path_factory.mktemp("shop"))
    scratch.environment = clean_environment()
    file, folder = scratch.folder / "sales.csv", scratch.folder / "mine"
    with file.open("w", newline="") as lines:
        csv.writer(lines).writerows([("user_id", "date", "event", "amount")])
        csv.writer(lines).writerows(purchases())
    result = scratch.pointwise(
        *("import", str(file), "--home", str(folder), "--map", "occurred_at=date"),
        *("--outcome", "Purchase", "--outcome-min-amount", "25"),
    )
    assert result.returncode == 0, last_lines(result)
    assert "100 % of the events are before 2000-01-01" in result.stdout
    assert "had it again: it is repeatable, and its own past counts." in result.stdout
    assert "Points are learned from " in result.stdout
    scratch.environment[HOME] = str(folder)
    scratch.warehouse, scratch.published = (
        folder / "pointwise.duckdb",
        folder / "published",
    )
    built = scratch.run(
        *("dbt", "--log-level-file=none", "--no-use-colors", "build", *CORE),
        *("path:models/optional/evaluation", f"--target-path={scratch.folder}/target"),
    )
    assert built.returncode == 0, last_lines(built)
    return scratch


def test_settings_say_what_was_found(shop: Scratch) -> None:
    text = (shop.folder / "mine" / "settings.yml").read_text()
    assert yaml.safe_load(text) == {
        "earliest_event_date": "1997-01-01",
        "outcome_event_type": {"event_types": "purchase", "min_amount": 25},
        "outcome_is_repeatable": True,
        "learned_until": "1997-07-28",
    }


def test_points_are_judged_by_dates_that_they_have_not_learned_from(
    shop: Scratch,
) -> None:
    """Of the eight or more dates the last two; the build keeps the last six."""
    text = (shop.folder / "mine" / "settings.yml").read_text()
    until = date.fromisoformat(yaml.safe_load(text)["learned_until"])
    days = shop.query(
        "select as_of_date, is_judged, examples from main.snapshot_populations"
        " order by as_of_date"
    )
    assert [is_judged for _, is_judged, _ in days] == [False] * 4 + [True] * 2
    assert next(day for day, is_judged, _ in days if is_judged) == until
    judged = sum(examples for _, is_judged, examples in days if is_judged)
    for mart in ("score_band_performance", "score_deciles"):
        (found,) = shop.query(
            f"select sum(users), min(as_of_date) from main.{mart}"
            " where as_of_date is not null"
        )
        assert found == (judged, until)
    (signals,) = shop.query(
        "select min(as_of_date) from main.feature_signals where feature = 'score'"
    )
    assert signals == (until,)
    (outlook,) = shop.query("select sum(users), max(dates) from score_band_outlook")
    assert outlook == (judged, 2)


def test_what_was_learned_from_is_what_the_build_has(shop: Scratch) -> None:
    """Every feature of every person as of every date, and every label."""
    panel, connection = shop.folder / "mine" / "panel", connect()
    rows = f"read_parquet('{escaped(shop.folder / 'mine' / 'events')}/*.parquet')"
    given = yaml.safe_load((shop.folder / "mine" / "settings.yml").read_text())
    settings = vars_of_run(PROJECT, given)
    names = event_names(connection, rows, [])
    past.prepare(connection, rows, "event_type", names, settings)
    features = [
        past.Feature(*row[:3], int(row[3]), int(row[4] or 0) or None, *row[5:])
        for row in list(csv.reader((panel / "features.csv").open()))[1:]
    ]
    outcome = Asked(("Purchase",), 1, 25).outcome
    examples = past.past_examples(connection, outcome, True, settings)
    values = past.feature_values(connection, examples, features)
    ids = [f"p{n}" for n in range(400)]
    bought = {row[0] for row in purchases()}
    ids = sorted(
        bought.intersection(ids), key=lambda one: hashlib.md5(one.encode()).hexdigest()
    )
    here = {
        (ids[person - 1], day.date()): (*row, label)
        for (_, person, day), row, label in zip(
            examples.keys.itertuples(index=False),
            values.itertuples(index=False),
            examples.is_converted,
            strict=True,
        )
    }
    columns = ", ".join(f"features.{f.feature}::double" for f in features)
    built = shop.query(
        f"select user_id, as_of_date, {columns}, is_converted::double"
        " from main.user_features as features"
        " inner join main.user_outcomes using (user_id, as_of_date)"
    )
    assert len(built) > 800
    for user, day, *cells in built:
        wanted = [np.nan if cell is None else cell for cell in cells]
        assert here[user, day] == pytest.approx(wanted, abs=1e-6, nan_ok=True)


def test_scores_rank_and_the_best_tenth_lies_in_the_top_two_bands(
    shop: Scratch,
) -> None:
    shares = dict(
        shop.query(
            "select band, count(*) / sum(count(*)) over () from user_scores group by 1"
        )
    )
    assert shares["high"] > 0.01
    assert 0.1 <= shares["high"] + shares["medium"] < 0.25
    examples = shop.query("select score, is_converted::int from main.training_examples")
    score, label = (np.array(column, float) for column in zip(*examples, strict=True))
    assert quality(score, label) > 0.75


def landed(rows: list[tuple[str, date, str]]) -> tuple[duckdb.DuckDBPyConnection, str]:
    """Return events as an import lands them, and the name of their table."""
    connection = connect()
    found = pd.DataFrame(rows, columns=["user_id", "occurred_at", "event_type"])
    found["occurred_at"] = pd.to_datetime(found["occurred_at"])
    connection.register("drawn", found)
    others = ", ".join(
        f"null::varchar as {name}" for name in COLUMNS if name not in found.columns
    )
    connection.execute(
        f"create table landed as select *, {others}, null::timestamp as received_at,"
        " null::double as amount, null::double as duration_seconds from drawn"
    )
    return connection, "landed"


def a_product() -> list[tuple[str, date, str]]:
    """Return demos, after which people buy once and get invoices, among noise."""
    random, rows = np.random.default_rng(1), []
    for n in range(500):
        person, bought = f"p{n}", None
        for day in range(150):
            today = date(2026, 1, 1) + timedelta(days=day)
            if random.random() < 0.15:
                rows.append((person, today, ("View", "Search", "Help")[day % 3]))
            if random.random() < 0.02:
                rows.append((person, today, "Demo"))
                if bought is None and random.random() < 0.5:
                    bought = today + timedelta(days=int(random.integers(1, 10)))
            if random.random() < 0.02:
                rows.append((person, today, "Unsubscribed"))
                bought = bought if bought and bought < today else None
            if random.random() < 0.01:
                rows.append((person, today, f"order {random.integers(1000, 1010)}"))
            if today == bought:
                rows.append((person, today, "Plan bought"))
            if bought and today > bought and (today - bought).days % 30 == 0:
                rows.append((person, today, "Invoice sent"))
    return [*rows, ("p1", date(2026, 2, 1), "Once only")]


def learned_from(
    rows: list[tuple[str, date, str]],
    outcome: Outcome | None,
    capacity: int | None = None,
    **given: object,
) -> Starter:
    """Return the panel that rows suggest."""
    connection, table = landed(rows)
    settings = {**vars_of_run(PROJECT, None), "outcome_is_repeatable": None, **given}
    rows = (connection, table, "event_type", event_names(connection, table, []), 500)
    return first_panel(*rows, outcome, settings, capacity=capacity)


@pytest.fixture(scope="module")
def learned() -> Starter:
    return learned_from(a_product(), Outcome(["plan_bought"]))


def test_points_follow_what_went_before_the_outcome(learned: Starter) -> None:
    assert learned.is_repeatable is False
    features = {row[0]: row[1] for row in learned.tables["features"]}
    points: dict[str, list[int]] = {}
    for row in learned.tables["scoring_rules"]:
        points.setdefault(features[row[2]], []).append(row[6])
    assert min(points["demo"]) > 0
    assert sum(points["demo"]) > sum(map(sum, points.values())) / 2
    assert max(points["unsubscribed"]) < 0
    assert len(learned.tables["scoring_rules"]) <= 30
    assert "happens once, and who had it is a customer" in learned.said[0]
    reasons = {row[9] for row in learned.tables["scoring_rules"]}
    assert any(re.match(r"Demo {value} time\(s\) in \d+ days, ", r) for r in reasons)


def test_what_says_nothing_of_intent_is_left_out_by_name(learned: Starter) -> None:
    said = " ".join(learned.said)
    assert "only on the day of the outcome or later: invoice_sent." in said
    assert "a name made by a machine: order_1000, order_1001" in said
    assert "hardly anybody has it: once_only." in said
    used = {row[1] for row in learned.tables["features"]}
    assert not used & {"invoice_sent", "once_only", "plan_bought", "order_1000"}
    assert learned.scored_as["Invoice sent"] == "without points: left out"
    assert learned.scored_as["Plan bought"] == "the outcome"


def test_without_an_outcome_or_too_few_points_go_by_rarity() -> None:
    rows = a_product()[:4000]
    without = learned_from(rows, None)
    assert "points go by rarity" in without.said[-1]
    too_few = learned_from(rows, Outcome(["once_only"]))
    assert "20 are needed to learn from: points go by rarity." in too_few.said[-1]
    assert too_few.is_repeatable is False
    bought = learned_from(rows[:400], Outcome(["plan_bought"]))
    assert "points go by rarity" in bought.said[-1]
    assert "only on the day of the outcome or later: invoice_sent." in " ".join(
        bought.said
    )
    assert bought.scored_as["Invoice sent"] == "as activity, without points"


def test_points_by_rarity_are_what_is_said_of_them() -> None:
    """One view of today, one of 14 days before, and three of 15 to 17 days before."""
    last = date(2026, 5, 20)
    days = {"ann": [0], "cid": [14], "bob": [15, 16, 17], "dan": [0, 1, 2, 3]}
    rows = [(p, last - timedelta(n), "view") for p, ago in days.items() for n in ago]
    found = learned_from(rows, None)
    assert found.scored_as["view"] == "12 points per 0.5 by age, to 48"
    assert found.said[-1].endswith(
        "By age: an event of today counts 1, one of 14 days before 0.5; one within 7"
        " days earns its points once more."
    )
    (rule,) = (r for r in found.tables["scoring_rules"] if r[0] == "did_view")
    assert rule[9] == "View {value} time(s) in 28 days, weighted by age"
    connection, landed_rows = landed(rows)
    names = event_names(connection, landed_rows, [])
    past.prepare(
        connection, landed_rows, "event_type", names, vars_of_run(PROJECT, None)
    )
    people = past.people_of_the_last_day(connection, 180)
    features = [past.Feature(*row) for row in found.tables["features"]]
    values = past.feature_values(connection, people, features)
    earned = dict.fromkeys(days, 0)
    order = sorted(days, key=lambda one: hashlib.md5(one.encode()).hexdigest())
    for person, value in zip(people.keys["person"], values["view_28d"], strict=True):
        each, per, most = rule[6:9]
        earned[order[person - 1]] = min(int(value / per) * each, most)
    assert earned == {"ann": 24, "cid": 12, "bob": 24, "dan": 48}


def test_nothing_to_learn_is_not_said_to_be_too_few_examples() -> None:
    settings = {"horizon_days": 14}
    said = said_of_too_few(np.repeat([1, 0], 30), settings)
    assert said.startswith("30 of 60 examples of people on past days had the outcome")
    assert said.endswith("nothing known about them says which: points go by rarity.")
    few = said_of_too_few(np.repeat([1, 0], [19, 41]), settings)
    assert few.endswith("and 20 are needed to learn from: points go by rarity.")


def test_what_ranks_later_days_no_better_than_chance_is_not_taken() -> None:
    random = np.random.default_rng(3)
    rows = [
        (f"p{random.integers(400)}", date(2026, 1, 1) + timedelta(days=day), name)
        for day in range(240)
        for name in ("Visit", "Search", "Order")
        for _ in range(8)
    ]
    found = learned_from(rows, Outcome(["order"]))
    assert "(50 is chance): points go by rarity." in found.said[-1]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_noise_is_not_learned_where_no_later_days_are_left(seed: int) -> None:
    """People left out, a fifth in turn, show whether something led to the outcome."""
    random, first = np.random.default_rng(seed), date(2026, 1, 1)
    rows = [
        (f"p{random.integers(300)}", first + timedelta(days=day), name)
        for day in range(80)
        for name in (*("Visit", "Search", "Help") * 6, "Order")
    ]
    (*_, said) = learned_from(rows, Outcome(["order"])).said
    assert ") of people whom they had not learned from in the right order" in said
    assert "% of pairs (95 % interval " in said
    assert "no later days are left to judge them by: points go by rarity." in said
    short = [row for row in a_product() if row[1] < date(2026, 3, 2)]
    (*_, said) = learned_from(short, Outcome(["plan_bought"])).said
    assert said.startswith("Of people left out in turn they put 6")


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_the_interval_holds_what_ranks_of_people_hold(shift: float) -> None:
    """In 95 % of draws; noise passes the limit in one of 20. Copies add nothing."""
    random, inside, above = np.random.default_rng(4), 0, 0
    label, people = np.repeat([1.0, 0.0], [40, 160]), np.arange(200)
    truth = {0.0: 0.5, 1.0: 0.7602}[shift]  # Of normal scores: Phi(shift / sqrt(2)).
    for _ in range(1000):
        found = quality(random.normal(shift * label), label)
        low, high = likely_between(found, label, people)
        inside += low <= truth <= high
        above += found > noise_reaches(label, people)
    assert 0.93 <= inside / 1000 <= 0.97
    if shift == 0:
        assert 0.03 <= above / 1000 <= 0.07
    twice = np.tile(label, 2), np.tile(people, 2)
    assert noise_reaches(*twice) == noise_reaches(label, people)


def test_windows_follow_the_look_back(learned: Starter) -> None:
    """Learned ones in whole weeks, which hold each weekday as often."""
    for outcome in (None, Outcome(["demo"])):
        found = learned_from(a_product()[:4000], outcome, look_back_days=20)
        assert max(row[3] for row in found.tables["features"]) == 20
    assert {row[3] % 7 for row in learned.tables["features"]} == {0}


def test_bands_by_rarity_follow_the_scores_that_there_are() -> None:
    """Of 60 people one in ten asks for a demo; all points are far below 50."""
    rows = [
        (f"p{n}", date(2026, 3, 1 + n % 20), name)
        for n in range(60)
        for name in ("Visit", *["Demo"] * (n % 10 == 0))
    ]
    found = learned_from(rows, None)
    (_, high, *_), (_, medium, *_), (_, low, *_) = found.tables["score_bands"]
    assert 50 > high > medium > low == 1
    few = learned_from(rows[:20], None)
    assert [row[1] for row in few.tables["score_bands"]] == [50, 25, 1]


@pytest.mark.parametrize(
    ("people", "capacity"), [(60, None), (60, 12), (2, 12), (60, 1)]
)
def test_a_day_has_room_for_as_many_as_the_team_can_contact(
    people: int, capacity: int | None
) -> None:
    rows = [(f"p{n}", date(2026, 3, 1 + n % 20), "Visit") for n in range(people)]
    found = learned_from(rows, None, capacity=capacity)
    assert sum(row[3] or 0 for row in found.tables["score_bands"]) == (capacity or 50)


def test_steps_rank_as_well_as_a_logistic_regression() -> None:
    """Of a count and days since, of which half are unknown; judged on other people."""
    random, people = np.random.default_rng(2), 8000
    count = random.poisson(random.gamma(1, 4, people)).astype(float)
    since = np.where(
        random.random(people) < 0.5, np.nan, random.integers(0, 90, people)
    )
    margin = -3 + 0.8 * np.log1p(count) - 0.4 * np.log1p(np.nan_to_num(since, nan=90))
    label = (random.random(people) < 1 / (1 + np.exp(-margin))).astype(float)
    features = [
        past.Feature("visits", "visit", "events", 90, None, "visits", "visit: events"),
        past.Feature("ago", "visit", "days_since_last", 90, None, "days", "visit: ago"),
    ]
    values = pd.DataFrame({"visits": count, "ago": since})
    half = people // 2
    found = learn(features, values[:half], label[:half], np.arange(half))
    assert found is not None
    score = score_of(found.rules, values[half:])
    encoded = values.to_numpy(np.float32)
    logistic = fit_logistic(encoded[:half], label[:half], 1.0).margin(encoded[half:])
    assert quality(score, label[half:]) > quality(logistic, label[half:]) - 0.01
    high, medium = band_starts(score)
    assert 0.1 <= (score >= medium).mean() < 0.2
    assert high > medium
    # A team of which each of the sample stands for two, and that can call 60 of them.
    bands = Bands(60, 2).rows(score)
    medium = next(start for band, start, *_ in bands if band == "medium")
    assert 30 <= (score >= medium).sum() < 30 + (score == medium).sum()
    ties = np.array([*[50.0] * 22, *[10.0] * 178])
    (said,) = Bands(15, 1).said(ties)
    assert said.startswith("The two highest bands hold 22 people of the last day, more")
    assert Bands(22, 1).said(ties) == Bands(None, 1).said(ties) == []


def test_an_outcome_is_asked_for_in_many_ways() -> None:
    """As the command has it, and as settings.yml will."""
    for asked, line in (
        (Asked(("Plan bought",)), "plan_bought"),
        (Asked(("*",)), '"*"'),
        (Asked(("Order", "Renewal")), "[order, renewal]"),
        (Asked(("Click",), 10), "{event_types: click, min_events: 10}"),
        (Asked(("Order",), 1, 99.5), "{event_types: order, min_amount: 99.5}"),
    ):
        assert as_yaml(asked.setting()) == line
        value = yaml.safe_load(line)
        given = {"outcome_event_type": value, "outcome_is_repeatable": True}
        known = ["plan_bought", "order", "renewal", "click"]
        assert setting_mistakes(vars_of_run(PROJECT, given), known) == []
