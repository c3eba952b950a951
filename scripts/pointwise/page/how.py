"""How is it scored? The control panel in words, and what each rule comes to."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from pointwise.core.panel.schema import MAIN_SCORE
from pointwise.page import data, looks
from pointwise.page.colors import GAIN_COLOR, LOSS_COLOR, band_colors


def figure(value: object) -> str:
    """Return a number of the control panel without needless zeros."""
    return f"{float(value):,.4f}".rstrip("0").rstrip(".")


def in_words(rule: pd.Series) -> str:
    """Return when a rule applies, and what it gives if that depends on how much."""
    what = rule["feature_description"] or rule["feature"].replace("_", " ")
    low, high = rule["min_value"], rule["max_value"]
    conditions = []
    if rule["equals"]:
        conditions.append(str(rule["equals"]))
    if pd.notna(low):
        conditions.append(f"at least {figure(low)}")
    if pd.notna(high):
        conditions.append(f"at most {figure(high)}")
    words = f"{what}: {' and '.join(conditions)}" if conditions else what
    if pd.isna(rule["per"]):
        return words
    words += f": {looks.signed(rule['points'])} for every {figure(rule['per'])}"
    if pd.notna(rule["max_points"]):
        words += f", up to {looks.signed(rule['max_points'])}"
    return words


def rules_with_effect(effect: pd.DataFrame) -> pd.DataFrame:
    """Return the rules of the control panel with the users and points they come to."""
    rules = data.ask(
        "select r.*, f.description as feature_description, f.unit, f.window_days,"
        " coalesce(g.score, 'intent') as score_name"
        " from scoring_rules as r left join features as f using (feature)"
        " left join score_groups as g using (rule_group)"
        " order by r.points desc, r.rule"
    )
    rules = rules.merge(effect, how="left", on=["score_name", "rule"])
    counts = ["users", "total"]
    rules[counts] = rules[counts].fillna(0).astype(int)
    texts = ["equals", "feature_description", "unit", "reason", "next_step"]
    rules[texts] = rules[texts].astype(object).where(rules[texts].notna(), "")
    return rules


EFFECT = (
    "select score_name, rule, count(*) as users, sum(points)::bigint as total"
    " from score_contributions where as_of_date = ? group by score_name, rule"
)


def show_basis(bands: pd.DataFrame) -> None:
    """Say in a few sentences how a score comes about."""
    st.markdown(
        "Everyone starts with **1 point**. Rules add points for what a user did or is,"
        " and take some away. Each group of rules gives at most its cap. The sum is"
        " held between **1 and 100**, and the band says what to do."
    )
    for column, (band, color) in zip(
        st.columns(len(bands)), band_colors(bands["band"]).items(), strict=True
    ):
        line = bands[bands["band"] == band].iloc[0]
        column.html(
            looks.chip(band, color)
            + f" <b>{line['min_score']} to {line['max_score']}</b><br>"
            + f'<span class="faint">{looks.safe_html(line["action"])}</span>'
        )


def show_others(groups: pd.DataFrame) -> None:
    """Say where the bands of other scores begin, a sentence a score."""
    for score in groups["score"].dropna().unique():
        found = data.ask(
            "select band, min_score from score_bands where score = ?"
            " order by min_score desc",
            score,
        )
        bands = ", ".join(f"{b.band} from {b.min_score}" for b in found.itertuples())
        st.caption(looks.plain(f"{score.capitalize()}, a score beside it: {bands}."))


def show_points(
    rules: pd.DataFrame, taken: pd.DataFrame, labels: dict[str, str]
) -> None:
    """Show what every rule comes to over all users, and what caps take away."""
    lines = pd.concat([rules[["rule", "users", "total"]], taken], ignore_index=True)
    lines = lines[lines["total"] != 0].sort_values("total", ascending=False)
    lines["kind"] = lines["total"].gt(0).map({True: "adds", False: "takes away"})
    lines["name"] = lines["rule"].map(labels)
    kinds = {"adds": GAIN_COLOR, "takes away": LOSS_COLOR}
    looks.legend(kinds)
    chart = (
        alt.Chart(lines)
        .mark_bar(cornerRadius=2, height=14)
        .encode(
            y=alt.Y("name:N", sort=list(lines["name"]), title=None),
            x=alt.X(
                "total:Q",
                title="points, all users together",
                axis=alt.Axis(format=",.0f", tickCount=5),
            ),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=list(kinds), range=list(kinds.values())),
                legend=None,
            ),
            tooltip=[
                "name",
                alt.Tooltip("users:Q", format=","),
                alt.Tooltip("total:Q", format=",", title="points"),
            ],
        )
    )
    looks.show(chart, 22 * len(lines) + 50, "Points by rule over all users")


def show_group(group: pd.Series, rules: pd.DataFrame, lost: int) -> None:
    """Show a group of rules: its cap, its rules in words, and what they come to."""
    st.subheader(looks.plain(group["label"]), anchor=False)
    cap = f"At most {group['max_points']} points together."
    if group["pick_best"] == "yes":
        cap = f"Only the best rule counts, at most {group['max_points']} points."
    if lost:
        cap += f" The cap takes away {looks.number(-lost)} points over all users."
    if pd.notna(group["resets"]):
        verdicts = " or ".join(map(looks.words, group["resets"].split("|")))
        cap += f" Points from before an event {verdicts} no longer count."
    if pd.notna(group["score"]):
        cap = f"Of the score {group['score']}. {cap}"
    st.caption(looks.plain(cap))
    numbers = ["Points", "Users", "Points over all users"]
    looks.rows(
        ["Points", "Rule", *numbers[1:]],
        [
            (
                looks.signed(rule["points"]),
                in_words(rule),
                looks.number(rule["users"]),
                looks.number(rule["total"]),
            )
            for _, rule in rules.iterrows()
        ],
        numbers=numbers,
        words=f"Rules of the group {group['label']}",
    )


def page() -> None:
    """Show the page: intent first, then other scores such as fit."""
    groups = data.ask(
        "from score_groups order by score nulls first, max_points desc, rule_group"
    )
    effect = data.ask(EFFECT, data.as_of_date())
    rules = rules_with_effect(effect)
    starts = effect["rule"].str.startswith(("cap:", "reset:", "limit:"))
    taken = effect[starts | (effect["rule"] == "limit")]
    show_basis(data.bands())
    show_others(groups)
    for score in groups["score"].fillna(MAIN_SCORE).unique():
        of = "" if score == MAIN_SCORE else f" of {score}"
        st.subheader(f"What each rule{of} comes to", anchor=False)
        show_points(
            rules[rules["score_name"] == score],
            taken[taken["score_name"] == score],
            data.rule_labels(),
        )
    losses = dict(zip(taken["rule"], taken["total"], strict=True))
    for _, group in groups.iterrows():
        of_group = rules[rules["rule_group"] == group["rule_group"]]
        if not of_group.empty:
            show_group(group, of_group, losses.get(f"cap:{group['rule_group']}", 0))
    st.caption(
        "These are the files scoring_rules.csv, score_groups.csv and score_bands.csv of"
        " the control panel. Try other points on the page *What if?*."
    )
