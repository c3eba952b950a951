"""The build scores with the trained model: as the trainer would, explained, or not."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pytest

from conftest import PROJECT, Scratch, last_lines
from pointwise.commands import explain, train
from pointwise.learning import competition, models, split
from pointwise.learning.artefact import ATTRIBUTE, Trained, read_model
from pointwise.learning.encoding import encode
from pointwise.learning.installed import MEAN
from pointwise.learning.metrics import sigmoid
from pointwise.publishing import record
from pointwise.publishing.record import write_record

SCORED = ("user_propensity", "user_propensity_contributions", "score_disagreements")


@pytest.fixture(scope="module")
def learned(
    default_world: Scratch, tmp_path_factory: pytest.TempPathFactory
) -> Scratch:
    """The default world, scored with a model of trees and regression trained on it."""
    scratch = Scratch(tmp_path_factory.mktemp("learned"))
    folder = scratch.folder / "model"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "CANDIDATES", models.CANDIDATES[2:3])
        patch.setattr(split, "FEWEST", 2)
        patch.setattr(competition.Losses, "winner", lambda _: MEAN)
        patch.setenv("POINTWISE_PUBLISHED", str(default_world.published))
        patch.setenv("POINTWISE_MODEL", str(folder))
        patch.setenv("POINTWISE_USERS", str(default_world.folder / "users.parquet"))
        train.main(["--force", "--replicates", "3"], standalone_mode=False)
    shutil.copy(default_world.warehouse, scratch.warehouse)
    events = default_world.environment["POINTWISE_EVENTS"]
    scratch.environment |= {"POINTWISE_MODEL": str(folder), "POINTWISE_EVENTS": events}
    result = run_models(scratch)
    assert result.returncode == 0, last_lines(result)
    assert "No propensity model" not in result.stdout
    return scratch


def run_models(scratch: Scratch, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run what depends on the model only."""
    files = ("model_comparison+", "model_curves+", "prediction_outcomes+")
    chosen = ("-s", *files, "int_propensity_inputs+")
    return scratch.dbt("run", *chosen, *arguments)


def test_without_a_model_tables_are_empty_and_a_line_says_how_to_train(
    scratch: Scratch, default_world: Scratch
) -> None:
    for name in (*SCORED, "model_comparison", "model_curves", "model_checks"):
        assert default_world.query(f"select count(*) from main.{name}") == [(0,)]
    shutil.copy(default_world.warehouse, scratch.warehouse)
    result = run_models(scratch)
    assert result.returncode == 0, last_lines(result)
    said = [line for line in result.stdout.splitlines() if "No propensity" in line]
    assert len(said) == 1
    assert "pointwise train" in said[0]


def test_the_build_predicts_what_the_trainer_would(learned: Scratch) -> None:
    model = read_model(learned.folder / "model" / "model.json")
    with learned.connect() as connection:
        mart = connection.execute(
            "select features.*, propensity, lower_propensity, upper_propensity,"
            " model_version, horizon_days"
            " from main.user_features as features"
            " inner join main.user_propensity using (user_id, as_of_date)"
        ).df()
        users = connection.execute(
            "select count(percentile), count(*) filter (not is_customer)"
            " from main.user_scores"
        ).fetchall()
    # Of customers and of people without activity, whom it has not learned from, it says
    # nothing.
    assert users[0][0] == len(mart) < users[0][1]
    assert model.model.learner == MEAN
    expected = sigmoid(model.model.margin(encode(mart, model.columns)))
    np.testing.assert_allclose(mart["propensity"], expected, rtol=1e-12)
    assert set(mart["model_version"]) == {model.version()}
    assert set(mart["horizon_days"]) == {14}
    assert len(set(expected)) > 50
    intercept, slope, *variances = model.calibration
    margin = np.log(expected / (1 - expected))
    half = 1.959964 * np.sqrt(
        variances[0] + 2 * variances[1] * margin + variances[2] * margin**2
    )
    lines = np.minimum(margin, intercept + slope * margin) - half
    assert (mart["lower_propensity"] <= sigmoid(lines) + 1e-9).all()
    assert (mart["upper_propensity"] > expected).all()


def test_users_are_scored_in_batches_like_all_at_once(learned: Scratch) -> None:
    path = PROJECT / "models/optional/ml/int_propensity_margins.py"
    spec = importlib.util.spec_from_file_location("int_propensity_margins", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.BATCH = 64
    with learned.connect() as connection:
        inputs = connection.query("select * from internal.int_propensity_inputs")
        found = module.model(SimpleNamespace(ref=lambda _: inputs), connection)
    margins = dict(learned.query("select user_id, margin from main.user_propensity"))
    assert dict(zip(*found.to_pydict().values(), strict=True)) == margins


def test_explanations_are_exact_shap_values_by_feature(learned: Scratch) -> None:
    """They sum to the margin, and a feature that the model ignores is no reason."""
    apart = learned.query(
        """
        select max(abs(log_odds - margin)), count(*)
        from (
            select user_id, sum(log_odds) as log_odds
            from main.user_propensity_contributions group by user_id
        )
        inner join main.user_propensity using (user_id)
        """
    )[0]
    assert apart[0] < 1e-6
    people = learned.query("select count(*) from main.user_propensity")[0][0]
    assert apart[1] == people  # Fewer than propensity_explained_users.
    rules = learned.query(
        "select count(*) from main.user_propensity_contributions as effects"
        " inner join main.score_contributions as points"
        " using (user_id, as_of_date, rule) where effects.reason <> points.reason"
    )
    assert rules == [(0,)]
    # Of rules that say the same it is the one of intent: fit alone asks for job levels.
    assert learned.query(
        "select count(*) filter (feature <> 'job_level') from"
        " main.user_propensity_contributions where rule like 'fit_%'"
    ) == [(0,)]


def test_disagreements_are_described_by_both_sides(learned: Scratch) -> None:
    rows = learned.query(
        "select rank, higher_by, score_percentile, propensity_percentile, rules_say,"
        " model_says from main.score_disagreements order by rank"
    )
    assert [row[0] for row in rows] == list(range(1, 101))
    differences = [abs(row[2] - row[3]) for row in rows]
    assert differences == sorted(differences, reverse=True)
    for _, higher_by, by_score, by_model, rules_say, model_says in rows:
        assert higher_by == ("rules" if by_score > by_model else "model")
        assert rules_say.startswith("Score ")
        assert model_says.startswith("Propensity ")
    assert any("(odds " in row[5] for row in rows)


def test_explain_propensity_adds_up_to_the_odds(
    learned: Scratch, capsys: pytest.CaptureFixture
) -> None:
    user = learned.query("select user_id from main.score_disagreements where rank = 1")
    with learned.connect() as connection:
        lines = connection.execute("from explain_propensity(?)", user[0]).fetchall()
        explain.explain_user(connection, user[0][0])
    parts = [line[1] for line in lines]
    assert parts[0].startswith("Propensity on")
    assert parts[1] == "Every user"
    odds = np.prod([float(line[0]) for line in lines[1:]])
    propensity = learned.query(
        f"select propensity from main.user_propensity where user_id = '{user[0][0]}'"
    )[0][0]
    # Factors are shown with two decimals.
    assert odds == pytest.approx(propensity / (1 - propensity), rel=0.5)
    printed = capsys.readouterr().out
    assert "Score on" not in printed
    assert "odds times" in printed


def test_the_comparison_is_a_mart(learned: Scratch) -> None:
    rows = json.loads((learned.folder / "model" / "comparison.json").read_text())
    found = learned.query(
        "select population, model, figure, value, low, high, examples, converted, users"
        " from main.model_comparison"
    )
    assert sorted(found, key=repr) == sorted(
        (tuple(row.values()) for row in rows), key=repr
    )


def test_the_curves_are_a_mart(learned: Scratch) -> None:
    rows = json.loads((learned.folder / "model" / "curves.json").read_text())
    found = learned.query(
        "select model, hundredth, examples, predicted_rate, conversion_rate,"
        " converted_share, others_share from main.model_curves"
    )
    assert sorted(found) == sorted(tuple(row.values()) for row in rows)
    assert {"rules", "logistic", "xgboost", "mean", "ceiling"} <= {
        row[0] for row in found
    }
    areas = learned.query(
        "select max(abs(area - value)), count(*) from (select model, sum((others_share"
        " - before) * (converted_share + converted_before) / 2) as area from (select *,"
        " coalesce(lag(others_share) over before_it, 0) as before,"
        " coalesce(lag(converted_share) over before_it, 0) as converted_before"
        " from main.model_curves"
        " window before_it as (partition by model order by hundredth)) group by model)"
        " inner join main.model_comparison using (model)"
        " where figure = 'auc' and population = 'all users'"
    )[0]
    assert areas[0] < 0.02, "ROC and AUC tell different things"
    assert areas[1] == len({row[0] for row in found})


def test_the_checks_of_the_training_are_a_mart(learned: Scratch) -> None:
    checks = json.loads((learned.folder / "model" / "checks.json").read_text())
    found = learned.query("from main.model_checks order by check_name")
    assert found == sorted(tuple(check.values()) for check in checks)
    assert {row[1] for row in found} == {MEAN}


def test_a_prediction_is_recorded_once_a_date_and_model(
    learned: Scratch, tmp_path: Path
) -> None:
    """All of them are. A second build of the day adds nothing to the record."""
    recorded = tmp_path / "record" / "1"

    def write(draft: Path) -> Path:
        draft.mkdir(parents=True)
        build = SimpleNamespace(
            published=tmp_path,
            relation=lambda name: (
                f"internal.{name}" if name == "int_predictions" else None
            ),
        )
        with learned.connect() as warehouse:
            write_record(build, warehouse, draft, "2026-06-28", None, {})
        return draft / "predictions.parquet"

    with pytest.MonkeyPatch.context() as patch:
        files: list[Path] = []
        patch.setattr(record, "record_files", lambda *_: files)
        files.append(write(recorded))
        with duckdb.connect() as connection:
            rows = connection.read_parquet(str(files[0])).fetchall()
        assert [row[:2] + row[3:] for row in rows] == learned.query(
            "select user_id, as_of_date, model_version, 'subscription_started',"
            " horizon_days from main.user_propensity order by user_id"
        )
        assert not write(tmp_path / "record" / "2").exists()


def test_any_number_of_threads_scores_alike(learned: Scratch) -> None:
    before = {name: learned.table(f"main.{name}") for name in SCORED}
    result = run_models(learned, "--threads", "1")
    assert result.returncode == 0, last_lines(result)
    assert {name: learned.table(f"main.{name}") for name in SCORED} == before


def test_a_model_of_other_features_is_named_before_anything_is_built(
    learned: Scratch, scratch: Scratch
) -> None:
    model = read_model(learned.folder / "model" / "model.json")
    features = dict(model.features)
    features["pricing_days_28d"] = ["pricing_page_view", "events", 60, 14]
    features["lost_feature"] = ["search", "events", 30, None]
    (scratch.folder / "model.json").write_bytes(
        model._replace(features=features).file()
    )
    scratch.environment["POINTWISE_MODEL"] = str(scratch.folder)
    shutil.copy(learned.warehouse, scratch.warehouse)
    failed = scratch.dbt("run", "-s", "int_propensity_margins")
    assert failed.returncode != 0
    said = [line for line in failed.stdout.splitlines() if "other features" in line]
    assert len(said) == 1
    assert "seeds/features.csv" in said[0]
    assert "lost_feature (is gone)" in said[0]
    assert "pricing_days_28d (means something else now)" in said[0]
    assert "use_propensity_model: false" in said[0]
    assert "Traceback" not in failed.stdout
    without = scratch.dbt(
        "run", "-s", "int_propensity_inputs+", "--vars", "use_propensity_model: false"
    )
    assert without.returncode == 0, last_lines(without)
    assert scratch.query("select count(*) from main.user_propensity") == [(0,)]
    # Nor is a model of another outcome used, in whatever it differs.
    for outcome, named in (
        (model.outcome._replace(event_type="search"), "search within 14 days"),
        (model.outcome._replace(horizon_days=7), "subscription_started within 7 days"),
        (model.outcome._replace(is_repeatable=True), "14 days (repeatable)"),
    ):
        (scratch.folder / "model.json").write_bytes(
            model._replace(outcome=outcome).file()
        )
        failed = scratch.dbt("run", "-s", "int_propensity_margins")
        assert failed.returncode != 0
        said = [line for line in failed.stdout.splitlines() if "predicts" in line]
        assert len(said) == 1
        assert named in said[0]
        assert "than this build asks for, subscription_started within 14" in said[0]
        assert "POINTWISE_MODEL" in said[0]
        assert "retrain" in said[0]
    # And a file that is no model at all.
    (scratch.folder / "model.json").write_text("not a model")
    failed = scratch.dbt("run", "-s", "int_propensity_margins")
    assert "is no model of `pointwise train`" in failed.stdout


def test_the_model_file_tells_what_the_build_must_know(learned: Scratch) -> None:
    path = learned.folder / "model" / "model.json"
    with duckdb.connect() as connection:
        about = connection.execute(
            "select json_extract_string(content, '$.learner.attributes.' || ?),"
            " substr(md5(content), 1, 12) from read_text(?)",
            [ATTRIBUTE, str(path)],
        ).fetchall()[0]
    model = read_model(path)
    assert isinstance(model, Trained)
    assert json.loads(about[0])["columns"] == [list(column) for column in model.columns]
    assert about[1] == model.version()


def test_the_model_of_a_folder_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert read_model(tmp_path / "model.json") is None
