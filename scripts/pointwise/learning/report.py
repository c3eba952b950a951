"""The comparison of the models as tables for a terminal."""

from __future__ import annotations

from pointwise.core.terminal import console, print_table
from pointwise.learning.comparison import FIGURES, TRUE_FIGURES, Row

# Heading, and decimals, of each figure.
HEADINGS = {
    "auc": ("AUC", 3),
    "average_precision": ("average precision", 3),
    "top_tenth_lift": ("top tenth: lift", 2),
    "top_tenth_predicted_by_observed": ("top tenth: predicted ÷ observed", 2),
    "brier": ("Brier", 4),
    "brier_skill": ("Brier skill", 3),
    "log_loss": ("log loss", 4),
    "calibration_slope": ("slope", 2),
    "calibration_intercept": ("intercept", 2),
    "expected_auc": ("true AUC", 3),
    "share_of_ceiling": ("of the ceiling", 3),
}
WITH_INTERVAL = {
    "auc",
    "average_precision",
    "top_tenth_lift",
    "brier_skill",
    "calibration_slope",
    "top_tenth_predicted_by_observed",
}
BY_POPULATION = ("auc", "top_tenth_lift", "brier_skill", "share_of_ceiling")


def print_comparison(rows: list[Row]) -> None:
    """Print every figure of the first population, and a few of the others."""
    populations: dict[str, list[Row]] = {}
    for row in rows:
        populations.setdefault(row.population, []).append(row)
    for number, found in enumerate(populations.values()):
        print_population(found, BY_POPULATION if number else (*FIGURES, *TRUE_FIGURES))
        console.print()


def print_population(rows: list[Row], wanted: tuple[str, ...]) -> None:
    """Print a line a model; figures that no model has are left out."""
    models: dict[str, dict[str, Row]] = {}
    for row in rows:
        models.setdefault(row.model, {})[row.figure] = row
    figures = [
        name for name in wanted if any(name in found for found in models.values())
    ]
    first = rows[0]
    print_table(
        f"{first.population[0].upper()}{first.population[1:]}: {first.examples:,}"
        f" examples of {first.users:,} users, {first.converted:,} converted",
        ["", *(HEADINGS[name][0] for name in figures)],
        [
            [model, *(cell(found.get(name)) for name in figures)]
            for model, found in models.items()
        ],
        right=[HEADINGS[name][0] for name in figures],
    )


def cell(row: Row | None) -> str | list[str]:
    """Return a figure as text, its interval below it."""
    if row is None or row.value is None:
        return ""
    decimals = HEADINGS[row.figure][1]
    text = f"{row.value:.{decimals}f}"
    if row.figure not in WITH_INTERVAL or row.low is None:
        return text
    return [text, f"{row.low:.2f}-{row.high:.2f}"]
