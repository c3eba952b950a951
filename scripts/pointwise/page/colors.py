"""Every colour of the results page, in one place."""

from __future__ import annotations

from collections.abc import Iterable

# From Okabe and Ito's and Tol's colours, which people who see fewer colours can tell
# apart, as a test checks; best band first. The lowest band is always grey.
BAND_COLORS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#88CCEE", "#DDCC77"]
LOWEST_BAND_COLOR = "#8A97A6"
GAIN_COLOR = "#009E73"
LOSS_COLOR = "#D55E00"
TOTAL_COLOR = "#64748B"
ACCENT_COLOR = "#3E8EC4"
# Of kinds of events, most frequent first; what is left is grey.
SERIES_COLORS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#88CCEE", "#DDCC77"]
OTHER_COLOR = "#8A97A6"
DRIFT_COLORS = {"stable": OTHER_COLOR, "moderate": "#E69F00", "large": LOSS_COLOR}
# Of the rules and of the models beside them; what is only possible is grey.
MODEL_COLORS = {
    "rules": "#0072B2",
    "logistic": "#E69F00",
    "xgboost": "#D55E00",
    "mean": "#009E73",
    "ceiling": OTHER_COLOR,
}

THEME = {
    "theme.base": "light",
    "theme.primaryColor": "#0072B2",
    "theme.baseRadius": "0.5rem",
    "theme.showWidgetBorder": "true",
    "theme.metricValueFontSize": "1.7rem",
    "theme.light.backgroundColor": "#FFFFFF",
    "theme.light.secondaryBackgroundColor": "#F4F6F9",
    "theme.light.textColor": "#1B2733",
    "theme.light.borderColor": "#DDE3EA",
    "theme.dark.backgroundColor": "#11181F",
    "theme.dark.secondaryBackgroundColor": "#1A242E",
    "theme.dark.textColor": "#E4EAF0",
    "theme.dark.primaryColor": "#56B4E9",
    "theme.dark.borderColor": "#2C3946",
}


def band_colors(bands: Iterable[str]) -> dict[str, str]:
    """Return the colour of each band; bands come best first."""
    names = list(bands)
    colors = {
        name: BAND_COLORS[place % len(BAND_COLORS)]
        for place, name in enumerate(names[:-1])
    }
    return {**colors, **dict.fromkeys(names[-1:], LOWEST_BAND_COLOR)}
