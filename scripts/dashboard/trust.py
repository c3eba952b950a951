"""Can we trust it? What the scores were worth, and whether the data is sound."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from dashboard import data, looks
from dashboard.colors import (
    ACCENT_COLOR,
    DRIFT_COLORS,
    OTHER_COLOR,
    band_colors,
)
from dashboard.ranking import area_under_curve

NOT_MEASURED = (
    "Nothing is measured yet: it takes past dates whose horizon has passed. When there"
    " are such events, build again:"
)
PERCENT = alt.Axis(format="%", tickCount=5)
MODELS = {
    "base rate": "everyone the same",
    "single feature": "best single feature",
    "rules": "the score",
    "logistic": "logistic regression",
    "xgboost": "trained model",
    "model in use": "model in use",
    "ceiling": "best possible (synthetic)",
}


def section(title: str, mart: str, missing: str, command: str) -> bool:
    """Begin a section; say what to run where its mart has nothing."""
    st.subheader(title, anchor=False)
    if data.has_rows(mart):
        return True
    looks.nothing(missing, command)
    return False


def rates_with_intervals(rows: pd.DataFrame, name: str, color: alt.Color) -> alt.Chart:
    """Return bars of conversion rates with their 95 % intervals; rows in order."""
    rows = rows.assign(told=[looks.percent(rate) for rate in rows["conversion_rate"]])
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
    texts = base.mark_text(dy=-8).encode(y="upper_rate:Q", text="told:N")
    return bars + ends + texts


def show_bands() -> None:
    """Show what users of each band converted at."""
    if not section(
        "What each band converted at",
        "score_band_performance",
        NOT_MEASURED,
        "make run",
    ):
        return
    rows = data.ask(
        "from score_band_performance where as_of_date is null order by min_score desc"
    )
    colors = band_colors(rows["band"])
    scale = alt.Scale(domain=list(colors), range=list(colors.values()))
    chart = rates_with_intervals(
        rows, "band", alt.Color("band:N", scale=scale, legend=None)
    )
    looks.show(chart, 240, "Conversion rate by band with 95 % intervals")
    st.caption(
        f"{int(rows['conversions'].sum()):,} of {int(rows['users'].sum()):,} users at"
        " past dates converted within the horizon; lines are 95 % intervals."
    )


def show_deciles() -> None:
    """Show what each tenth of users, by score, converted at."""
    if not section("By tenth of users", "score_deciles", NOT_MEASURED, "make run"):
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
        " from training_examples group by score order by score desc"
    )


def show_curves() -> None:
    """Show the ROC curve of the score, and how many conversions the top has."""
    if not section("How well it ranks", "training_examples", NOT_MEASURED, "make run"):
        return
    counts = conversions_by_score()
    area = area_under_curve(counts)
    if area is None:
        st.caption("Nobody converted, or everybody: nothing to rank.")
        return
    others = counts["users"] - counts["conversions"]
    curve = pd.DataFrame(
        {
            "score": counts["score"],
            "others": others.cumsum() / others.sum(),
            "users": counts["users"].cumsum() / counts["users"].sum(),
            "converted": counts["conversions"].cumsum() / counts["conversions"].sum(),
        }
    )
    start = pd.DataFrame(
        {"score": [101], "others": [0], "users": [0], "converted": [0]}
    )
    curve = pd.concat([start, curve], ignore_index=True)
    left, right = st.columns(2, gap="medium")
    with left:
        show_curve(curve, "others", "users who did not convert", "ROC curve")
        st.caption(
            f"ROC: of a converter and another user, the converter has the higher score"
            f" {looks.percent(area, 0)} of the time (AUC {area:.3f}; 0.5 is chance)."
        )
    with right:
        show_curve(curve, "users", "users, highest scores first", "Lift curve")
        st.caption("Lift: the share of conversions among the best so many users.")


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
    if not section("By score", "training_examples", NOT_MEASURED, "make run"):
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
    st.caption("A score to rely on rises with it; large points are many users.")


def show_models() -> None:
    """Show the score beside the models, on dates that none was fitted to."""
    if not section(
        "Rules against model",
        "model_comparison",
        "No model is trained. Train one on past dates and build again:",
        ".venv/bin/python scripts/train_propensity.py",
    ):
        return
    rows = data.ask(
        "from model_comparison where figure = 'auc' and population = 'all users'"
        " and value is not null order by value desc, model"
    )
    rows["name"] = rows["model"].map(MODELS).fillna(rows["model"])
    rows["told"] = rows["value"].map("{:.3f}".format)
    rows["ours"] = rows["model"] == "rules"
    base = alt.Chart(rows).encode(
        y=alt.Y("name:N", sort=list(rows["name"]), title=None),
        color=alt.condition(
            "datum.ours", alt.value(ACCENT_COLOR), alt.value(OTHER_COLOR)
        ),
    )
    scale = alt.Scale(zero=False, nice=True)
    tooltip = ["name", "told", alt.Tooltip("low:Q", format=".3f"), "examples"]
    chart = (
        base.mark_rule(strokeWidth=3).encode(
            x=alt.X("low:Q", scale=scale, title="AUC"), x2="high:Q"
        )
        + base.mark_circle(size=110, opacity=1).encode(x="value:Q", tooltip=tooltip)
        + base.mark_text(dy=-12).encode(x="value:Q", text="told:N")
    )
    looks.show(chart, 44 * len(rows) + 40, "AUC of the score and of the models")
    st.caption("On later dates that no model was fitted to; lines are 95 % intervals.")


def show_drift() -> None:
    """Show which features changed most between the last two snapshots."""
    if not section(
        "Have users changed?",
        "feature_drift",
        "With two past dates or more, the build compares them:",
        "make run",
    ):
        return
    rows = data.ask(
        "from feature_drift where as_of_date ="
        " (select max(as_of_date) from feature_drift)"
        " order by stability_index desc, feature limit 12"
    )
    rows["name"] = rows["feature"].str.replace("_", " ")
    limits = pd.DataFrame({"limit": [0.1, 0.25]})
    bars = (
        alt.Chart(rows)
        .mark_bar(cornerRadius=2, height=12)
        .encode(
            y=alt.Y(
                "name:N",
                sort=list(rows["name"]),
                title=None,
                axis=alt.Axis(labelOverlap=False),
            ),
            x=alt.X("stability_index:Q", title="population stability index"),
            color=alt.Color(
                "drift:N",
                scale=alt.Scale(
                    domain=list(DRIFT_COLORS), range=list(DRIFT_COLORS.values())
                ),
                legend=None,
            ),
            tooltip=["name", "drift", alt.Tooltip("stability_index:Q", format=".3f")],
        )
    )
    rules = alt.Chart(limits).mark_rule(strokeDash=[4, 4], color=OTHER_COLOR)
    looks.legend(DRIFT_COLORS)
    looks.show(
        bars + rules.encode(x="limit:Q"), 22 * len(rows) + 50, "Drift by feature"
    )
    drifting = data.ask_one(
        "select count(*) filter (drift <> 'stable') as features from feature_drift"
        " where as_of_date = (select max(as_of_date) from feature_drift)"
    )
    st.caption(
        f"{drifting['features']} features drift between"
        f" {looks.day(rows['earlier_date'][0])} and {looks.day(rows['as_of_date'][0])};"
        " from 0.1 it is called moderate, from 0.25 large, if there are so many users"
        " that chance alone does not explain it."
    )


def show_quality() -> None:
    """Show what became of all rows, what was set aside, and how recent events are."""
    if not section(
        "Is the data sound?", "data_quality", "This build did not say.", "make run"
    ):
        return
    items = data.ask("from data_quality order by quantity desc, item")
    rows = items[items["section"] == "rows"]
    total = int(rows["quantity"].sum())
    used = int(rows.loc[rows["item"] == "used", "quantity"].sum())
    files = items[items["section"] == "files"].set_index("item")["quantity"]
    types = items[items["section"] == "event types"]
    figures = [
        ("Rows of events", looks.number(total), "in all event files"),
        ("Used", looks.percent(used / total if total else None), "rows that count"),
        (
            "Quarantined",
            looks.number(rows.loc[rows["item"] == "quarantined", "quantity"].sum()),
            "rows that cannot be used; reasons are below",
        ),
        (
            "Files not read",
            looks.number(files.get("could not be read", 0)),
            f"of {int(files.sum()):,}",
        ),
    ]
    if not types.empty:
        figures.append(("Last event", f"{types['latest_date'].max():%d %b}", None))
    looks.metrics(figures)
    left, right = st.columns(2, gap="medium")
    with left:
        st.caption("What became of the rows, and why rows are quarantined")
        told = pd.concat([rows, items[items["section"] == "quarantined"]])
        show_items(told.assign(share=told["quantity"] / max(total, 1)))
    with right:
        st.caption("How recent each kind of event is")
        st.dataframe(
            types.sort_values(["latest_date", "item"])[
                ["item", "latest_date", "quantity"]
            ],
            hide_index=True,
            height=320,
            column_config={
                "item": "Event type",
                "latest_date": st.column_config.DateColumn("Last seen"),
                "quantity": st.column_config.NumberColumn("Events", format="localized"),
            },
            alt="Last day and number of events by type",
        )


def show_items(items: pd.DataFrame) -> None:
    """Show how many rows each item has, and the share of all."""
    st.dataframe(
        items[["item", "quantity", "share"]],
        hide_index=True,
        height=320,
        column_config={
            "item": "What became of them",
            "quantity": st.column_config.NumberColumn("Rows", format="localized"),
            "share": st.column_config.NumberColumn("Share", format="percent"),
        },
        alt="Rows by what became of them",
    )


def page() -> None:
    """Show the page."""
    left, right = st.columns(2, gap="medium")
    with left:
        show_bands()
    with right:
        show_deciles()
    show_curves()
    left, right = st.columns(2, gap="medium")
    with left:
        show_calibration()
    with right:
        show_models()
    show_drift()
    show_quality()
