"""The score beside the trained model: who is found, and are probabilities right."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from pointwise.core.statistics.intervals import wilson
from pointwise.page import data, looks
from pointwise.page.colors import ACCENT_COLOR, MODEL_COLORS, OTHER_COLOR
from pointwise.page.section import PERCENT, TRAIN, model_warning, not_trained, section

MODELS = {
    "base rate": "everyone the same",
    "single feature": "best single feature",
    "rules": "the score",
    "logistic": "logistic regression",
    "xgboost": "XGBoost",
    "mean": "mean of both",
    "model in use": "model before",
    "ceiling": "best possible (synthetic)",
}
LINES = """
    select model, 0 as users, 0.0 as converted from model_curves
    where hundredth = 1
    union all
    select model, hundredth / 100.0, converted_share from model_curves
"""
TENTHS = """
    select model, (hundredth - 1) // 10 + 1 as tenth, max(examples) / 10.0 as users,
        avg(predicted_rate) as predicted, avg(conversion_rate) as observed
    from model_curves group by all
"""


def in_use() -> str | None:
    """Return which of the models the build scores with."""
    if not data.has_rows("model_checks"):
        return None
    return data.ask_one("select min(learner) as learner from model_checks")["learner"]


def names_of_models() -> dict[str, str]:
    """Return the names that people read, by model."""
    trained = in_use()
    return {
        model: f"trained model ({name})" if model == trained else name
        for model, name in MODELS.items()
    }


def color_of_models(names: list[str]) -> alt.Color:
    """Return the colours of the models; the legend is our own."""
    colors = [MODEL_COLORS[name] for name in names]
    readable = names_of_models()
    shown = [readable[name] for name in names]
    return alt.Color("name:N", scale=alt.Scale(domain=shown, range=colors), legend=None)


def named(rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the rows of some models, with the names that people read."""
    chosen = rows[rows["model"].isin(names)]
    return chosen.assign(name=chosen["model"].map(names_of_models()))


def show_models() -> None:
    """Show the score beside the models, on dates that none was fitted to."""
    if not section("Rules against model", "model_comparison", not_trained(), TRAIN):
        return
    if warning := model_warning():
        st.warning(warning)
    if not data.has_rows("model_curves"):
        show_areas()
        return
    lines = data.ask(LINES)
    names = [name for name in MODEL_COLORS if name in set(lines["model"])]
    readable = names_of_models()
    looks.legend({readable[name]: MODEL_COLORS[name] for name in names})
    lines, colors = named(lines, names), color_of_models(names)
    left, right = st.columns(2, gap="medium")
    with left:
        show_lines(lines, colors)
        st.caption("Lift: the share of conversions among the best users.")
    with right:
        show_areas()
    show_calibration(colors)


def show_lines(lines: pd.DataFrame, colors: alt.Color) -> None:
    """Show a line a model of the conversions that it finds."""
    chance = alt.Chart(pd.DataFrame({"x": [0, 1]})).mark_line(
        strokeDash=[4, 4], color=OTHER_COLOR
    )
    drawn = alt.Chart(lines).mark_line(strokeWidth=2).encode(
        x=alt.X("users:Q", title="users, likeliest first", axis=PERCENT),
        y=alt.Y("converted:Q", title="conversions", axis=PERCENT),
        order="users:Q",
        color=colors,
        tooltip=[
            "name",
            alt.Tooltip("users:Q", format=".0%"),
            alt.Tooltip("converted:Q", format=".0%"),
        ],
    )  # fmt: skip
    looks.show(chance.encode(x="x:Q", y="x:Q") + drawn, 280, "Lift of rules and models")


def show_calibration(colors: alt.Color) -> None:
    """Show what users converted at, by what was predicted of them."""
    tenths = named(data.ask(TENTHS), ["rules", in_use() or "xgboost"])
    users = tenths["users"].astype(float)
    tenths["low"], tenths["high"] = wilson(tenths["observed"] * users, users)
    highest = float(tenths[["high", "predicted"]].max().max())
    scale = alt.Scale(type="sqrt", domain=[0, highest])
    perfect = alt.Chart(pd.DataFrame({"x": [0, highest]})).mark_line(
        strokeDash=[4, 4], color=OTHER_COLOR
    )
    base = alt.Chart(tenths).encode(
        x=alt.X("predicted:Q", title="predicted", axis=PERCENT, scale=scale),
        color=colors,
    )
    tooltip = [
        "name",
        "tenth",
        alt.Tooltip("predicted:Q", format=".1%", title="predicted"),
        alt.Tooltip("observed:Q", format=".1%", title="converted"),
    ]
    chart = (
        perfect.encode(x="x:Q", y="x:Q")
        + base.mark_rule(strokeWidth=2, opacity=0.45).encode(
            y=alt.Y("low:Q", title="converted", axis=PERCENT, scale=scale), y2="high:Q"
        )
        + base.mark_circle(size=70, opacity=1).encode(
            y=alt.Y("observed:Q", scale=scale), tooltip=tooltip
        )
    )
    looks.show(chart, 280, "Calibration of the score and of the model")
    st.caption(
        "Calibration by tenth of users, with 95 % intervals: on the dashed line, a"
        " probability can be trusted."
    )


def show_areas() -> None:
    """Show how often each ranks a converter above another user."""
    rows = data.ask(
        "from model_comparison where figure = 'auc' and population = 'all users'"
        " and model <> 'base rate' and value is not null order by value desc, model"
    )
    rows["name"] = rows["model"].map(names_of_models()).fillna(rows["model"])
    rows["label"] = rows["value"].map("{:.3f}".format)
    rows["ours"] = rows["model"] == "rules"
    base = alt.Chart(rows).encode(
        y=alt.Y("name:N", sort=list(rows["name"]), title=None),
        color=alt.condition(
            "datum.ours", alt.value(ACCENT_COLOR), alt.value(OTHER_COLOR)
        ),
    )
    scale = alt.Scale(zero=False, nice=True)
    tooltip = ["name", "label", alt.Tooltip("low:Q", format=".3f"), "examples"]
    chart = (
        base.mark_rule(strokeWidth=3).encode(
            x=alt.X("low:Q", scale=scale, title="AUC", axis=alt.Axis(tickCount=5)),
            x2="high:Q",
        )
        + base.mark_circle(size=110, opacity=1).encode(x="value:Q", tooltip=tooltip)
        + base.mark_text(dy=-12).encode(x="value:Q", text="label:N")
    )
    looks.show(chart, 44 * len(rows) + 40, "AUC of the score and of the models")
    st.caption(
        f"AUC on {int(rows['examples'][0]):,} users at later dates that none was fitted"
        f" to, of whom {int(rows['converted'][0]):,} converted; lines are 95 %"
        " intervals."
    )
