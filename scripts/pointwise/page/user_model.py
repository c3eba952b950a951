"""What the trained model thinks of one user, beside the rules."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from pointwise.page import data, looks
from pointwise.page.colors import GAIN_COLOR, LOSS_COLOR
from pointwise.page.section import TRAIN, model_warning, not_trained


def show_view_of_the_model(user: dict) -> None:
    """Show the probability that the model gives, and why."""
    if not data.is_published("user_propensity"):
        return
    st.subheader("What the model thinks", anchor=False)
    if user["is_customer"]:
        st.caption("A customer: the model says nothing of customers.")
        return
    if pd.isna(user["percentile"]):
        st.caption("No activity: the model says nothing of people without any.")
        return
    row = data.ask_one("from user_propensity where user_id = ?", user["user_id"])
    if row is None:
        looks.nothing(not_trained(), TRAIN)
        return
    looks.metrics(
        [
            (
                "Probability",
                looks.percent(row["propensity"]),
                f"of the outcome within {row['horizon_days']} days{between(row)}",
            ),
            ("Model: above", f"{row['percentile']} %", "of active prospects"),
            *(
                [("Rules: above", f"{place:.0f} %", "of active prospects")]
                if pd.notna(place := user["percentile"])
                else []
            ),
        ]
    )
    if warning := model_warning():
        st.warning(warning)
    show_reasons(user["user_id"])


def between(row: dict) -> str:
    """Return the interval of a propensity in words; of an older model none."""
    ends = [row.get(f"{end}_propensity") for end in ("lower", "upper")]
    if pd.isna(ends[0]):
        return ""
    return f" (95 % interval {' to '.join(map(looks.percent, ends))})"


def show_reasons(user: str) -> None:
    """Show what moves the probability most, up and down."""
    reasons = pd.DataFrame()
    if data.has_rows("user_propensity_contributions"):
        reasons = data.ask(
            "select reason, log_odds from user_propensity_contributions"
            " where user_id = ? and feature <> 'base'"
            " order by abs(log_odds) desc, feature limit 6",
            user,
        )
    if reasons.empty:
        st.caption("Reasons are kept for the likeliest users, and where rules differ.")
        return
    reasons["line"] = range(len(reasons))
    reasons["kind"] = reasons["log_odds"].gt(0).map({True: "for", False: "against"})
    reasons["times"] = np.exp(reasons["log_odds"])
    reasons["times_text"] = reasons["times"].map(times)
    kinds = {"for": GAIN_COLOR, "against": LOSS_COLOR}
    # 1 changes nothing; a factor and its inverse are equally far from it.
    widest = max(2.0, float(np.exp(reasons["log_odds"].abs().max()))) * 1.6
    scale = alt.Scale(type="log", domain=[1 / widest, widest])
    rows = alt.Chart(reasons).encode(y=alt.Y("line:O", axis=None))
    bars = rows.mark_bar(height=10, cornerRadius=2, yOffset=8).encode(
        x=alt.X("times:Q", title="odds times", scale=scale, axis=None),
        x2=alt.datum(1),
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=list(kinds), range=list(kinds.values())),
            legend=None,
        ),
        tooltip=["reason", alt.Tooltip("times_text:N", title="odds")],
    )
    words = rows.mark_text(align="left", dy=-7).encode(
        x=alt.datum(1 / widest), text="reason:N"
    )
    labels = rows.mark_text(align="left", dx=4, dy=9, fontWeight=700).encode(
        x=alt.X("end:Q", scale=scale), text="times_text:N"
    )
    reasons["end"] = reasons["times"].clip(lower=1)
    said = "; ".join(f"{row.times_text} {row.reason}" for row in reasons.itertuples())
    looks.show(
        bars + words + labels,
        40 * len(reasons) + 10,
        f"What moves the odds most: {said}",
    )
    st.caption(
        f"{looks.TIMES}2 doubles the odds of the outcome, {looks.TIMES}0.5 halves them."
    )


def times(factor: float) -> str:
    """Return by how much a reason multiplies the odds: x3.4."""
    return f"{looks.TIMES}{factor:.{1 if factor >= 0.1 else 2}f}"
