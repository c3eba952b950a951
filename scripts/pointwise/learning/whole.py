"""From log-odds to whole points: the best that caps and limits of the score allow."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pointwise.learning.joint import Prior
from pointwise.learning.metrics import logistic_fit
from pointwise.learning.panel import (
    HIGHEST,
    LOWEST,
    Rule,
    group_caps,
    rule_points,
    scores,
    scores_of,
)

SCALES = 7  # How many values of a point, in log-odds, are tried.
STEPS = (-8, -4, -2, -1, 1, 2, 4, 8)
MOST_SWEEPS = 12


class Fit:
    """How well scores tell who converts, after the pull towards the panel."""

    def __init__(self, label: np.ndarray, prior: Prior, strength: float) -> None:
        """Keep what does not change while points do."""
        self.label = label
        self.prior = prior
        self.strength = strength
        self.start = [0.0, 0.0]  # Of the curve; then from where the last one ended.
        self.slope = 0.0  # Of the last curve: log-odds a point.

    def loss(self, rules: list[Rule], score: np.ndarray) -> float:
        """Return the log loss of the best curve over the score, and the pull."""
        size = HIGHEST - LOWEST + 1
        rows = np.bincount(score - LOWEST, minlength=size).astype(float)
        converted = np.bincount(score - LOWEST, self.label, size)
        value = np.arange(LOWEST, HIGHEST + 1, dtype=float)
        mean = rows @ value / rows.sum()
        # Of scores as they are, Newton's steps may never find the curve.
        deviation = np.sqrt(rows @ (value - mean) ** 2 / rows.sum()) or 1.0
        curve = np.column_stack([np.ones(size), (value - mean) / deviation])
        rate = converted / np.maximum(rows, 1)
        found = logistic_fit(curve, np.zeros(size), rate, rows, self.start)
        self.start, self.slope = list(found), found[1] / deviation
        margin = curve @ found
        total = rows @ np.logaddexp(0, margin) - converted @ margin
        worth = self.slope * np.array([rule.most_points for rule in rules], float)
        apart = worth - self.prior.mean
        return total + self.strength * (self.prior.stiffness * apart) @ apart / 2


def whole_points(
    rules: list[Rule], counts: np.ndarray, log_odds: np.ndarray, fit: Fit
) -> list[Rule]:
    """Return the rules with the points that fit best, from several scales on."""
    group, caps = group_caps(rules)
    positive = np.bincount(group, np.clip(log_odds, 0, None), len(caps))
    worth = positive[caps > 0] / caps[caps > 0]
    worth = worth[worth > 0]
    if len(worth) == 0:
        return rules
    best, least = rules, fit.loss(rules, scores(rules, counts))
    for scale in np.geomspace(worth.min(), worth.max(), SCALES):
        start = [
            with_most(rule, round(value / scale))
            if fit.prior.bounds[k][0] != fit.prior.bounds[k][1]
            else rule
            for k, (rule, value) in enumerate(zip(rules, log_odds, strict=True))
        ]
        found, loss = improved(start, counts, fit)
        if loss < least - 1e-9:
            best, least = found, loss
    return best


def improved(
    rules: list[Rule], counts: np.ndarray, fit: Fit
) -> tuple[list[Rule], float]:
    """Return rules after changing one at a time as long as that helps."""
    group, caps = group_caps(rules)
    rules = list(rules)
    sums = np.zeros((len(counts), len(caps)), np.int64)
    for position, rule in enumerate(rules):
        sums[:, group[position]] += rule_points(rule, counts[:, position])
    least = fit.loss(rules, scores_of(sums, caps))
    for _ in range(MOST_SWEEPS):
        before = least
        for position, rule in enumerate(rules):
            low, high = fit.prior.bounds[position]
            if low == high:
                continue
            column = sums[:, group[position]]
            others = column - rule_points(rule, counts[:, position])
            kept = rule
            for other in neighbours(rule, 1 if high is None else -1):
                sums[:, group[position]] = others + rule_points(
                    other, counts[:, position]
                )
                rules[position] = other
                loss = fit.loss(rules, scores_of(sums, caps))
                if loss < least - 1e-9:
                    kept, least = other, loss
            rules[position] = kept
            sums[:, group[position]] = others + rule_points(kept, counts[:, position])
        if before - least < 1e-6:
            break
    return rules, least


def neighbours(rule: Rule, sign: int) -> Iterator[Rule]:
    """Yield the rule with other points of this sign, within the cap of its group."""
    if rule.per is None:
        for step in STEPS:
            points = rule.points + step
            if 0 <= points * sign <= most_of(rule, sign):
                yield rule._replace(points=points)
        return
    for step in (-1, 0, 1):
        for further in (0, *STEPS):
            points, most = rule.points + step, rule.most_points + further
            if 0 < points * sign <= most * sign <= most_of(rule, sign):
                yield with_points(rule, points, most)


def most_of(rule: Rule, sign: int) -> int:
    """Return how many points a rule may have: those of its group, or 50 to take."""
    return rule.group_max_points if sign > 0 else HIGHEST // 2


def with_most(rule: Rule, most: int) -> Rule:
    """Return the rule with so many points at its most, in steps as even as can be."""
    sign = 1 if rule.points > 0 else -1
    most = sign * min(abs(most), most_of(rule, sign))
    if rule.per is None:
        return rule._replace(points=most)
    most = sign * max(abs(most), 1)
    return with_points(rule, sign * max(round(abs(most) / rule.steps), 1), most)


def with_points(rule: Rule, points: int, most: int) -> Rule:
    """Return a rule a `per` with other points, bounded if it was bounded before."""
    bound = None if rule.max_points is None else most
    return rule._replace(points=points, max_points=bound)
