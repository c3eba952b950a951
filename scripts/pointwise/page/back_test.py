"""Would other points have been better? Asked of past dates, with intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from pointwise.core.statistics.intervals import wilson
from pointwise.learning.gain import Gain
from pointwise.page import data, looks
from pointwise.page.effect import Frozen, back_test, known, step_of_examples
from pointwise.page.panel_files import Panel
from pointwise.page.ranking import area_under_curve, caught_by_the_top


def begin_back_test(files: data.Stamp, edits: Frozen, edited: Panel) -> None:
    """Begin to score past dates, while today's users are scored and shown."""
    if data.has_rows("training_examples"):
        back_test(files, step_of_examples(), edits, edited)


def show_back_test(edited: Panel, edits: Frozen) -> None:
    """Show how well scores would have ranked those whose outcome is known."""
    if not data.is_published("training_examples"):
        return
    st.subheader("Would it have been better?", anchor=False)
    if not data.has_rows("training_examples"):
        st.caption("No past date has passed its horizon yet: nothing to test on.")
        return
    step, files = step_of_examples(), st.session_state["stamp"]
    old = known(step)
    new, found = old, None
    if edits:
        with st.spinner("Scoring past dates …"):
            new, found = back_test(files, step, edits, edited).result()
    if not new["conversions"].sum():
        st.caption("Nobody converted at the past dates: nothing to test on.")
        return
    if found is not None:
        looks.verdict(said_of_gain(found))
    top = [caught_by_the_top(counts) for counts in (old, new)]
    area = [area_under_curve(counts) for counts in (old, new)]
    show_figure("AUC", area, "{:.3f}".format, "how often a converter scores higher")
    show_figure(
        "In the top tenth",
        top,
        looks.percent,
        "share of all conversions among the tenth with the highest scores",
    )
    bands = edited["score_bands"].query("score.isna()")
    bands = bands.sort_values("min_score", ascending=False)
    show_band_rates(old, new, list(bands["band"]))
    sample = f", one user in {step}" if step > 1 else ""
    st.caption(
        f"{int(new['users'].sum()):,} users at past dates{sample};"
        f" {int(new['conversions'].sum()):,} converted. Points tuned on these dates"
        " look better on them than they will be."
    )


def said_of_gain(found: Gain) -> str:
    """Return whether other points rank better, in one sentence with the interval."""
    change = (
        f"{found.after - found.before:+z.3f} ({found.low:+z.3f} to {found.high:+z.3f})"
    )
    evidence = f"AUC {found.before:.3f} to {found.after:.3f}, {change}"
    if found.low > 0:
        return f"They would have ranked better: {evidence}."
    if found.high < 0:
        return f"They would have ranked worse: {evidence}."
    return f"Neither better nor worse is shown: {evidence}."


def show_figure(
    name: str, values: list[float | None], form: Callable, meaning: str
) -> None:
    """Show a figure with these points, and as it is published."""
    before, after = values
    if before is None or after is None:
        return
    was, would_be = form(before), form(after)
    change = "as published" if was == would_be else f"from {was}"
    st.markdown(f"**{name}** {would_be}, {change} ({meaning})")


def show_band_rates(old: pd.DataFrame, new: pd.DataFrame, bands: list[str]) -> None:
    """Show what each band converted at, with both panels, with 95 % intervals."""
    rows = []
    for band in bands:
        cells: list[object] = [band]
        for counts in (old, new):
            of_band = counts[counts["band"] == band]
            users, conversions = of_band["users"].sum(), of_band["conversions"].sum()
            cells += [looks.number(users), rate_of(int(conversions), int(users))]
        rows.append([cells[0], cells[1], cells[3], cells[2], cells[4]])
    numbers = ["Users before", "Users after", "Converted before", "Converted after"]
    looks.rows(
        ["Band", *numbers],
        rows,
        numbers=numbers,
        words="Conversion rate by band at past dates, published and with these points",
    )


def rate_of(conversions: int, users: int) -> str:
    """Return a rate with its 95 % interval."""
    if not users:
        return looks.DASH
    low, high = wilson(np.array(conversions), np.array(users))
    return (
        f"{looks.percent(conversions / users)} ({looks.percent(float(low))} to"
        f" {looks.percent(float(high))})"
    )
