"""Training: figures that mean what they say, no look ahead, the same model again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as reference
from sklearn.linear_model import LogisticRegression

from conftest import Scratch, planting
from pointwise.commands import train
from pointwise.core.errors import PointwiseError
from pointwise.learning import metrics, models
from pointwise.learning.artefact import read_model
from pointwise.learning.bootstrap import interval, weights_over_users
from pointwise.learning.comparison import Population
from pointwise.learning.curves import curves
from pointwise.learning.encoding import Column, columns_of, encode, linear
from pointwise.learning.examples import Examples, examples_of, with_truth
from pointwise.learning.split import split_by_time

FIRST_DATE = date(2026, 1, 5)


def made_up_examples(
    users: int = 300, dates: int = 6, step: int = 14, seed: int = 1
) -> pd.DataFrame:
    """Return examples of which visits, a late booking and the industry decide."""
    random = np.random.default_rng(seed)
    rows = users * dates
    visits = random.poisson(2, rows).astype(float)
    booking = np.where(random.random(rows) < 0.1, random.integers(0, 30, rows), np.nan)
    industry = random.choice(["Retail", "Software", None], rows).astype(object)
    odds = (
        -3.2 + 0.5 * visits + 1.5 * ~np.isnan(booking) + 0.7 * (industry == "Software")
    )
    day = np.repeat([FIRST_DATE + timedelta(step * k) for k in range(dates)], users)
    return pd.DataFrame(
        {
            "user_id": np.tile([f"u{k:04}" for k in range(users)], dates),
            "as_of_date": pd.to_datetime(day),
            "is_converted": random.random(rows) < 1 / (1 + np.exp(-odds)),
            "score": np.minimum(1 + 3 * visits, 100).astype(int),
            "is_judged": True,
            "visits": visits,
            "days_since_booking": booking,
            "industry": industry,
            "horizon_end_date": pd.to_datetime(day) + timedelta(14),
        }
    )


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """A folder of published files with made-up examples, without any build."""
    scratch = Scratch(tmp_path_factory.mktemp("examples"))
    publish(scratch, made_up_examples())
    return scratch


def publish(scratch: Scratch, table: pd.DataFrame) -> None:
    """Publish examples as a build would, for the trainer to read."""
    features = pd.DataFrame(
        {
            "feature": ["visits", "days_since_booking", "industry"],
            "event_type": ["page_view", "calendar_booked", None],
            "measure": ["events", "days_since_last", "attribute"],
            "window_days": [30, 30, None],
            "half_life_days": [None, None, None],
        }
    )
    outcomes = table[["user_id", "as_of_date", "horizon_end_date"]]
    populations = table[["as_of_date", "horizon_end_date", "is_judged"]]
    populations = populations.drop_duplicates()
    populations = populations.assign(outcome="signed_up", is_repeatable=False)
    parts = {
        "snapshot_populations": populations,
        "training_examples": table.drop(columns=["horizon_end_date", "is_judged"]),
        "user_outcomes": outcomes,
        "features": features,
    }
    with duckdb.connect() as connection, planting(scratch) as folder:
        for name, frame in parts.items():
            file = folder / f"{name}.parquet"
            connection.register("frame", frame)
            dates = [
                f"{column}::date as {column}"
                for column in frame
                if column.endswith("_date")
            ]
            replaced = f"replace ({', '.join(dates)})" if dates else ""
            connection.execute(f"copy (select * {replaced} from frame) to '{file}'")


@pytest.fixture
def trained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> Callable[..., str]:
    """Train, in this process, on published examples, and return what is printed."""
    monkeypatch.setattr(models, "CANDIDATES", models.CANDIDATES[:2])

    def run(scratch: Scratch, folder: Path, *arguments: str) -> str:
        monkeypatch.setenv("POINTWISE_PUBLISHED", str(scratch.published))
        monkeypatch.setenv("POINTWISE_MODEL", str(folder))
        monkeypatch.setenv("POINTWISE_USERS", str(scratch.folder / "users.parquet"))
        train.main(["--replicates", "5", *arguments], standalone_mode=False)
        return capsys.readouterr().out

    return run


def random_rows(rows: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return probabilities with ties, labels drawn from them, and whole weights."""
    random = np.random.default_rng(3)
    probability = random.integers(1, 60, rows) / 100
    label = (random.random(rows) < probability).astype(float)
    return probability, label, random.integers(0, 4, rows).astype(float)


def test_figures_are_those_of_scikit_learn_also_for_repeated_rows() -> None:
    probability, label, weight = random_rows()
    found = metrics.Judge(probability, label, 0.25).figures(weight)
    again = np.repeat(np.arange(len(label)), weight.astype(int))
    p, y = probability[again], label[again]
    margin = metrics.log_odds(p)
    slope = LogisticRegression(C=np.inf, tol=1e-8).fit(margin[:, None], y).coef_[0, 0]
    base = np.mean((y - 0.25) ** 2)
    expected = {
        "auc": reference.roc_auc_score(y, p),
        "average_precision": reference.average_precision_score(y, p),
        "brier": reference.brier_score_loss(y, p),
        "brier_skill": 1 - reference.brier_score_loss(y, p) / base,
        "log_loss": reference.log_loss(y, p),
        "calibration_slope": slope,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-4)


def test_expected_auc_is_the_sum_over_pairs_that_defines_it() -> None:
    random = np.random.default_rng(5)
    p, score = random.random(40), random.integers(0, 8, 40)
    wins = total = 0.0
    for i in range(40):
        for j in range(40):
            if i != j:
                pair = p[i] * (1 - p[j])
                total += pair
                wins += pair * ((score[i] > score[j]) + (score[i] == score[j]) / 2)
    found = metrics.auc(metrics.ranking(score), p, np.ones(40))
    assert found == pytest.approx(wins / total)


def test_the_top_tenth_shares_out_ties() -> None:
    """Of 20 rows 2 are the top tenth: the best, and a third of three that tie."""
    p = np.array([0.9, 0.5, 0.5, 0.5] + [0.1] * 16)
    y = np.array([1.0, 1, 0, 1] + [0.0] * 16)
    found = metrics.Judge(p, y, 0.15).figures(np.ones(20))
    assert found["top_tenth_lift"] == pytest.approx((1 + 2 / 3) / 3 / 0.1)
    expected = (0.9 + 0.5) / (1 + 2 / 3)
    assert found["top_tenth_predicted_by_observed"] == pytest.approx(expected)


def test_true_probabilities_are_calibrated_and_doubled_log_odds_are_not() -> None:
    p = np.random.default_rng(1).uniform(0.01, 0.5, 500)
    once = np.ones(500)
    assert metrics.calibration(metrics.log_odds(p), p, once) == pytest.approx((1, 0))
    slope, _ = metrics.calibration(2 * metrics.log_odds(p), p, once)
    assert slope == pytest.approx(0.5)


def test_users_are_drawn_with_all_their_rows() -> None:
    users = np.array(["a", "b", "a", "c", "b"])
    drawn = list(weights_over_users(users, 50, seed=1))
    for weight in drawn:
        assert weight[0] == weight[2]
        assert weight[1] == weight[4]
        assert weight[0] + weight[1] + weight[3] == 3
    assert len({tuple(weight) for weight in drawn}) > 5
    assert interval([float(number) for number in range(101)]) == pytest.approx(
        (2.5, 97.5)
    )


@pytest.mark.parametrize("step", [7, 14])
def test_no_training_horizon_reaches_into_the_test(step: int) -> None:
    examples = examples_of(made_up_examples(step=step))
    split = split_by_time(examples)
    first_test_date = examples.as_of_date[split.test].min()
    assert examples.horizon_end_date[split.training].max() <= first_test_date
    assert len(split.test_dates) == 2
    # Snapshots a week apart: the one whose horizon is open at the test is left out.
    assert len(split.training_dates) == (4 if step == 14 else 3)
    chosen = split_by_time(examples, test_from=split.test_dates[-1])
    assert chosen.test_dates == split.test_dates[-1:]


def test_no_test_date_is_one_that_points_have_learned_from() -> None:
    table = made_up_examples()
    days = sorted(table["as_of_date"].unique())
    last_only = examples_of(table.assign(is_judged=table["as_of_date"] >= days[5]))
    split = split_by_time(last_only)
    assert split.test_dates == [days[5].date()]
    assert len(split.training_dates) == 5
    with pytest.raises(PointwiseError, match=f"--test-from {days[5].date()} or later"):
        split_by_time(last_only, test_from=days[4].date())
    with pytest.raises(PointwiseError, match="nothing to judge by: the points have"):
        split_by_time(examples_of(table.assign(is_judged=False)))


@pytest.mark.parametrize("did", ["converted", "did not convert"])
def test_too_few_of_either_outcome_are_a_clear_error(did: str) -> None:
    table = made_up_examples(users=20).assign(is_converted=did != "converted")
    with pytest.raises(PointwiseError, match=f"examples before 2026-03-02 {did}"):
        split_by_time(examples_of(table))


def test_rare_values_and_unknown_ones_have_no_column_of_their_own() -> None:
    table = made_up_examples()
    table.loc[:10, "industry"] = "Fishing"
    features = table[["visits", "days_since_booking", "industry"]]
    columns = columns_of(features, table["user_id"].to_numpy())
    assert columns == [
        Column("visits"),
        Column("days_since_booking"),
        Column("industry", "Retail"),
        Column("industry", "Software"),
    ]
    other = features.head(3).assign(
        industry=["Software", None, "Mining"], days_since_booking=[np.nan, 0, 3]
    )
    encoded = encode(other, columns)
    assert encoded[:, 3].tolist() == [1, 0, 0]
    assert np.isnan(encoded[0, 1])
    assert linear(encoded, np.isnan(encoded).any(axis=0)).shape == (3, 5)


def test_the_same_data_give_the_same_model_for_any_threads(
    published: Scratch, tmp_path: Path, trained: Callable[..., str]
) -> None:
    printed = trained(published, tmp_path / "one")
    assert "Installed in" in printed
    again = trained(published, tmp_path / "two")
    assert again.count("\n") == printed.count("\n")
    for name in (
        "model.json",
        "comparison.json",
        "curves.json",
        "comparison.png",
        "card.json",
    ):
        one, two = (tmp_path / folder / name for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()
    examples = examples_of(made_up_examples(users=100))
    encoded = encode(
        examples.features, [Column("visits"), Column("days_since_booking")]
    )
    settings = models.Settings({**models.COMMON, "max_depth": 3, "seed": 1}, 30, 0.0)
    one, two = (
        models.fit_xgboost(
            encoded,
            examples.is_converted,
            settings._replace(parameters={**settings.parameters, "nthread": threads}),
        ).save_raw("json")
        for threads in (1, 2)
    )
    assert one == two


def test_a_model_replaces_another_only_if_it_is_better(
    published: Scratch, tmp_path: Path, trained: Callable[..., str]
) -> None:
    trained(published, tmp_path)
    model = tmp_path / "model.json"
    first = model.read_bytes()
    assert "the model in use already" in trained(published, tmp_path)
    # It has learned from all dates: nothing is left to judge it and another by.
    printed = trained(published, tmp_path, "--test-from", "2026-01-19", "--seed", "9")
    assert "Not installed: there is no later snapshot" in printed
    assert model.read_bytes() == first
    assert (tmp_path / "candidate" / "comparison.png").exists()
    forced = ("--test-from", "2026-01-19", "--seed", "9", "--force")
    assert "Installed in" in trained(published, tmp_path, *forced)
    assert model.read_bytes() != first
    # A model of another outcome is no rival.
    other = read_model(model)
    outcome = other.outcome._replace(event_type="search")
    model.write_bytes(other._replace(outcome=outcome).file())
    printed = trained(published, tmp_path)
    assert "predicts another outcome: it is replaced" in printed
    assert "model in use" not in (tmp_path / "comparison.json").read_text()
    assert read_model(model).outcome == other.outcome
    model.write_text("{}")
    with pytest.raises(PointwiseError, match="is no model of `pointwise train`"):
        trained(published, tmp_path)


def test_the_model_in_use_is_judged_on_dates_it_did_not_learn_from(
    published: Scratch, tmp_path: Path, trained: Callable[..., str]
) -> None:
    earlier = Scratch(tmp_path / "earlier")
    table = made_up_examples()
    publish(earlier, table[table["as_of_date"] < table["as_of_date"].max()])
    trained(earlier, tmp_path / "model", "--force")
    in_use = read_model(tmp_path / "model" / "model.json")
    assert in_use.learned_until == str(table["as_of_date"].max().date())
    printed = trained(published, tmp_path / "model", "--force")
    assert "Since the model in use: 300 examples of 300 users" in printed
    rows = json.loads((tmp_path / "model" / "comparison.json").read_text())
    assert {row["population"] for row in rows if row["model"] == "model in use"} == {
        "since the model in use"
    }


def test_a_model_that_tells_no_more_than_the_rules_is_not_installed(
    tmp_path: Path, trained: Callable[..., str]
) -> None:
    scratch = Scratch(tmp_path)
    table = made_up_examples()
    # A score that knows the outcome.
    table["score"] = np.where(table["is_converted"], 90, 10) + table["visits"].astype(
        int
    )
    publish(scratch, table)
    printed = trained(scratch, tmp_path / "model")
    assert "Not installed" in printed
    assert "of the rules" in printed
    assert not (tmp_path / "model" / "model.json").exists()


def test_curves_say_what_the_figures_say_in_any_order_of_the_rows() -> None:
    probability, label, _ = random_rows()
    users = np.arange(len(label)).astype(str)
    shuffled = np.random.default_rng(5).permutation(len(label))
    everyone = Population("all users", users, label, {"ours": probability}, None)
    points = curves(everyone)
    assert points == curves(everyone.only("all users", shuffled))
    assert [point.hundredth for point in points] == list(range(1, 101))
    found = pd.DataFrame(points)
    assert (found["predicted_rate"].diff().dropna() <= 0).all()
    assert found["predicted_rate"].mean() == pytest.approx(probability.mean())
    assert found["conversion_rate"].mean() == pytest.approx(label.mean())
    area = np.trapezoid([0, *found["converted_share"]], x=[0, *found["others_share"]])
    assert area == pytest.approx(reference.roc_auc_score(label, probability), abs=2e-3)
    top = found["converted_share"][9]
    figures = metrics.Judge(probability, label, 0.25).figures(np.ones(len(label)))
    assert top == pytest.approx(figures["top_tenth_lift"] / 10, abs=1e-6)
    assert curves(everyone._replace(label=np.zeros(len(label)))) == []


def test_comparison_names_every_model_and_population(
    published: Scratch, tmp_path: Path, trained: Callable[..., str]
) -> None:
    trained(published, tmp_path)
    rows = json.loads((tmp_path / "comparison.json").read_text())
    assert {row["model"] for row in rows} == {
        "base rate",
        "single feature",
        "rules",
        "logistic",
        "xgboost",
        "mean",
    }
    assert {row["population"] for row in rows} == {"all users", "other users"}
    auc = {
        row["model"]: row
        for row in rows
        if (row["population"], row["figure"]) == ("all users", "auc")
    }
    assert auc["base rate"]["value"] == 0.5
    assert auc["xgboost"]["low"] < auc["xgboost"]["high"]
    assert auc["xgboost"]["value"] > auc["rules"]["value"]


def truth_of(examples: Examples, change: Callable, folder: Path) -> Examples:
    """Return the examples with a truth that was written to a folder, changed."""
    draws = pd.DataFrame(
        {
            "user_id": examples.user_id,
            "as_of_date": examples.as_of_date.astype("datetime64[s]"),
            "probability": 0.25,
            "converted": examples.is_converted == 1,
        }
    )
    draws = change(draws)
    users = pd.DataFrame({"user_id": np.unique(examples.user_id), "is_bot": False})
    with duckdb.connect() as connection:
        for name, frame in (("probabilities", draws), ("users", users)):
            columns = "* replace (cast(as_of_date as date) as as_of_date)"
            connection.register("frame", frame)
            connection.execute(
                f"copy (select {columns if name == 'probabilities' else '*'}"
                f" from frame) to '{folder}/{name}.parquet'"
            )
    return with_truth(examples, folder)


def test_the_truth_of_another_world_is_not_taken(tmp_path: Path) -> None:
    examples = examples_of(made_up_examples(users=50))
    assert with_truth(examples, tmp_path).probability is None
    assert truth_of(examples, lambda draws: draws, tmp_path).probability is not None
    fewer = truth_of(examples, lambda draws: draws.head(100), tmp_path)
    assert fewer.probability is None
    other = truth_of(
        examples, lambda draws: draws.assign(converted=~draws["converted"]), tmp_path
    )
    assert other.probability is None


def test_the_truth_of_a_device_is_that_of_its_person(tmp_path: Path) -> None:
    examples = examples_of(made_up_examples(users=50))
    first, second, third = np.unique(examples.user_id)[:3]
    ids = pd.DataFrame({"id": np.unique(examples.user_id), "kind": "person"})
    ids["user_id"] = ids["id"]
    ids.loc[ids["id"] == second, ["kind", "user_id"]] = ("device", first)
    ids.loc[ids["id"] == third, ["kind", "user_id"]] = ("crawler", None)
    with duckdb.connect() as connection:
        connection.register("frame", ids)
        connection.execute(f"copy frame to '{tmp_path}/ids.parquet' (format parquet)")

    def only_of_persons(draws: pd.DataFrame) -> pd.DataFrame:
        return draws[~draws["user_id"].isin([second, third])]

    found = truth_of(examples, only_of_persons, tmp_path)
    of = {id: found.probability[found.user_id == id] for id in (first, second, third)}
    assert (of[first] == 0.25).all()
    assert (of[second] == 0.25).all()
    assert (of[third] == 0).all()
    assert found.is_bot[found.user_id == third].all()
    assert not found.is_bot[found.user_id == second].any()


def test_nothing_published_is_a_one_line_error(scratch: Scratch) -> None:
    result = scratch.pointwise("train")
    assert result.returncode == 1
    assert "no published scores" in result.stderr
    assert result.stderr.count("\n") == 1
