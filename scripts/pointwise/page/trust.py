"""Can we trust it? What the scores were worth, and whether the data is sound."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from pointwise.core.words import LEARNED_FROM, UNSTEADY
from pointwise.page import data, looks
from pointwise.page.colors import ACCENT_COLOR, OTHER_COLOR, band_colors
from pointwise.page.ranking import area_under_curve
from pointwise.page.section import NOT_MEASURED, PERCENT, section
from pointwise.page.trust_data import show_drift, show_quality
from pointwise.page.trust_models import show_models


def rates_with_intervals(rows: pd.DataFrame, name: str, color: alt.Color) -> alt.Chart:
    """Return bars of conversion rates with their 95 % intervals; rows in order."""
    rows = rows.assign(label=[looks.percent(rate) for rate in rows["conversion_rate"]])
    base = alt.Chart(rows).encode(
        x=alt.X(f"{name}:N", sort=None, title=None, axis=alt.Axis(labelAngle=0))
    )
    tooltip = [
        name,
        alt.Tooltip("users:Q", format=","),
        alt.Tooltip("conversions:Q", format=","),
        alt.Tooltip("conversion_rate:Q", format=".1%", title="rate"),
        alt.Tooltip("lower_rate:Q", format=".1%", title="from"),
        alt.Tooltip("upper_rate:Q", format=".1%", title="to"),
    ]
    bars = base.mark_bar(cornerRadius=2, opacity=0.85).encode(
        y=alt.Y("conversion_rate:Q", title="converted", axis=PERCENT),
        color=color,
        tooltip=tooltip,
    )
    ends = base.mark_rule(strokeWidth=2, color=OTHER_COLOR).encode(
        y="lower_rate:Q", y2="upper_rate:Q"
    )
    texts = base.mark_text(dy=-8).encode(y="upper_rate:Q", text="label:N")
    return bars + ends + texts


def show_bands() -> None:
    """Show what users of each band converted at."""
    if not section(
        "What each band converted at",
        "score_band_performance",
        NOT_MEASURED,
        "pointwise run",
    ):
        return
    rows = data.ask(
        "from score_band_outlook where conversion_rate is not null"
        " order by min_score desc"
    )
    if rows.empty:
        looks.nothing(NOT_MEASURED, "pointwise run")
        return
    colors = band_colors(rows["band"])
    scale = alt.Scale(domain=list(colors), range=list(colors.values()))
    chart = rates_with_intervals(
        rows, "band", alt.Color("band:N", scale=scale, legend=None)
    )
    looks.show(chart, 240, "Conversion rate by band with 95 % intervals")
    st.caption(
        f"{int(rows['conversions'].sum()):,} of {int(rows['users'].sum()):,} users at"
        " past dates converted within the horizon; lines are 95 % intervals for the"
        " next date."
    )
    learned_from = data.ask(
        "select as_of_date from snapshot_populations where not is_judged order by 1"
    )
    if len(learned_from):
        days = ", ".join(f"{day:%Y-%m-%d}" for day in learned_from["as_of_date"])
        st.caption(f"{LEARNED_FROM.capitalize()} {days}: these do not count here.")
    for row in rows.itertuples():
        if not row.conversions:
            st.caption(f"{row.band}: {row.meaning}.")
        elif row.dispersion >= UNSTEADY:
            st.warning(
                f"{row.band}: from {looks.percent(row.lowest_rate)} to"
                f" {looks.percent(row.highest_rate)} on {row.dates} dates, which differ"
                " far more than users do. Count on the interval only."
            )


def show_deciles() -> None:
    """Show what each tenth of users, by score, converted at."""
    if not section("By tenth of users", "score_deciles", NOT_MEASURED, "pointwise run"):
        return
    rows = data.ask("from score_deciles where as_of_date is null order by decile")
    color = alt.value(ACCENT_COLOR)
    looks.show(
        rates_with_intervals(rows, "decile", color),
        240,
        "Conversion rate by tenth of users, highest scores first",
    )
    best = rows.iloc[0]
    if pd.notna(best["cumulative_share"]):
        st.caption(
            f"1 is the tenth with the highest scores: it has"
            f" {looks.percent(best['cumulative_share'], 0)} of all conversions,"
            f" {best['lift']:.1f} times its share."
        )


def conversions_by_score() -> pd.DataFrame:
    """Return users and conversions at past dates by score, highest first."""
    return data.ask(
        "select score, count(*) as users,"
        " count(*) filter (is_converted) as conversions"
        f" from training_examples {data.JUDGED} group by score order by score desc"
    )


def show_curves() -> None:
    """Show how many conversions the users with the highest scores have."""
    if not section(
        "How well it ranks", "training_examples", NOT_MEASURED, "pointwise run"
    ):
        return
    counts = conversions_by_score()
    if area_under_curve(counts) is None:
        st.caption("Nobody converted, or everybody: nothing to rank.")
        return
    curve = pd.DataFrame(
        {
            "score": counts["score"],
            "users": counts["users"].cumsum() / counts["users"].sum(),
            "converted": counts["conversions"].cumsum() / counts["conversions"].sum(),
        }
    )
    start = pd.DataFrame({"score": [101], "users": [0], "converted": [0]})
    curve = pd.concat([start, curve], ignore_index=True)
    show_curve(curve, "users", "users, highest scores first", "Lift curve")
    st.caption(
        "Lift: the share of all conversions that the users with the highest scores"
        " have, from the best few to all. The dashed line is chance."
    )


def show_curve(curve: pd.DataFrame, across: str, title: str, words: str) -> None:
    """Show a curve of conversions caught, with the line of chance."""
    chance = alt.Chart(pd.DataFrame({"x": [0, 1]})).mark_line(
        strokeDash=[4, 4], color=OTHER_COLOR
    )
    line = alt.Chart(curve).mark_line(color=ACCENT_COLOR, strokeWidth=2.5)
    looks.show(
        chance.encode(x="x:Q", y="x:Q")
        + line.encode(
            x=alt.X(f"{across}:Q", title=title, axis=PERCENT),
            y=alt.Y("converted:Q", title="conversions", axis=PERCENT),
            order="score:Q",
            tooltip=["score", alt.Tooltip("converted:Q", format=".0%")],
        ),
        260,
        words,
    )


def show_calibration() -> None:
    """Show what users of each score converted at."""
    if not section("By score", "training_examples", NOT_MEASURED, "pointwise run"):
        return
    counts = conversions_by_score()
    counts["from"] = (counts["score"] // 10 * 10).clip(upper=90)
    rows = counts.groupby("from", as_index=False)[["users", "conversions"]].sum()
    rows["rate"] = rows["conversions"] / rows["users"]
    chart = alt.Chart(rows).encode(
        x=alt.X("from:Q", title="score", scale=alt.Scale(domain=[0, 100])),
        y=alt.Y("rate:Q", title="converted", axis=PERCENT),
        tooltip=[
            alt.Tooltip("from:Q", title="score from"),
            alt.Tooltip("users:Q", format=","),
            "conversions:Q",
            alt.Tooltip("rate:Q", format=".1%"),
        ],
    )
    points = chart.mark_circle(opacity=0.9, color=ACCENT_COLOR).encode(
        size=alt.Size("users:Q", scale=alt.Scale(range=[40, 500]), legend=None)
    )
    looks.show(
        chart.mark_line(color=ACCENT_COLOR, opacity=0.5) + points,
        240,
        "Conversion rate by score, in steps of ten points",
    )
    st.caption("A reliable score rises with it; large points are many users.")


def show_grades() -> None:
    """Show who has each grade and what such users converted at, if there are grades."""
    if not data.has_rows("score_grade_outlook"):
        return
    st.subheader("What each grade converted at", anchor=False)
    grades = data.ask("from score_grade_outlook order by grade")
    looks.rows(
        ["Grade", "Fit", "Band", "People today", "Converted", "What to do"],
        [
            (
                *row[["grade", "fit_band", "intent_band"]],
                looks.number(row["people"]),
                "too few to tell"
                if pd.isna(row["conversion_rate"])
                else f"{looks.percent(row['conversion_rate'])} {looks.interval(row)}",
                row["action"],
            )
            for _, row in grades.iterrows()
        ],
        numbers=["People today", "Converted"],
        words="Grades, and what users of each converted at",
    )


def said_of_it() -> str:
    """Return whether to trust the scores, in one sentence."""
    rows = (
        data.ask(
            "from score_band_outlook where conversion_rate is not null"
            " order by min_score desc"
        )
        if data.is_published("score_band_outlook")
        else pd.DataFrame()
    )
    if rows.empty or not rows["conversions"].sum():
        return (
            "Not known yet: no past date has passed its horizon with anybody"
            " who converted."
        )
    best, lowest = rows.iloc[0], rows.iloc[-1]
    evidence = (
        f"people in {best['band']} convert at {looks.percent(best['conversion_rate'])}"
        f" {looks.interval(best)}, in {lowest['band']}"
        f" at {looks.percent(lowest['conversion_rate'])}"
    )
    area = area_of_scores()
    order = (
        ""
        if area is None
        else f"; of a converter and another, the converter scores higher"
        f" {looks.percent(area, 0)} of the time (AUC {area:.3f})"
    )
    if len(rows) < 2 or best["lower_rate"] <= lowest["upper_rate"]:
        return f"Not for sure: {evidence}, and the intervals overlap{order}."
    return f"Yes: {evidence}{order}."


def area_of_scores() -> float | None:
    """Return how often a converter has the higher score; None if it is not known."""
    if not data.has_rows("training_examples"):
        return None
    return area_under_curve(conversions_by_score())


@st.cache_data(max_entries=4, show_spinner=False)
def drawn(files: data.Stamp, theme: str) -> None:
    """Draw the page: no visitor changes it, so that it is drawn once a publication."""
    del files, theme  # what the drawing is kept by
    looks.verdict(said_of_it())
    left, right = st.columns(2, gap="medium")
    with left:
        show_bands()
    with right:
        show_deciles()
    show_grades()
    # Where there is a model, its curves stand beside those of the score.
    if data.has_rows("model_curves"):
        show_models()
        show_drift()
    else:
        left, right = st.columns(2, gap="medium")
        with left:
            show_curves()
        with right:
            show_calibration()
        show_models()
        show_drift()
    show_quality()


def page() -> None:
    """Show the page."""
    drawn(st.session_state["stamp"], looks.theme())
