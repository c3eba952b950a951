"""What was knowable, not what had happened: leaks are named, and clean worlds are not.

The short form of bench/known.py. That past dates know what had been received by then is
in test_oracle.py and test_laws.py.
"""

from __future__ import annotations

import numpy as np
import pytest

from conftest import Scratch
from known_worlds import CLEAN, LEAKS, Judge, Kind, world
from pointwise.commands.train import SINGLE, too_good


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return Judge(Scratch(tmp_path_factory.mktemp("known")))


@pytest.mark.parametrize("name", LEAKS)
def test_what_knows_the_future_is_named(judge: Judge, name: str) -> None:
    kind, features, types = LEAKS[name]
    for seed in range(2):
        assert judge.judge(world(kind, seed)) == (features, types), seed


def test_nothing_honest_is_named(judge: Judge) -> None:
    for seed in range(25):
        kind = CLEAN[seed % len(CLEAN)]
        assert judge.judge(world(kind, seed)) == (set(), set()), (kind, seed)


def test_what_happened_and_what_was_known_differ_as_shown(judge: Judge) -> None:
    judge.judge(world(Kind(back_dated=1.0), 1))
    known, happened = judge.areas("marks")
    assert known == 0.5
    assert happened > 0.99
    known, happened = judge.areas("views")
    assert happened == pytest.approx(known, abs=0.01)


@pytest.mark.parametrize(
    ("spread", "columns", "is_named"), [(0.8, 6, True), (0.45, 1, False), (2, 6, False)]
)
def test_a_model_that_is_too_good_to_be_true_is_named(
    spread: float, columns: int, is_named: bool
) -> None:
    """Six columns that are filled in after the outcome: .81 each, .98 together."""
    random = np.random.default_rng(1)
    label = (random.random(4000) < 0.2).astype(float)
    noise = random.normal(0, spread, (columns, len(label)))
    predictions = {"model": (label + noise).mean(axis=0), SINGLE: label + noise[0]}
    found = too_good(label, predictions, "model")
    assert bool(found) == is_named
    assert all("too good to be true" in reason for reason in found)
