"""A control panel to begin with that is learned: what went before the outcome.

Each feature becomes a few steps, such as at least 1, 3 or 10 purchases. All steps are
fitted together as `pointwise propose` fits rules (learning/joint.py), shrunk to zero
and each of the sign that its feature has alone, unless any signs rank other people
clearly better; what is not worth a point goes.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np
import pandas as pd

from pointwise.core.words import plain_number
from pointwise.importing.columns import snake_name
from pointwise.importing.past import Feature
from pointwise.learning import joint
from pointwise.learning.metrics import auc, ranking
from pointwise.learning.panel import HIGHEST, Rule, scores, times

FEWEST_CONVERTED = 20  # Examples; below, nothing is learned.
FEWEST_EXAMPLES = 20  # On each side of a step.
MOST_FEATURES = 40  # That are fitted together.
MOST_RULES = 30
MOST_TEXTS = 20  # Of an attribute.
CLEARLY = 0.004  # Of AUC, by which steps of any sign must rank better.
FEWEST_POINTS = 1.5  # A rule of fewer is not worth its line.
MOST_POINTS = 0.998  # This share of people is to be below a score of 100.
PARTS_OF_PEOPLE = 5  # Rules are tried on one of them where no later dates are left.
NOISE = 1.645  # Standard deviations that one in twenty exceeds.
WITHIN = 1.96  # Standard deviations on either side that 95 % lie within.
TOP_SHARE = 0.1  # Of people in the highest two bands, unless a team has a capacity.
HIGHEST_OF_TOP = 0.3  # Of these, in the highest band.
# Where steps are tried: at these quantiles of the values that there are.
PARTS = {
    "days_since_last": (0.03, 0.1, 0.2, 0.35, 0.5, 0.75),
    # One at all is found by the count without a half-life.
    "lately": (0.2, 0.4, 0.6, 0.75, 0.87, 0.95, 0.985),
    "": (0, 0.2, 0.4, 0.6, 0.75, 0.87, 0.95, 0.985),
}


class Step(NamedTuple):
    """A condition on a feature: at least or at most a number, or equal to a text."""

    feature: Feature
    sign: int
    limit: float
    equals: str | None = None
    is_of_any_sign: bool = False

    @property
    def is_at_most(self) -> bool:
        """Return whether the step is met by small values."""
        return self.feature.measure == "days_since_last"

    def rule(self, points: int) -> Rule:
        """Return the rule with these points."""
        group = group_of(self.feature.measure) if points > 0 else "negative"
        if self.equals is not None:
            feature = self.feature.feature
            return Rule(
                f"{feature[:40]}_is_{plain_text(self.equals)[:18]}", group, feature,
                None, None, self.equals, points, None, None, 0,
                reason(self.feature, 0),
            )  # fmt: skip
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
        "attribute": "profile",
        "number": "profile",
    }.get(measure, "activity")


def reason(feature: Feature, limit: float) -> str:
    """Return what a step says about a person."""
    words, most = feature.description.split(":")[0], plain_number(limit)
    days = f"in {feature.window_days} days"
    words = words[:1].upper() + words[1:]
    if feature.measure == "attribute":
        return f"{words}: {{value}}"
    if feature.measure == "number":
        return f"{words} {{value}}, at least {most}"
    if feature.measure == "days_since_last":
        return f"{words} {{value}} day(s) ago, at most {most}"
    if feature.measure == "active_days":
        return f"{words} on {{value}} day(s) {days}, at least {most}"
    is_amount = feature.measure == "amount"
    much = f"{words}: amount {{value}}" if is_amount else f"{words} {{value}} time(s)"
    by_age = " weighted by age" if feature.half_life_days else ""
    return f"{much} {days}, at least {most}{by_age}"


def steps_of(feature: Feature, values: np.ndarray, label: np.ndarray) -> list[Step]:
    """Return the steps of a feature that people are on both sides of."""
    if feature.measure == "attribute":
        return texts_of(feature, values, label)
    if feature.measure == "number":
        return parts_of(feature, values, label)
    known = values[~np.isnan(values)]
    known = known if feature.measure == "days_since_last" else known[known > 0]
    if len(known) < FEWEST_EXAMPLES or not known.any():
        return []
    kind = "lately" if feature.half_life_days else feature.measure
    parts = PARTS.get(kind, PARTS[""])
    limits = sorted({limit_of(feature, v) for v in np.quantile(known, parts)})
    filled = np.where(np.isnan(values), np.inf, values)
    order = -filled if feature.measure == "days_since_last" else filled
    area = auc(ranking(order), label, np.ones(len(label)))
    steps = []
    for limit in limits:
        step = Step(feature, 1 if area >= 0.5 else -1, limit)
        if has_both_sides(met(step, values), label):
            steps.append(step)
    return steps


def texts_of(feature: Feature, values: np.ndarray, label: np.ndarray) -> list[Step]:
    """Return the commonest texts of an attribute that enough people have."""
    had = pd.Series(label).groupby(values).agg(["size", "mean"])
    rare = np.minimum(had["size"], len(label) - had["size"])
    enough = (rare >= FEWEST_EXAMPLES) & (rare * label.mean() >= 1)
    had = had[enough].sort_values("size", ascending=False, kind="stable")[:MOST_TEXTS]
    if len(had) == 2 and had["size"].sum() == len(label):
        had = had.sort_values("mean", kind="stable")[1:]  # The other says the same.
    return [
        Step(feature, 1 if rate >= label.mean() else -1, 0, str(text))
        for text, rate in had["mean"].items()
    ]


def parts_of(feature: Feature, values: np.ndarray, label: np.ndarray) -> list[Step]:
    """Return steps of a number that may be unknown, people on both sides of each."""
    is_known = ~np.isnan(values)
    known, rate = values[is_known], label[is_known]
    if len(known) < FEWEST_EXAMPLES or not 0 < rate.sum() < len(rate):
        return []
    area = auc(ranking(known), rate, np.ones(len(rate)))
    limits = sorted({float(f"{v:.3g}") for v in np.quantile(known, PARTS[""])})
    steps = [Step(feature, 1 if area >= 0.5 else -1, limit) for limit in limits]
    return [s for s in steps if has_both_sides(met(s, values), label)]


def has_both_sides(meets: np.ndarray, label: np.ndarray) -> bool:
    """Say if enough people meet a step, and enough do not."""
    rare = min(meets.sum(), len(meets) - meets.sum())
    return bool(rare >= FEWEST_EXAMPLES and rare * label.mean() >= 1)


def plain_text(text: str) -> str:
    """Return a text as part of a rule's name; of another script its number."""
    return snake_name(text.encode("ascii", "ignore").decode()) or (
        f"{zlib.crc32(text.encode()):08x}"
    )


def values_of(values: pd.Series) -> np.ndarray:
    """Return a feature's values: numbers, or the texts of an attribute."""
    is_text = not pd.api.types.is_numeric_dtype(values)
    return values.to_numpy(object if is_text else float)


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
    """Return how much better two rates predict the outcome than one."""

    def loss(part: np.ndarray) -> float:
        rate = (part.sum() + 0.5) / (len(part) + 1)
        return -(
            part.sum() * np.log(rate) + (len(part) - part.sum()) * np.log(1 - rate)
        )

    return loss(label) - loss(label[meets]) - loss(label[~meets])


def learn(
    features: list[Feature], values: pd.DataFrame, label: np.ndarray, people: np.ndarray
) -> Learned | None:
    """Return rules learned from examples; None if too few of them converted.

    `people` are the numbers of the persons of the examples.
    """
    if not FEWEST_CONVERTED <= label.sum() <= len(label) - FEWEST_CONVERTED:
        return None
    by_feature = []
    for feature in distinct(features, values):
        found = values_of(values[feature.feature])
        steps = steps_of(feature, found, label)
        columns = [met(step, found) for step in steps]
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
    if any_sign_ranks_better(steps, columns, label, people):
        steps = [step._replace(is_of_any_sign=True) for step in steps]
    steps, worth = chosen_steps(steps, columns, label)
    if not steps:
        return None
    rules = whole_rules(steps, worth, values)
    used = {rule.feature for rule in rules}
    kept = [feature for feature in features if feature.feature in used]
    return Learned(rules, kept, len(label), float(label.mean())) if rules else None


def distinct(features: list[Feature], values: pd.DataFrame) -> list[Feature]:
    """Return features, without those of any activity that say what those of a type say.

    Such as days since any activity, where there is one kind of it.
    """

    def said(feature: Feature) -> bytes:
        found = pd.util.hash_pandas_object(values[feature.feature], index=False)
        return found.to_numpy().tobytes()

    of_types = {said(feature) for feature in features if feature.event_type != "*"}
    return [f for f in features if f.event_type != "*" or said(f) not in of_types]


def fitted(steps: list[Step], columns: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return the intercept and the log-odds of each step, shrunk to zero."""
    of_sign = {1: (0, None), -1: (None, 0)}
    bounds: joint.Bounds = [
        (None, None) if step.is_of_any_sign else of_sign[step.sign] for step in steps
    ]
    nothing = np.zeros(len(steps))
    return joint.fit(columns, label, nothing, joint.STRENGTH, bounds)


def any_sign_ranks_better(
    steps: list[Step], columns: np.ndarray, label: np.ndarray, people: np.ndarray
) -> bool:
    """Whether steps of any sign rank people clearly better who were left out.

    As where an amount is asked for: of two who spent as much, who bought less often
    buys more expensive things.
    """
    of_any = [step._replace(is_of_any_sign=True) for step in steps]
    margins = np.zeros((2, len(label)))
    for part in range(PARTS_OF_PEOPLE):
        others = people % PARTS_OF_PEOPLE == part
        for margin, tried in zip(margins, (steps, of_any), strict=True):
            worth = fitted(tried, columns[~others], label[~others])
            margin[others] = worth[0] + columns[others] @ worth[1:]
    gain, error = area_gained(*margins, label)
    return bool(gain > max(CLEARLY, WITHIN * error))


def area_gained(
    margin: np.ndarray, other: np.ndarray, label: np.ndarray
) -> tuple[float, float]:
    """Return by how much the AUC of another margin is greater, and its standard error.

    Of both on the same examples (DeLong, DeLong and Clarke-Pearson 1988, Biometrics
    44:837): by how many of the other outcome each example is ranked right.
    """
    had = label > 0
    gains = []
    for one, than in ((had, ~had), (~had, had)):
        right = []
        for values in (margin, other):
            found = np.sort(values[than])
            below = np.searchsorted(found, values[one], "left")
            up_to = np.searchsorted(found, values[one], "right")
            right.append((below + up_to) / (2 * len(found)))
        gains.append(right[1] - right[0])
    variance = sum(gain.var(ddof=1) / len(gain) for gain in gains)
    return float(gains[0].mean()), float(np.sqrt(variance))


def chosen_steps(
    steps: list[Step], columns: np.ndarray, label: np.ndarray
) -> tuple[list[Step], np.ndarray]:
    """Return the steps that predict best together, and their log-odds."""
    for most in (4 * MOST_RULES, 2 * MOST_RULES, MOST_RULES):
        worth = fitted(steps, columns, label)[1:]
        weight = np.abs(worth) * columns.std(axis=0)
        kept = [
            k for k in np.argsort(-weight, kind="stable")[:most] if weight[k] > 1e-3
        ]
        kept.sort()
        steps, columns = [steps[k] for k in kept], columns[:, kept]
    worth = fitted(steps, columns, label)[1:]
    kept = np.flatnonzero(np.abs(worth) >= FEWEST_POINTS * slope_of(columns @ worth))
    steps, columns = [steps[k] for k in kept], columns[:, kept]
    return steps, fitted(steps, columns, label)[1:]


def slope_of(total: np.ndarray) -> float:
    """Return the log-odds of a point, so that hardly anybody is beyond 100."""
    return max(float(np.quantile(total, MOST_POINTS)), 0.5) / (HIGHEST - 1)


def whole_rules(
    steps: list[Step], worth: np.ndarray, values: pd.DataFrame
) -> list[Rule]:
    """Return the rules with whole points."""
    columns = [met(s, values_of(values[s.feature.feature])) for s in steps]
    total = np.column_stack(columns) @ worth
    slope = slope_of(total)
    points = np.clip(np.round(worth / slope), -50, HIGHEST).astype(int)
    rules = named_apart(
        [s.rule(int(p)) for s, p in zip(steps, points, strict=True) if p]
    )
    most = {
        group: sum(max(r.points, 0) for r in rules if r.rule_group == group)
        for group in {rule.rule_group for rule in rules}
    }
    return [rule._replace(group_max_points=most[rule.rule_group]) for rule in rules]


def named_apart(rules: list[Rule]) -> list[Rule]:
    """Return rules of which no two have a name: texts may begin alike."""
    seen: dict[str, int] = {}
    named = []
    for rule in rules:
        again = seen[rule.rule] = seen.get(rule.rule, 0) + 1
        named.append(rule._replace(rule=f"{rule.rule}_{again}") if again > 1 else rule)
    return named


def score_of(rules: list[Rule], values: pd.DataFrame) -> np.ndarray:
    """Return the scores by these rules."""
    counts = np.column_stack([times(r, values[r.feature]) for r in rules])
    return scores(rules, counts)


def band_starts(score: np.ndarray, share: float = TOP_SHARE) -> tuple[int, int]:
    """Return where the two highest bands begin: this share of people lies in them."""
    high, medium = (
        int(np.floor(np.quantile(score, 1 - part)))
        for part in (HIGHEST_OF_TOP * share, share)
    )
    medium = min(max(medium, 2), HIGHEST - 1)
    return min(max(high, medium + 1), HIGHEST), medium


def quality_for_others(
    features: list[Feature], values: pd.DataFrame, label: np.ndarray, people: np.ndarray
) -> float:
    """Return the AUC for people whom rules did not learn from, a fifth in turn.

    Where too few are left to learn from, it is 0.5.
    """
    found, pairs = [], []
    for part in range(PARTS_OF_PEOPLE):
        others = people % PARTS_OF_PEOPLE == part
        with_outcome, without = label[others].sum(), (1 - label[others]).sum()
        pairs.append(with_outcome * without)
        learned = learn(features, values[~others], label[~others], people[~others])
        is_measured = learned is not None and pairs[-1] > 0
        score = score_of(learned.rules, values[others]) if is_measured else None
        found.append(quality(score, label[others]) if is_measured else 0.5)
    return float(np.average(found, weights=pairs))


def noise_reaches(label: np.ndarray, people: np.ndarray) -> float:
    """Return the AUC that points without meaning exceed once in twenty times."""
    return 0.5 + NOISE * deviation(0.5, label, people)


def likely_between(
    found: float, label: np.ndarray, people: np.ndarray
) -> tuple[float, float]:
    """Return the ends of the 95 % interval of an AUC."""
    within = WITHIN * deviation(found, label, people)
    return max(found - within, 0.0), min(found + within, 1.0)


def deviation(found: float, label: np.ndarray, people: np.ndarray) -> float:
    """Return the standard deviation of an AUC.

    By Hanley and McNeil (1982), of people: rows of one person are not independent.
    """
    having = len(np.unique(people[label > 0]))
    rest = len(np.unique(people)) - having
    both_had, both_not = found / (2 - found), 2 * found**2 / (1 + found)
    variance = found * (1 - found)
    variance += (having - 1) * (both_had - found**2)
    variance += (rest - 1) * (both_not - found**2)
    return float(np.sqrt(max(variance, 0) / max(having * rest, 1)))


def quality(score: np.ndarray, label: np.ndarray) -> float:
    """Return the AUC of a score."""
    return float(auc(ranking(score), label, np.ones(len(label))))
