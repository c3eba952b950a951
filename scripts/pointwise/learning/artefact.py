"""The trained model as files: one that the build reads, and what describes it."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pointwise.core.errors import PointwiseError
from pointwise.learning.encoding import Column
from pointwise.learning.installed import LOGISTIC, Logistic, Model

if TYPE_CHECKING:
    from pointwise.learning.checks import Check
    from pointwise.learning.comparison import Row
    from pointwise.learning.curves import Point

MODEL = "model.json"
COMPARISON = "comparison.json"
CHECKS = "checks.json"
CURVES = "curves.json"
CARD = "card.json"
PLOT = "comparison.png"
# Where the model file keeps what the build must know about it.
ATTRIBUTE = "pointwise"
VERSION_LENGTH = 12


class Outcome(NamedTuple):
    """What a model predicts: an event within a number of days."""

    event_type: str
    is_repeatable: bool
    horizon_days: int


class Trained(NamedTuple):
    """A model, what it predicts, the columns it takes, and their features."""

    model: Model
    columns: list[Column]
    features: dict[str, list]  # The definition in the control panel, by name.
    outcome: Outcome
    # When the last horizon ended that it learned from; None in files without it.
    learned_until: str | None = None
    # As in metrics.Calibration, on dates that it had not learned from; None without it.
    calibration: list[float] | None = None

    def file(self) -> bytes:
        """Return the content of the model file: JSON, and nothing that could run."""
        logistic = self.model.logistic
        about = {
            **self.outcome._asdict(),
            "learner": self.model.learner,
            "learned_until": self.learned_until,
            "calibration": self.calibration,
            "columns": [list(column) for column in self.columns],
            "features": self.features,
            "logistic": logistic.lists() if logistic else None,
        }
        attributes = {ATTRIBUTE: json.dumps(about)}
        if self.model.booster is None:
            return json.dumps({"learner": {"attributes": attributes}}).encode()
        booster = self.model.booster.copy()
        booster.set_attr(**attributes)
        return bytes(booster.save_raw("json"))

    def version(self) -> str:
        """Return what identifies the model: a hash of its file."""
        return hashlib.md5(self.file()).hexdigest()[:VERSION_LENGTH]


def read_model(path: Path) -> Trained | None:
    """Return the model in a file, None if there is no file.

    Raises PointwiseError if the file is no model of ours.
    """
    if not path.exists():
        return None
    try:
        about = about_model(path)
        outcome = Outcome(*(about[name] for name in Outcome._fields))
        return Trained(
            model_in(path, about),
            [Column(*column) for column in about["columns"]],
            about["features"],
            outcome,
            about.get("learned_until"),
            about.get("calibration"),
        )
    except (TypeError, KeyError, ValueError) as error:
        raise PointwiseError(
            f"{path} is no model of `pointwise train`: delete it and train again"
        ) from error


def about_model(path: Path) -> dict:
    """Return what training wrote of itself into a model file.

    Raises ValueError, TypeError or KeyError if the file is no model of ours.
    """
    attributes = json.loads(path.read_text("utf-8"))["learner"]["attributes"]
    return json.loads(attributes[ATTRIBUTE])


def model_in(path: Path, about: dict) -> Model:
    """Return what a model file computes with; XGBoost is loaded if there are trees.

    Raises ValueError, TypeError or KeyError if the file is no model of ours.
    """
    logistic = Logistic.of(about["logistic"]) if about.get("logistic") else None
    if about.get("learner") == LOGISTIC:
        return Model(None, logistic)
    # Threads that wait by spinning take minutes where other programs work too.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import xgboost

    try:
        return Model(xgboost.Booster(model_file=path), logistic)
    except xgboost.core.XGBoostError as error:
        raise ValueError(f"{path} holds no trees") from error


def installed_model(file: str) -> Model:
    """Return what the build scores with."""
    path = Path(file)
    return model_in(path, about_model(path))


def write_model(
    folder: Path,
    trained: Trained,
    rows: list[Row],
    checks: list[Check],
    points: list[Point],
    card: dict,
) -> None:
    """Write the model and what describes it; the file the build reads comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, found in ((COMPARISON, rows), (CHECKS, checks), (CURVES, points)):
        write_text(folder / name, json_lines([row._asdict() for row in found]))
    write_text(folder / CARD, json.dumps(card, indent=2, default=plain) + "\n")
    aside = folder / f"{MODEL}.new"
    aside.write_bytes(trained.file())
    aside.replace(folder / MODEL)


def json_lines(rows: list[dict]) -> str:
    """Return a list of objects, a line each."""
    return "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"


def write_text(path: Path, text: str) -> None:
    """Write a file aside and put it in place: a reader sees the old one or the new."""
    aside = path.with_suffix(".new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def plain(value: object) -> object:
    """Return a value as JSON can hold it."""
    return value.item() if isinstance(value, np.generic) else str(value)
