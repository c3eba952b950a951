"""From the columns of the feature mart to the columns that a model computes with.

A number is taken as it is, NULL ("never") as missing. An attribute becomes a column of
0 and 1 for each of its common values. The same list is kept beside the model, and the
build encodes by it (models/optional/ml/int_propensity_inputs.sql).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

# A value of an attribute that fewer users than this have says nothing reliable.
FEWEST_USERS = 50
MOST_VALUES = 20


class Column(NamedTuple):
    """A column of a model: a feature, or whether an attribute equals a value."""

    feature: str
    equals: str | None = None


def columns_of(features: pd.DataFrame, user_ids: np.ndarray) -> list[Column]:
    """Return the columns that features of these training rows are encoded as."""
    columns: list[Column] = []
    for name in features:
        if is_number(features[name]):
            columns.append(Column(name))
            continue
        users = pd.Series(user_ids).groupby(features[name].to_numpy()).nunique()
        common = users[users >= FEWEST_USERS].sort_index()
        common = common.sort_values(ascending=False, kind="stable")
        columns += [Column(name, value) for value in sorted(common.index[:MOST_VALUES])]
    return columns


def encode(features: pd.DataFrame, columns: list[Column]) -> np.ndarray:
    """Return a row an example and a column each of `columns`; NaN where unknown."""
    encoded = np.empty((len(features), len(columns)), np.float32)
    for position, column in enumerate(columns):
        values = features[column.feature]
        if column.equals is None:
            encoded[:, position] = values.to_numpy(np.float32, na_value=np.nan)
        else:
            encoded[:, position] = (values == column.equals).to_numpy(bool, na_value=0)
    return encoded


def linear(encoded: np.ndarray, is_optional: np.ndarray) -> np.ndarray:
    """Return columns that a linear model can use, from encoded ones.

    What grows without bound is taken by its logarithm; an optional column, as days
    since something, becomes two: whether it is there, and how recent it is.
    """
    parts = []
    for values, optional in zip(encoded.T.astype(float), is_optional, strict=True):
        missing = np.isnan(values)
        bounded = np.log1p(np.clip(np.where(missing, 0, values), 0, None))
        if optional:
            parts += [~missing, np.where(missing, 0, -bounded)]
        else:
            parts.append(bounded)
    return np.column_stack(parts).astype(float)


def widths(is_optional: np.ndarray) -> np.ndarray:
    """Return how many columns `linear` makes of each encoded one."""
    return np.where(is_optional, 2, 1)


def is_number(values: pd.Series) -> bool:
    """Whether a feature is a number rather than the text of an attribute."""
    return pd.api.types.is_numeric_dtype(values)
