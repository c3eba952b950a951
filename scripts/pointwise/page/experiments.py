"""Experiments: what is planned, whether the arms compare, and what came out."""

from __future__ import annotations

from functools import partial

import altair as alt
import pandas as pd
import streamlit as st

from pointwise.core.panel.experiments import arms_of
from pointwise.experiments.holdout import holdout_sentence
from pointwise.page import data, looks
from pointwise.page.colors import ACCENT_COLOR, OTHER_COLOR

# How effects are estimated; the ratio of two rates has an axis of its own.
METHODS = {
    "difference": "difference",
    "stratified": "within strata",
    "cuped": "score as covariate",
    "stratified cuped": "both of these",
    "always valid": "valid at every look",
    "bands differ": "bands differ",
    "shrunken": "shrunk towards the mean of all bands",
}


def rows_of(mart: str, experiment: str, order: str) -> pd.DataFrame:
    """Return the rows of a mart for one experiment; none if it is not published."""
    if not data.has_rows(mart):
        return pd.DataFrame()
    return data.ask(f"from {mart} where experiment = ? order by {order}", experiment)


def show_terms(terms: dict, is_past: bool) -> None:
    """Show what is asked, of whom, and from when until when users join."""
    if pd.notna(terms["description"]):
        st.text(terms["description"])
    arms = arms_of(terms["arms"])
    shares = [f"{name} {looks.percent(float(share), 0)}" for name, share in arms]
    terms_shown = [" against ".join(shares)]
    if pd.notna(terms["bands"]):
        terms_shown.append(f"bands {', '.join(terms['bands'].split('|'))}")
    verb = "joined" if is_past else "join"
    first, last = looks.day(terms["start_date"]), looks.day(terms["end_date"])
    terms_shown.append(f"users {verb} from {first} to {last}")
    st.caption(looks.plain(" · ".join(terms_shown)))


def show_plan(plan: dict, is_past: bool) -> None:
    """Show how many users the experiment needs, and how many there are."""
    joining = None
    if plan["status"] == "running" and is_past:
        joining = "Its last day has passed: nobody joins any more"
    looks.metrics(
        [
            ("Status", plan["status"], joining),
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


# What to do where nobody is assigned, by status.
NOBODY = {
    "planned": "Nobody is assigned yet. Set its status to running, then:",
    "running": "Nobody is assigned yet. Each build assigns, from the first day on:",
}


def show_balance(experiment: str, status: str, checks: pd.DataFrame) -> None:
    """Show whether the split was fair."""
    st.subheader("Do the arms compare?", anchor=False)
    if checks.empty and status in NOBODY:
        looks.nothing(NOBODY[status], f"pointwise experiment assign {experiment}")
    elif checks.empty:
        st.caption("It ended before anybody was assigned.")
    if checks.empty:
        return
    of_numbers = checks["check_name"].str.startswith("(")
    uneven = checks["verdict"] == "uneven"
    st.caption(
        f"Of {int((~of_numbers).sum())} means of score and features,"
        f" {int((uneven & ~of_numbers).sum())} are more than 0.1 and three standard"
        " errors apart; by chance, 1 in 370 would be."
    )
    # What matters first: numbers of users, then what is off.
    figure = partial(st.column_config.NumberColumn, format="localized")
    first = checks.assign(later=~of_numbers, even=~uneven)
    first = first.sort_values(["later", "even", "arm", "check_name"])
    first["check_name"] = first["check_name"].str.strip("()").str.replace("_", " ")
    st.dataframe(
        first[
            ["arm", "check_name", "arm_value", "control_value", "difference", "verdict"]
        ].round(3),
        hide_index=True,
        height=min(38 * (len(checks) + 1), 330),
        column_config={
            "arm": "Arm",
            "check_name": "Check",
            "arm_value": figure("In the arm"),
            "control_value": figure("In control"),
            "difference": figure("Difference", help="of means, in standard deviations"),
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
    cells = ["all", *data.bands()["band"]]
    keys = {"cell": cells.index, "method": list(METHODS).index}
    results = results[results["cell"].isin(cells) & results["method"].isin(METHODS)]
    results = results[(results["cell"] == "all") | (results["method"] == "shrunken")]
    results = results.sort_values(
        ["arm", *keys], key=lambda column: column.map(keys.get(column.name, str))
    )
    is_final = results["is_final"].all()
    st.caption(
        f"As of {looks.day(results['as_of_date'].max())}:"
        + (" every outcome is known." if is_final else " outcomes are still to come.")
    )
    decided = results[results["verdict"].notna()]
    where = decided["cell"].replace("all", "all users")
    st.text("\n".join(decided["arm"] + ", " + where + ": " + decided["verdict"]))
    effects = results[results["estimate"].notna()].reset_index(drop=True)
    if effects.empty:
        return
    of_band = effects["cell"] != "all"
    effects["name"] = effects["method"].map(METHODS)
    effects.loc[of_band, "name"] = "band " + effects["cell"]
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
            alt.Tooltip("level:Q", format=".1%"),
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
    looks.show(chart, 28 * len(effects) + 50, "Effects with their intervals")
    st.caption(
        "The first lines are of all users, one a method. Blue lines are what the"
        " sentences go by: their intervals are wider than 95 %, as looks and end, arms,"
        " and bands share one chance of a false alarm. Effects of bands are shrunk to"
        " their mean."
    )


# How the effect on a metric is estimated, which is what is planned to decide.
METRIC_METHODS = {
    "cuped": "as they are",
    "winsorised cuped": "large values cut",
    "always valid": "valid at every look",
    "ratio": "ratio of the two",
}


def show_metrics(results: pd.DataFrame) -> None:
    """Show counts, amounts and ratios beside the outcome, one line an estimate."""
    if results.empty:
        return
    results = results[results["cell"] == "all"]
    results = results[results["method"].isin(METRIC_METHODS)]
    st.subheader("Other metrics", anchor=False)
    said = results[results["verdict"].notna()]
    lines = said["arm"] + ", " + said["metric"] + " (" + said["role"] + "): "
    st.text("\n".join(lines + said["verdict"]))
    roles, methods = ["primary", "secondary", "exploratory"], list(METRIC_METHODS)
    keys = {"role": roles.index, "method": methods.index}
    shown = results.sort_values(
        ["arm", "role", "metric", "method"],
        key=lambda column: column.map(keys.get(column.name, str)),
    )
    figure = partial(st.column_config.NumberColumn, format="localized")
    st.dataframe(
        shown.assign(method=shown["method"].map(METRIC_METHODS))[
            [
                *("arm", "metric", "role", "method", "value", "control_value"),
                *("estimate", "lower", "upper", "level", "cut_value", "cut_users"),
            ]
        ].round(4),
        hide_index=True,
        height=min(38 * (len(shown) + 1), 400),
        column_config={
            "arm": "Arm",
            "metric": "Metric",
            "role": "Role",
            "method": "Values",
            "value": figure("In the arm", help="mean per user, or the ratio"),
            "control_value": figure("In control"),
            "estimate": figure("Effect"),
            "lower": figure("From"),
            "upper": figure("To"),
            "level": figure("How sure", help="0.95, and more where it decides"),
            "cut_value": figure("Cut at", help="larger values count as this one"),
            "cut_users": figure("Users cut"),
        },
        alt="Effects on metrics",
    )
    st.caption(
        "Means are per user assigned. Effects have the metric's own past and the score"
        " as covariates. The primary metric decides; secondary ones share one chance in"
        " twenty of a false alarm at the end; exploratory ones are not judged."
    )


def show_holdout() -> None:
    """Say what acting adds to who is held out for good, if anybody is."""
    if not data.has_rows("holdout_effects"):
        return
    whole = data.ask_one(
        "from holdout_effects where quarter_start_date is null and cell = 'all'"
    )
    st.subheader("What acting adds", anchor=False)
    row = {name: none_if_missing(value) for name, value in whole.items()}
    st.text(holdout_sentence(row))


def none_if_missing(value: object) -> object:
    """Return a value of a row; None instead of pandas' own."""
    return None if pd.isna(value) else value


def page() -> None:
    """Show the page."""
    show_holdout()
    if not data.has_rows("experiment_plan"):
        looks.nothing(
            "No experiment yet. Add a line to experiments.csv in the control panel"
            " (seeds), then build:",
            "pointwise run",
        )
        return
    plans = data.ask("from experiment_plan order by experiment")
    names = list(plans["experiment"])
    with st.container(width=420):
        chosen = st.selectbox("Experiment", names)
    plan = plans[plans["experiment"] == chosen].iloc[0].to_dict()
    terms = data.ask_one("from experiments where experiment = ?", chosen)
    is_past = terms is not None and terms["end_date"] < data.as_of_date()
    if terms:
        show_terms(terms, is_past)
    show_plan(plan, is_past)
    checks = rows_of("experiment_balance", chosen, "arm, check_name")
    show_balance(chosen, plan["status"], checks)
    show_readout(rows_of("experiment_results", chosen, "arm, cell, method"))
    order = "arm, metric, cell, method"
    show_metrics(rows_of("experiment_metric_results", chosen, order))
