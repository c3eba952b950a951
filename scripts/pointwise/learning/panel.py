"""The rules of the control panel, and scores by them exactly as the build has them."""

from __future__ import annotations

from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd

from pointwise.core.words import rule_label

NANO = 1_000_000_000  # Values of features have nine decimals.
LOWEST, HIGHEST = 1, 100
RULES = """
    select rule, rule_group, feature, min_value, max_value, equals, points, per,
        rules.max_points, groups.max_points as group_max_points, reason,
        coalesce(groups.pick_best = 'yes', false) as group_picks_best,
        groups.label as group_label
    from scoring_rules as rules
    inner join score_groups as groups using (rule_group)
    where groups.score is null
    order by rule
"""


class Rule(NamedTuple):
    """A row of scoring_rules.csv, with what its group does to its points."""

    rule: str
    rule_group: str
    feature: str
    min_value: float | None
    max_value: float | None
    equals: str | None
    points: int
    per: float | None
    max_points: int | None
    group_max_points: int
    reason: str = ""
    group_picks_best: bool = False
    group_label: str = ""

    @property
    def label(self) -> str:
        """Return how people call the rule."""
        return rule_label(self.reason, self.equals) or self.rule

    @property
    def most_points(self) -> int:
        """Return what the rule gives at most, or for negative ones at least."""
        if self.per is None or self.points == 0:
            return self.points
        if self.max_points is not None:
            return self.max_points
        return self.group_max_points if self.points > 0 else -HIGHEST

    @property
    def steps(self) -> int:
        """Return after how many times `per` the points stop growing."""
        if self.per is None or self.points == 0:
            return 1
        return max(-(-self.most_points // self.points), 1)


def read_rules(connection: duckdb.DuckDBPyConnection) -> list[Rule]:
    """Return the published rules, in the order of their names."""
    rows = connection.execute(RULES).fetchall()
    return [
        Rule(*(float(cell) if k in (3, 4, 7) and cell is not None else cell
               for k, cell in enumerate(row)))
        for row in rows
    ]  # fmt: skip


def times_fired(rules: list[Rule], features: pd.DataFrame) -> np.ndarray:
    """Return how many times each rule counts for each example: 0 or 1 without `per`."""
    return np.column_stack([times(rule, features[rule.feature]) for rule in rules])


def times(rule: Rule, values: pd.Series) -> np.ndarray:
    """Return how many times a rule counts, for values of its feature."""
    if rule.equals is not None:
        same = values.str.lower() == rule.equals.lower()
        return same.to_numpy(bool, na_value=False).astype(np.int64)
    numbers = values.to_numpy(float, na_value=np.nan)
    nano = np.rint(np.nan_to_num(numbers) * NANO).astype(np.int64)
    fires = ~np.isnan(numbers)
    if rule.min_value is not None:
        fires &= nano >= round(rule.min_value * NANO)
    if rule.max_value is not None:
        fires &= nano <= round(rule.max_value * NANO)
    count = 1 if rule.per is None else np.maximum(nano // round(rule.per * NANO), 0)
    return np.where(fires, count, 0)


def rule_points(rule: Rule, count: np.ndarray) -> np.ndarray:
    """Return the points that a rule gives where it counts this often."""
    points = rule.points * count
    if rule.per is None or rule.max_points is None:
        return points
    bound = np.minimum if rule.points >= 0 else np.maximum
    return bound(points, rule.max_points)


def group_caps(rules: list[Rule]) -> tuple[np.ndarray, np.ndarray]:
    """Return the group of each rule as a number, and the cap of each group."""
    names = sorted({rule.rule_group for rule in rules})
    caps = {rule.rule_group: rule.group_max_points for rule in rules}
    number = np.array([names.index(rule.rule_group) for rule in rules])
    return number, np.array([caps[name] for name in names])


def scores_of(group_sums: np.ndarray, caps: np.ndarray) -> np.ndarray:
    """Return scores from the points of each group, a column each."""
    return np.clip(1 + np.minimum(group_sums, caps).sum(axis=1), LOWEST, HIGHEST)


def scores(rules: list[Rule], counts: np.ndarray) -> np.ndarray:
    """Return the scores of examples whose rules count this often."""
    group, caps = group_caps(rules)
    sums = np.zeros((len(counts), len(caps)), np.int64)
    for position, rule in enumerate(rules):
        add = best_of if rule.group_picks_best else np.add
        of_group, points = group[position], rule_points(rule, counts[:, position])
        sums[:, of_group] = add(sums[:, of_group], points)
    return scores_of(sums, caps)


def best_of(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return which of two points counts: what adds most, else what takes most."""
    most = np.maximum(points, others)
    return np.where(most > 0, most, np.minimum(points, others))
