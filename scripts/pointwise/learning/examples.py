"""The published training examples, and what is known about their truth."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd

from pointwise.core.errors import PointwiseError
from pointwise.core.published import need
from pointwise.core.settings import check_has_outcome
from pointwise.core.sql_text import escaped
from pointwise.learning.artefact import Outcome

QUERY = """
    select
        training_examples.*, user_outcomes.horizon_end_date,
        snapshot_populations.is_judged
    from training_examples
    inner join user_outcomes using (user_id, as_of_date)
    inner join snapshot_populations using (as_of_date)
    order by as_of_date, user_id
"""
# A world says whose every id is; without that, an id is a person. An id of a machine,
# or of a device that two people share, has no outcome of its own.
ONE_ID_EACH = "select user_id as id, user_id, 'person' as kind from users"
TRUTH = """
    with owners as (
        select
            id,
            max(kind) as kind,
            case when max(kind) <> 'shared' then max(user_id) end as user_id
        from ids
        group by id
    )
    select
        examples.number,
        case
            when owners.kind = 'person' then draws.probability
            else coalesce(draws.probability, 0)
        end as probability,
        case when owners.id = owners.user_id then draws.converted end as converted,
        owners.kind in ('script', 'crawler', 'scraper', 'monitor')
        or coalesce(users.is_bot, false) as is_bot
    from examples
    inner join owners on examples.user_id = owners.id
    left join users on owners.user_id = users.user_id
    left join draws
        on owners.user_id = draws.user_id and examples.as_of_date = draws.as_of_date
    order by examples.number
"""
OUTCOME = """
    select distinct outcome, is_repeatable, horizon_end_date - as_of_date
    from snapshot_populations
"""
NOT_FEATURES = [
    *("user_id", "as_of_date", "is_converted", "score", "horizon_end_date"),
    "is_judged",
]
# Labels that late events have changed, and examples for which nothing was drawn; above
# that, the truth is of another world.
MOST_APART = 0.01


class Examples(NamedTuple):
    """Users as of past dates: a row each, in the order of date and user."""

    features: pd.DataFrame
    user_id: np.ndarray
    as_of_date: np.ndarray  # Days, datetime64[D].
    horizon_end_date: np.ndarray
    is_converted: np.ndarray
    score: np.ndarray
    is_judged: np.ndarray  # By its points, which have not learned from what followed.
    fingerprint: str
    outcome: Outcome | None = None
    # Of a synthetic world only.
    probability: np.ndarray | None = None
    is_bot: np.ndarray | None = None

    def rows(self, chosen: np.ndarray) -> Examples:
        """Return some of the rows."""
        return self._replace(
            **{
                name: values[chosen].reset_index(drop=True)
                if isinstance(values, pd.DataFrame)
                else values[chosen]
                for name, values in self._asdict().items()
                if values is not None and name not in ("fingerprint", "outcome")
            }
        )


def read_examples(connection: duckdb.DuckDBPyConnection) -> Examples:
    """Return all published training examples.

    Raises PointwiseError if there are none.
    """
    need(connection, "training_examples", "evaluation")
    table = connection.execute(QUERY).df()
    outcomes = connection.execute(OUTCOME).fetchall()
    if table.empty:
        check_has_outcome()
        raise PointwiseError(
            "there is no training example: no snapshot has a passed horizon, see the"
            " vars snapshot_count and horizon_days"
        )
    return examples_of(table)._replace(outcome=Outcome(*outcomes[0]))


def examples_of(table: pd.DataFrame) -> Examples:
    """Return the examples in a table with the columns of `training_examples`."""
    hashes = pd.util.hash_pandas_object(table, index=False).to_numpy()
    fingerprint = hashlib.sha256("|".join(table.columns).encode() + hashes.tobytes())
    return Examples(
        features=table.drop(columns=NOT_FEATURES),
        user_id=table["user_id"].to_numpy(str),
        as_of_date=table["as_of_date"].to_numpy("datetime64[D]"),
        horizon_end_date=table["horizon_end_date"].to_numpy("datetime64[D]"),
        is_converted=table["is_converted"].to_numpy(float),
        score=table["score"].to_numpy(float),
        is_judged=table["is_judged"].to_numpy(bool),
        fingerprint=fingerprint.hexdigest()[:16],
    )


def with_truth(examples: Examples, folder: Path) -> Examples:
    """Return the examples with their true probabilities, if the folder has them.

    A world's truth is taken only if it knows the examples and agrees with the labels: a
    folder may hold the truth of another world. For who had done nothing by a date, such
    as people to whom only a scanner's clicks are left, nothing was drawn.
    """
    files = {
        "draws": folder / "probabilities.parquet",
        "users": folder / "users.parquet",
        "ids": folder / "ids.parquet",
    }
    if not (files["draws"].exists() and files["users"].exists()):
        return examples
    keys = pd.DataFrame(
        {
            "number": np.arange(len(examples.user_id)),
            "user_id": examples.user_id,
            "as_of_date": examples.as_of_date.astype("datetime64[s]"),
        }
    )
    with duckdb.connect() as connection:
        connection.register("keys", keys)
        connection.execute(
            "create view examples as"
            " select * replace (cast(as_of_date as date) as as_of_date) from keys"
        )
        for name, path in files.items():
            if path.exists():
                connection.read_parquet(escaped(path)).create_view(name)
            else:
                connection.execute(f"create view {name} as {ONE_ID_EACH}")
        truth = connection.execute(TRUTH).df()
    lacking = truth["probability"].isna().mean()
    if len(truth) < len(keys) or lacking > MOST_APART:
        return examples
    # Only of main ids: what somebody did under another may be an example of its own.
    converted = truth["converted"].astype(float)
    apart = np.abs(converted.to_numpy() - examples.is_converted)[converted.notna()]
    apart = apart.mean() if len(apart) else 1.0
    if apart > MOST_APART:
        return examples
    return examples._replace(
        probability=truth["probability"].fillna(0.0).to_numpy(float),
        is_bot=truth["is_bot"].to_numpy(bool),
    )
