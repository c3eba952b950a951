"""A control panel to begin with that is learned: what went before the outcome.

Each feature becomes a few steps, such as at least 1, 3 or 10 purchases. All steps are
fitted together as `pointwise propose` fits rules (learning/joint.py), drawn to nothing
and each of the sign that its feature has alone; what is not worth a point goes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from pointwise.core.words import plain_number
from pointwise.importing.past import Feature
from pointwise.learning import joint
from pointwise.learning.metrics import auc, ranking
from pointwise.learning.panel import HIGHEST, Rule, scores, times

FEWEST_CONVERTED = 20  # Examples; below, nothing is learned.
FEWEST_EXAMPLES = 20  # On each side of a step.
MOST_FEATURES = 40  # That are fitted together.
MOST_RULES = 30
FEWEST_POINTS = 1.5  # A rule of fewer is not worth its line.
MOST_POINTS = 0.998  # This share of people is to be below a score of 100.
TOP_SHARES = (0.03, 0.1)  # Of people in the highest band, and in the highest two.
# Where steps are tried: at these quantiles of the values that there are.
PARTS = {
    "days_since_last": (0.03, 0.1, 0.2, 0.35, 0.5, 0.75),
    # One at all is told by the count without a half-life.
    "lately": (0.2, 0.4, 0.6, 0.75, 0.87, 0.95, 0.985),
    "": (0, 0.2, 0.4, 0.6, 0.75, 0.87, 0.95, 0.985),
}


class Step(NamedTuple):
    """A condition on a feature: at least, or at most, so much."""

    feature: Feature
    sign: int
    limit: float

    @property
    def is_at_most(self) -> bool:
        """Return whether the step is met by small values."""
        return self.feature.measure == "days_since_last"

    def rule(self, points: int) -> Rule:
        """Return the rule with so many points."""
        group = group_of(self.feature.measure) if points > 0 else "negative"
        ends = (None, self.limit) if self.is_at_most else (self.limit, None)
        name = f"{self.feature.feature}_{plain_number(self.limit).replace('.', '_')}"
        kind = "within" if self.is_at_most else "from"
        return Rule(
            f"{name}_{kind}", group, self.feature.feature, *ends, None, points,
            None, None, 0, reason(self.feature, self.limit),
        )  # fmt: skip


class Learned(NamedTuple):
    """Rules with points, the features they need, and how well they rank."""

    rules: list[Rule]
    features: list[Feature]
    examples: int
    rate: float


def group_of(measure: str) -> str:
    """Return the group of a rule that gives points."""
    return {
        "days_since_last": "recency",
        "active_days": "regularity",
        "amount": "value",
    }.get(measure, "activity")


def reason(feature: Feature, limit: float) -> str:
    """Return what a step says of a person."""
    words, most = feature.description.split(":")[0], plain_number(limit)
    days = f"in {feature.window_days} days"
    words = words[:1].upper() + words[1:]
    if feature.measure == "days_since_last":
        return f"{words} {{value}} day(s) ago, at most {most}"
    if feature.measure == "active_days":
        return f"{words} on {{value}} day(s) {days}, at least {most}"
    is_amount = feature.measure == "amount"
    much = f"{words}: amount {{value}}" if is_amount else f"{words} {{value}} time(s)"
    by_age = " weighed by age" if feature.half_life_days else ""
    return f"{much} {days}, at least {most}{by_age}"


def steps_of(feature: Feature, values: np.ndarray, label: np.ndarray) -> list[Step]:
    """Return the steps of a feature that people are on both sides of."""
    known = values[~np.isnan(values)]
    known = known if feature.measure == "days_since_last" else known[known > 0]
    if len(known) < FEWEST_EXAMPLES or not known.any():
        return []
    kind = "lately" if feature.half_life_days else feature.measure
    parts = PARTS.get(kind, PARTS[""])
    limits = sorted({limit_of(feature, v) for v in np.quantile(known, parts)})
    filled = np.where(np.isnan(values), np.inf, values)
    order = -filled if feature.measure == "days_since_last" else filled
    tells = auc(ranking(order), label, np.ones(len(label)))
    steps = []
    for limit in limits:
        step = Step(feature, 1 if tells >= 0.5 else -1, limit)
        meets = met(step, values)
        rare = min(meets.sum(), len(meets) - meets.sum())
        expected = rare * label.mean()
        if rare >= FEWEST_EXAMPLES and expected >= 1:
            steps.append(step)
    return steps


def limit_of(feature: Feature, value: float) -> float:
    """Return a value that people would write: whole, or of three figures."""
    is_whole = feature.measure in ("events", "active_days", "days_since_last")
    if is_whole and feature.half_life_days is None:
        return float(np.floor(value))
    figures = 2 - int(np.floor(np.log10(value))) if value > 0 else 0
    return float(max(round(value, min(figures, 4)), 0.0001))


def met(step: Step, values: np.ndarray) -> np.ndarray:
    """Return whether a step is met, exactly as its rule fires."""
    return times(step.rule(1), pd.Series(values)) > 0


def deviance_gain(meets: np.ndarray, label: np.ndarray) -> float:
    """Return how much better two rates tell the outcome than one."""

    def loss(part: np.ndarray) -> float:
        rate = (part.sum() + 0.5) / (len(part) + 1)
        return -(
            part.sum() * np.log(rate) + (len(part) - part.sum()) * np.log(1 - rate)
        )

    return loss(label) - loss(label[meets]) - loss(label[~meets])


def learn(
    features: list[Feature], values: pd.DataFrame, label: np.ndarray
) -> Learned | None:
    """Return rules learned from examples; None if too few of them converted."""
    if not FEWEST_CONVERTED <= label.sum() <= len(label) - FEWEST_CONVERTED:
        return None
    by_feature = []
    for feature in features:
        steps = steps_of(feature, values[feature.feature].to_numpy(float), label)
        columns = [met(s, values[s.feature.feature].to_numpy(float)) for s in steps]
        if steps:
            gain = max(deviance_gain(column, label) for column in columns)
            by_feature.append((gain, steps, columns))
    by_feature.sort(key=lambda found: -found[0])
    chosen = by_feature[:MOST_FEATURES]
    steps = [step for _, of_one, _ in chosen for step in of_one]
    if not steps:
        return None
    columns = np.column_stack([c for _, _, of_one in chosen for c in of_one]).astype(
        float
    )
    steps, worth = chosen_steps(steps, columns, label)
    rules = whole_rules(steps, worth, values)
    used = {rule.feature for rule in rules}
    kept = [feature for feature in features if feature.feature in used]
    return Learned(rules, kept, len(label), float(label.mean())) if rules else None


def fitted(steps: list[Step], columns: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return the log-odds of each step, of its own sign, drawn to nothing."""
    bounds = [(0, None) if step.sign > 0 else (None, 0) for step in steps]
    nothing = np.zeros(len(steps))
    return joint.fit(columns, label, nothing, joint.STRENGTH, bounds)[1:]


def chosen_steps(
    steps: list[Step], columns: np.ndarray, label: np.ndarray
) -> tuple[list[Step], np.ndarray]:
    """Return the steps that tell the most together, and their log-odds."""
    for most in (4 * MOST_RULES, 2 * MOST_RULES, MOST_RULES):
        worth = fitted(steps, columns, label)
        weight = np.abs(worth) * columns.std(axis=0)
        kept = [
            k for k in np.argsort(-weight, kind="stable")[:most] if weight[k] > 1e-3
        ]
        kept.sort()
        steps, columns = [steps[k] for k in kept], columns[:, kept]
    worth = fitted(steps, columns, label)
    kept = np.flatnonzero(np.abs(worth) >= FEWEST_POINTS * slope_of(columns @ worth))
    steps, columns = [steps[k] for k in kept], columns[:, kept]
    return steps, fitted(steps, columns, label)


def slope_of(total: np.ndarray) -> float:
    """Return the log-odds of a point, so that hardly anybody is beyond 100."""
    return max(float(np.quantile(total, MOST_POINTS)), 0.5) / (HIGHEST - 1)


def whole_rules(
    steps: list[Step], worth: np.ndarray, values: pd.DataFrame
) -> list[Rule]:
    """Return the rules with whole points."""
    columns = [met(s, values[s.feature.feature].to_numpy(float)) for s in steps]
    total = np.column_stack(columns) @ worth
    slope = slope_of(total)
    points = np.clip(np.round(worth / slope), -50, HIGHEST).astype(int)
    rules = [s.rule(int(p)) for s, p in zip(steps, points, strict=True) if p]
    most = {
        group: sum(max(r.points, 0) for r in rules if r.rule_group == group)
        for group in {rule.rule_group for rule in rules}
    }
    return [rule._replace(group_max_points=most[rule.rule_group]) for rule in rules]


def score_of(rules: list[Rule], values: pd.DataFrame) -> np.ndarray:
    """Return the scores by these rules."""
    counts = np.column_stack([times(r, values[r.feature]) for r in rules])
    return scores(rules, counts)


def band_starts(score: np.ndarray) -> tuple[int, int]:
    """Return where the two highest bands begin: the best tenth lies in them."""
    high, medium = (
        int(np.floor(np.quantile(score, 1 - share))) for share in TOP_SHARES
    )
    medium = min(max(medium, 2), HIGHEST - 1)
    return min(max(high, medium + 1), HIGHEST), medium


def quality(score: np.ndarray, label: np.ndarray) -> float:
    """Return the AUC of a score."""
    return float(auc(ranking(score), label, np.ones(len(label))))
