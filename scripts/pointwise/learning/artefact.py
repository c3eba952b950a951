"""The trained model as files: one that the build reads, and what tells about it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xgboost as xgb

from pointwise.core.errors import PointwiseError
from pointwise.learning.comparison import Row
from pointwise.learning.curves import Point
from pointwise.learning.encoding import Column
from pointwise.learning.examples import Outcome

MODEL = "model.json"
COMPARISON = "comparison.json"
CURVES = "curves.json"
CARD = "card.json"
PLOT = "comparison.png"
# Where the model file keeps what the build must know of it.
ATTRIBUTE = "pointwise"
VERSION_LENGTH = 12


class Trained(NamedTuple):
    """A model, what it predicts, the columns it takes, and their features."""

    booster: xgb.Booster
    columns: list[Column]
    features: dict[str, list]  # The definition in the control panel, by name.
    outcome: Outcome

    def file(self) -> bytes:
        """Return the content of the model file."""
        about = {
            **self.outcome._asdict(),
            "columns": [list(column) for column in self.columns],
            "features": self.features,
        }
        booster = self.booster.copy()
        booster.set_attr(**{ATTRIBUTE: json.dumps(about)})
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
        booster = xgb.Booster(model_file=path)
        about = json.loads(booster.attr(ATTRIBUTE))
        columns = [Column(*column) for column in about["columns"]]
        outcome = Outcome(*(about[name] for name in Outcome._fields))
        return Trained(booster, columns, about["features"], outcome)
    except (xgb.core.XGBoostError, TypeError, KeyError, ValueError) as error:
        raise PointwiseError(
            f"{path} is no model of `pointwise train`: delete it and train again"
        ) from error


def write_model(
    folder: Path, trained: Trained, rows: list[Row], points: list[Point], card: dict
) -> None:
    """Write the model and what tells about it; the file the build reads comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, found in ((COMPARISON, rows), (CURVES, points)):
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
