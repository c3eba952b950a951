"""What the trained model thinks of one user, beside the rules."""

from __future__ import annotations

import altair as alt
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
            ("Model: above", f"{row['percentile']} %", "of all who are no customers"),
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
    kinds = {"for": GAIN_COLOR, "against": LOSS_COLOR}
    rows = alt.Chart(reasons).encode(y=alt.Y("line:O", axis=None))
    bars = rows.mark_bar(height=10, cornerRadius=2, yOffset=8).encode(
        x=alt.X("log_odds:Q", title="log-odds", axis=alt.Axis(tickCount=5)),
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=list(kinds), range=list(kinds.values())),
            legend=None,
        ),
        tooltip=["reason", alt.Tooltip("log_odds:Q", format="+.2f")],
    )
    words = rows.mark_text(align="left", dy=-7).encode(
        x=alt.datum(min(0.0, float(reasons["log_odds"].min()))), text="reason:N"
    )
    looks.show(bars + words, 38 * len(reasons) + 40, "What moves the probability most")
