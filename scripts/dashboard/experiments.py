"""Experiments: what is planned, whether the arms compare, and what came out."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from dashboard import data, looks
from dashboard.colors import ACCENT_COLOR, OTHER_COLOR


def rows_of(mart: str, experiment: str, order: str) -> pd.DataFrame:
    """Return the rows of a mart for one experiment; none if it is not published."""
    if not data.has_rows(mart):
        return pd.DataFrame()
    return data.ask(f"from {mart} where experiment = ? order by {order}", experiment)


def show_plan(plan: dict) -> None:
    """Show how many users the experiment needs, and how many there are."""
    looks.metrics(
        [
            ("Status", plan["status"], None),
            ("Users assigned", looks.number(plan["assigned_users"]), None),
            (
                "Users needed",
                looks.number(plan["users_needed"]),
                "to find the smallest effect worth finding four times in five",
            ),
            (
                "Without acting",
                looks.percent(plan["baseline_rate"]),
                f"convert within {plan['horizon_days']} days, by past snapshots",
            ),
            (
                "Effect sought",
                looks.percent(float(plan["minimum_effect"])),
                "the smallest difference of two conversion rates worth finding",
            ),
        ]
    )
    st.text(f"Plan: {plan['verdict']}.")


def show_balance(experiment: str, checks: pd.DataFrame) -> None:
    """Show whether the split was fair."""
    st.subheader("Do the arms compare?", anchor=False)
    if checks.empty:
        looks.nothing(
            "Nobody is assigned yet. Set status to running in experiments.csv, then:",
            f"make experiment NAME={experiment}",
        )
        return
    st.dataframe(
        checks[
            ["arm", "check_name", "arm_value", "control_value", "difference", "verdict"]
        ].round(3),
        hide_index=True,
        height=min(38 * (len(checks) + 1), 330),
        column_config={
            "arm": "Arm",
            "check_name": "Check",
            "arm_value": st.column_config.NumberColumn("In the arm", format="%g"),
            "control_value": st.column_config.NumberColumn("In control", format="%g"),
            "difference": st.column_config.NumberColumn("Difference", format="%g"),
            "verdict": "Verdict",
        },
        alt="Checks of the split",
    )


def show_readout(results: pd.DataFrame) -> None:
    """Show the effects with their intervals, and what to make of them."""
    st.subheader("What came out", anchor=False)
    if results.empty:
        st.caption(
            "No outcome is known yet: it is when users are assigned and the first"
            " horizon has passed."
        )
        return
    decided = results[results["verdict"].notna()]
    where = decided["cell"].replace("all", "all users")
    st.text("\n".join(decided["arm"] + ", " + where + ": " + decided["verdict"]))
    effects = results[
        (results["method"] != "ratio") & results["estimate"].notna()
    ].reset_index(drop=True)
    if effects.empty:
        return
    effects["name"] = effects["cell"] + " · " + effects["method"]
    if effects["arm"].nunique() > 1:
        effects["name"] = effects["arm"] + " · " + effects["name"]
    effects["decides"] = effects["verdict"].notna()
    order = list(effects["name"])
    base = alt.Chart(effects).encode(
        y=alt.Y("name:N", sort=order, title=None),
        color=alt.condition(
            "datum.decides", alt.value(ACCENT_COLOR), alt.value(OTHER_COLOR)
        ),
        tooltip=[
            "name",
            alt.Tooltip("estimate:Q", format="+.2%"),
            alt.Tooltip("lower:Q", format="+.2%"),
            alt.Tooltip("upper:Q", format="+.2%"),
            alt.Tooltip("users:Q", format=","),
            alt.Tooltip("control_users:Q", format=","),
        ],
    )
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(strokeDash=[4, 4])
    chart = (
        zero.encode(x="x:Q", color=alt.value(OTHER_COLOR))
        + base.mark_rule(strokeWidth=3).encode(
            x=alt.X(
                "lower:Q",
                title="effect: conversion rate, arm less control",
                axis=alt.Axis(format="+.0%", tickCount=5),
            ),
            x2="upper:Q",
        )
        + base.mark_circle(size=100, opacity=1).encode(x="estimate:Q")
    )
    looks.show(chart, 28 * len(effects) + 50, "Effects with 95 % intervals")
    st.caption("Coloured lines are what the sentences go by; lines are 95 % intervals.")


def page() -> None:
    """Show the page."""
    if not data.has_rows("experiment_plan"):
        looks.nothing(
            "No experiment yet. Add a line to experiments.csv in the control panel"
            " (seeds), then build:",
            "make run",
        )
        return
    plans = data.ask("from experiment_plan order by experiment")
    names = list(plans["experiment"])
    chosen = st.selectbox("Experiment", names)
    show_plan(plans[plans["experiment"] == chosen].iloc[0].to_dict())
    show_balance(chosen, rows_of("experiment_balance", chosen, "arm, check_name"))
    show_readout(rows_of("experiment_results", chosen, "arm, cell, method"))
