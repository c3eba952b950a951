"""From log-odds to whole points, on the scale that caps and limits bear best."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pointwise.learning.joint import Scale, most_of
from pointwise.learning.models import Curve, fit_curve
from pointwise.learning.panel import Rule, group_caps, scores

SCALES = 7  # How many values of a point, in log-odds, are tried beside the panel's.


class Whole(NamedTuple):
    """Rules with whole points, what a point of them is worth, and their curve."""

    rules: list[Rule]
    slope: float
    curve: Curve


def whole_points(
    rules: list[Rule],
    counts: np.ndarray,
    label: np.ndarray,
    log_odds: np.ndarray,
    scale: Scale,
) -> Whole:
    """Return the rules with whole points, if need be on another scale.

    On the panel's own scale a group may not hold what its rules are worth. Of several
    scales, the nearest to the panel's is taken that predicts conversions as well as the
    best, except for the gain of a parameter more by chance (Akaike 1974, IEEE Trans.
    Autom. Control 19:716).
    """
    group, caps = group_caps(rules)
    positive = np.bincount(group, np.clip(log_odds, 0, None), len(caps))
    by_cap = positive[caps > 0] / caps[caps > 0]
    by_cap = by_cap[by_cap > 0]
    slopes = [scale.slope] if scale.slope > 0 else []
    if len(by_cap):
        slopes += np.geomspace(by_cap.min(), by_cap.max(), SCALES).tolist()
    if not slopes:
        return Whole(rules, scale.slope, curve_of(rules, counts, label))
    found, losses = [], []
    for slope in slopes:
        # Of what there are no data for stays what it is worth, so its points may not.
        is_kept = ~scale.is_known & ((scale.panel == 0) | (slope == scale.slope))
        new = [
            rule if kept else with_most(rule, round(value / slope))
            for rule, value, kept in zip(rules, log_odds, is_kept, strict=True)
        ]
        found.append(Whole(new, slope, curve_of(new, counts, label)))
        losses.append(log_loss(found[-1].curve, scores(new, counts), label).sum())
    bearable = [
        whole
        for whole, loss in zip(found, losses, strict=True)
        if loss <= min(losses) + 1
    ]
    start = scale.slope or max(slopes)
    return min(bearable, key=lambda whole: abs(np.log(whole.slope / start)))


def curve_of(rules: list[Rule], counts: np.ndarray, label: np.ndarray) -> Curve:
    """Return the best curve over the scores by these rules."""
    return fit_curve(scores(rules, counts).astype(float), label)


def log_loss(curve: Curve, score: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return the log loss of each example by a curve over its score."""
    standard = (score - curve.mean) / curve.deviation
    margin = curve.intercept + curve.slope * standard
    return np.logaddexp(0, margin) - label * margin


def with_most(rule: Rule, most: int) -> Rule:
    """Return the rule with these points at its maximum, in steps as even as possible.

    If the maximum is 0, each step is 0.
    """
    lowest, highest = most_of(rule)
    most = min(max(most, lowest), highest)
    if rule.per is None:
        return rule._replace(points=most)
    if most == 0:
        return rule._replace(points=0)
    sign = 1 if most > 0 else -1
    points = sign * max(round(abs(most) / rule.steps), 1)
    bound = None if rule.max_points is None else most
    return rule._replace(points=points, max_points=bound)
