"""A proposal of points: what is proposed for each rule, on what evidence."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import NamedTuple

import numpy as np

from pointwise.learning import joint
from pointwise.learning.examples import Examples
from pointwise.learning.panel import Rule, group_caps, scores, times_fired
from pointwise.learning.split import held_out, user_folds
from pointwise.learning.whole import Whole, curve_of, log_loss, whole_points

# A rule with fewer conversions, seen or expected, keeps its points.
FEWEST_CONVERTED = 2
FOLDS = 5  # Of people.
# Points are proposed if they predict others' conversions better than the panel by
# more than this number of standard errors.
FAVOURED = 1.0


class Evidence(NamedTuple):
    """What the training examples say about one rule."""

    old: Rule
    new: Rule
    examples: int  # To which it applies.
    rate: float  # That convert, of these.
    low: int  # The 95 % interval of its maximum points, as far as its
    high: int  # sign and the cap of its group allow.
    has_enough_data: bool
    held_back: int | None  # The points it is worth, if the cap of its group is below.


class Bound(NamedTuple):
    """A group whose rules are worth more together than its cap lets them add."""

    label: str
    worth: int  # Points of the group, of the example in which they are most.
    cap: int
    examples: int  # In which they are more than the cap.


class Proposal(NamedTuple):
    """Rules with new points, or as they were, and the evidence for each."""

    rules: list[Rule]
    evidence: list[Evidence]
    favour: float  # Standard errors by which other people favour new points.
    doubling: tuple[float, float]  # Points that double the odds, before and after.
    bounds: list[Bound]

    @property
    def is_favoured(self) -> bool:
        """Whether people who were not fitted to favour other points."""
        return self.favour > FAVOURED


def propose(
    rules: list[Rule], examples: Examples, step: Callable[[], None] = lambda: None
) -> Proposal:
    """Return new points for the rules, fitted together to these training examples.

    They are those of the panel unless people who were left out favour others.
    """
    counts, label = times_fired(rules, examples.features), examples.is_converted
    favour = favour_of_others(rules, counts, label, examples.user_id, step)
    whole, scale, worth = fitted(rules, counts, label)
    columns = joint.shares(rules, counts)
    limits = joint.limits(columns, label, examples.user_id, scale)
    is_favoured = favour > FAVOURED
    new = whole.rules if is_favoured else rules
    # What rules are worth is stated in points of the panel that stands.
    slope = whole.slope if is_favoured or not scale.slope else scale.slope
    if not slope:
        # No points predict who converts: any number of them says as little.
        limits, worth, slope = (worth - np.inf, worth + np.inf), 0 * worth, 1.0
    step()
    fires = counts > 0
    rows, converted = fires.sum(axis=0), fires.T @ label
    evidence = []
    for k, (rule, proposed) in enumerate(zip(rules, new, strict=True)):
        lowest, highest = joint.most_of(rule)
        # Outwards, so that what is proposed is within.
        low = int(np.clip(np.floor(limits[0][k] / slope), lowest, highest))
        high = int(np.clip(np.ceil(limits[1][k] / slope), lowest, highest))
        if is_favoured:
            found = whole.rules[k].most_points
            low, high = min(low, found), max(high, found)
        points = round(worth[k] / slope)
        evidence.append(
            Evidence(
                rule,
                proposed,
                int(rows[k]),
                converted[k] / rows[k] if rows[k] else np.nan,
                low,
                high,
                bool(scale.is_known[k]),
                points if scale.is_known[k] and points > highest else None,
            )
        )
    before, after = (
        doubling(curve_of(points, counts, label)) for points in (rules, new)
    )
    bounds = bounds_of(rules, columns * worth / slope)
    return Proposal(new, evidence, favour, (before, after), bounds)


def bounds_of(rules: list[Rule], points: np.ndarray) -> list[Bound]:
    """Return the groups whose rules come to more than the cap, though none does alone.

    `points` has what each rule is worth, by example and rule.
    """
    group, caps = group_caps(rules)
    found = []
    for number, cap in enumerate(caps):
        inside = group == number
        first = rules[int(np.argmax(inside))]
        together = np.rint(points[:, inside].sum(axis=1)).astype(int)
        alone = np.rint(points[:, inside]).max()
        if first.group_picks_best or together.max() <= cap or alone > cap:
            continue
        label = first.group_label or first.rule_group
        examples = int((together > cap).sum())
        found.append(Bound(label, int(together.max()), int(cap), examples))
    return found


def fitted(
    rules: list[Rule], counts: np.ndarray, label: np.ndarray
) -> tuple[Whole, joint.Scale, np.ndarray]:
    """Return whole points, the panel's scale, and the log-odds that they come from."""
    expected = np.maximum((counts > 0).T @ label, (counts > 0).sum(0) * label.mean())
    curve = curve_of(rules, counts, label)
    slope = max(curve.slope / curve.deviation, 0.0)
    scale = joint.scale_of(rules, slope, expected >= FEWEST_CONVERTED)
    worth = joint.worth(rules, joint.shares(rules, counts), label, scale)
    return whole_points(rules, counts, label, worth, scale), scale, worth


def favour_of_others(
    rules: list[Rule],
    counts: np.ndarray,
    label: np.ndarray,
    user_ids: np.ndarray,
    step: Callable[[], None],
) -> float:
    """Return by how many standard errors points fitted to some suit others better.

    A paired test over people: each is judged by points fitted without them and by those
    of the panel, both by the log loss of a curve fitted without them (cross-fitting:
    Stone 1974, JRSS B 36:111). 0 without anybody to judge by.
    """
    gain = np.zeros(len(label))
    for outside, inside in held_out(user_folds(user_ids, FOLDS)):
        if not 2 <= label[outside].sum() < len(outside):
            return 0.0
        whole = fitted(rules, counts[outside], label[outside])[0]
        old = curve_of(rules, counts[outside], label[outside])
        for points, curve, sign in ((rules, old, 1), (whole.rules, whole.curve, -1)):
            score = scores(points, counts[inside])
            gain[inside] += sign * log_loss(curve, score, label[inside])
        step()
    by_user = np.bincount(np.unique(user_ids, return_inverse=True)[1], gain)
    error = np.sqrt(len(by_user) * by_user.var())
    return float(by_user.sum() / error) if error > 0 else 0.0


def doubling(curve: object) -> float:
    """Return how many points double the odds, NaN if the score predicts nothing."""
    slope = curve.slope / curve.deviation
    return log(2) / slope if slope > 0 else np.nan
