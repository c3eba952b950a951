"""Measure how often people change band, and what bands that hold do about it.

    python bench/bands.py
    python bench/bands.py --seed 7 --days 120

The synthetic world is scored as of each of its last days by the project's own models,
as if it were published every day. Bands by the score of the day stand beside bands
that hold (`enter_at`, `leave_at`, `min_days`), replayed as `int_current_scores` has
them: how often does a person change band in a month, how often is a change taken back
within two weeks, and how many who converted within the horizon were in it on the day?
`test_history.py` holds the SQL to a replay. Three minutes; no part of the tests.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "scripts"), str(PROJECT / "tests" / "python")]

import numpy as np  # noqa: E402

from conftest import NO_TESTS, Scratch  # noqa: E402
from pointwise.core.command_line import run  # noqa: E402
from pointwise.core.terminal import print_table  # noqa: E402

LAST_DAY = date(2026, 6, 28)
HORIZON = 14
MONTH = 30.4375
# Everyone at each of the days, and whether the outcome followed.
SCORES = """
    select scores.user_id, scores.as_of_date, scores.score, outcomes.is_converted
    from internal.int_scores as scores
    inner join main.user_outcomes as outcomes using (user_id, as_of_date)
    where not outcomes.is_customer and scores.is_in_snapshot
"""


class Band(NamedTuple):
    """A row of score_bands.csv; without `min_days` only the score of the day counts."""

    min_score: int
    enter_at: int
    leave_at: int
    min_days: int = 0


class Days(NamedTuple):
    """Scores, people by days, 0 where there is none; and who converts."""

    scores: np.ndarray
    is_converted: np.ndarray


PLAIN = (Band(50, 50, 50), Band(25, 25, 25))
# By where high and medium are entered and left, and for how many days they hold.
HELD = {
    "50 to 40, 25 to 20, 28 days": (Band(50, 50, 40, 28), Band(25, 25, 20, 28)),
    "50 to 40, 25 to 15, 14 days": (Band(50, 50, 40, 14), Band(25, 25, 15, 14)),
    "60 to 40, 36 to 20, 28 days": (Band(50, 60, 40, 28), Band(25, 36, 20, 28)),
    "62 to 15, 41 to 3, 90 days": (Band(50, 62, 15, 90), Band(25, 41, 3, 90)),
}
BACK = 14  # Days within which a change that is taken back was none.


def main() -> None:
    """Read the command line, measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=2000, help="how many (2000)")
    parser.add_argument("--days", type=int, default=98, help="how many (98)")
    parser.add_argument("--seed", type=int, default=42, help="of the world (42)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Scratch(Path(folder))
        days = scored_days(scratch, given.users, given.days, given.seed)
    kinds = {"by the day": PLAIN, **HELD}
    print_table(
        "Bands by the day's score, and bands that hold",
        ["bands", "changes a month", "left", "taken back", "left", "people in high",
         "in high or medium", "converted in high", "converted in either"],
        [line(name, bands, days) for name, bands in kinds.items()],
    )  # fmt: skip


def scored_days(scratch: Scratch, users: int, days: int, seed: int) -> Days:
    """Score a world of a number of people as of each of its last days with a label."""
    generated = scratch.pointwise(
        *("generate", "--users", str(users), "--seed", str(seed)),
        *("--out", str(scratch.folder / "raw")),
    )
    assert generated.returncode == 0, generated.stderr
    scratch.environment |= {
        "POINTWISE_EVENTS": f"{scratch.folder}/raw/events/**/*.parquet",
        "POINTWISE_USERS": f"{scratch.folder}/raw/users*.parquet",
        "POINTWISE_LINKS": f"{scratch.folder}/raw/links.parquet",
    }
    last = LAST_DAY - timedelta(days=HORIZON)
    dates = [str(last - timedelta(days=days - 1 - n)) for n in range(days)]
    scratch.build(
        *(*NO_TESTS, "--select", "+int_scores", "+user_outcomes", "--threads", "2"),
        *("--vars", str({"snapshot_dates": dates, "horizon_days": HORIZON})),
    )
    rows = scratch.query(SCORES)
    people = {user: n for n, user in enumerate(sorted({row[0] for row in rows}))}
    scores = np.zeros((len(people), days), np.int64)
    is_converted = np.zeros((len(people), days), bool)
    for user, day, score, converts in rows:
        place = people[user], dates.index(str(day))
        scores[place], is_converted[place] = score, converts
    return Days(scores, is_converted)


def bands_of(scores: np.ndarray, bands: tuple[Band, ...]) -> np.ndarray:
    """Return the place of each person's band by day: 0 is the highest."""
    found = np.full(scores.shape, len(bands))
    for place in range(len(bands) - 1, -1, -1):
        band = bands[place]
        since = np.full(len(scores), band.min_days + 1)  # Days since enough, if held.
        for day, score in enumerate(scores.T):
            since = np.where(score >= band.leave_at, since + 1, band.min_days + 1)
            since[score >= band.enter_at] = 0
            found[since <= band.min_days, day] = place
    return found


def changes_of(days: Days, bands: tuple[Band, ...], first: int) -> tuple[int, int]:
    """Return how often people change band, and how often that is taken back."""
    place = bands_of(days.scores, bands)
    is_scored = days.scores > 0
    is_change = (place[:, 1:] != place[:, :-1]) & is_scored[:, 1:] & is_scored[:, :-1]
    changes = back = 0
    for person in np.flatnonzero(is_change[:, first:].any(axis=1)):
        at = first + np.flatnonzero(is_change[person, first:])
        changes += len(at)
        back += sum(
            later - earlier <= BACK
            and place[person, later + 1] == place[person, earlier]
            for earlier, later in pairwise(at)
        )
    return changes, back


def line(name: str, bands: tuple[Band, ...], days: Days) -> tuple:
    """Return how often people change band, and who of those who converted was in it.

    The first days are left out, of which less is known about the days before.
    """
    first = days.scores.shape[1] // 3
    place = bands_of(days.scores, bands)[:, first:]
    is_scored = days.scores[:, first:] > 0
    months = (is_scored[:, 1:] & is_scored[:, :-1]).sum() / MONTH
    plain, changes = changes_of(days, PLAIN, first), changes_of(days, bands, first)
    converted = days.is_converted[:, first:] & is_scored
    in_high = (place == 0) & is_scored
    return (
        name,
        f"{changes[0] / months:.3f}",
        f"{changes[0] / plain[0]:.0%}",
        f"{changes[1] / months:.3f}",
        f"{changes[1] / plain[1]:.0%}",
        f"{in_high.sum() / is_scored.sum():.1%}",
        f"{((place <= 1) & is_scored).sum() / is_scored.sum():.1%}",
        f"{(converted & in_high).sum():,} of {converted.sum():,}",
        f"{(converted & (place <= 1)).sum():,}",
    )


if __name__ == "__main__":
    run(main)
