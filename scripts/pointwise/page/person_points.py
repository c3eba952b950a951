"""Every point of a score, by part: what each gives, of at most how much."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pointwise.core.panel.schema import MAIN_SCORE
from pointwise.page import data, looks
from pointwise.page.colors import GAIN_COLOR, LOSS_COLOR

LINES = """
    select score_name, contributions.rule, contributions.rule_group,
        contributions.points, contributions.reason, groups.label, groups.max_points
    from score_contributions as contributions
    left join score_groups as groups using (rule_group)
    where user_id = ? and as_of_date = ?
    order by abs(points) desc, rule
"""


def points_of(user_id: str) -> pd.DataFrame:
    """Return every point of a user at the scoring date, the largest first."""
    return data.ask(LINES, user_id, data.as_of_date())


def heading(lines: pd.DataFrame) -> tuple[str, str]:
    """Return how a part is called, and what it comes to: 35 of 35, 43 without the cap.

    Parts that are no group's, the base and the limit of scores, have points only.
    """
    first = lines.iloc[0]
    total = int(lines["points"].sum())
    if pd.isna(first["label"]):
        is_base = first["rule"].startswith("base")
        label = "To begin with" if is_base else "Scores end there"
        if is_base and first["score_name"] != MAIN_SCORE:
            label = f"{looks.words(first['score_name']).capitalize()}, to begin with"
        return label, looks.signed(total)
    earned = int(lines.loc[~is_cap(lines), "points"].sum())
    most = int(first["max_points"])
    text = f"{total} of {most}" if total >= 0 and most > 0 else looks.signed(total)
    return first["label"], text if earned == total else f"{text}, earned {earned}"


def is_cap(lines: pd.DataFrame) -> pd.Series:
    """Return which lines are what the cap of a group takes away."""
    return lines["rule"].str.startswith("cap:")


def order_of(group: str, lines: pd.DataFrame) -> tuple:
    """Return what orders parts: the base, then by points, the limit last."""
    is_base, is_limit = group.startswith("base"), group.startswith("limit")
    return (not is_base, is_limit, -lines["points"].sum(), group)


def line_html(line: pd.Series, most: int) -> str:
    """Return a rule's points, its reason, and a bar as long as they are many."""
    points = int(line["points"])
    color = GAIN_COLOR if points > 0 else LOSS_COLOR
    width = 100 * abs(points) / most
    return (
        f'<p data-points="{points}"><b>{looks.safe_html(looks.signed(points))}</b>'
        f"<span>{looks.safe_html(line['reason'])}</span>"
        f'<i style="width:{width:.0f}%;background:{color}"></i></p>'
    )


def show_points(user: dict) -> None:
    """Show all points by part; they add up to the score, and to each other score."""
    lines = points_of(user["user_id"])
    most = max(1, int(lines["points"].abs().max()))
    names = lines["score_name"].unique()
    for name in sorted(names, key=lambda name: (name != MAIN_SCORE, name)):
        of_score = lines[lines["score_name"] == name]
        total = int(of_score["points"].sum())
        label = "Score" if name == MAIN_SCORE else looks.words(name).capitalize()
        html = parts_html(of_score, most)
        html.append(f"<h4>{looks.safe_html(label)} <span>{total}</span></h4>")
        words = f"How the score adds up to {total}"
        st.html(f'<div class="parts" aria-label="{words}">{"".join(html)}</div>')


def parts_html(lines: pd.DataFrame, most: int) -> list[str]:
    """Return the parts of one score: a heading each, and a line a rule."""
    groups = {str(name): part for name, part in lines.groupby("rule_group")}
    html = []
    for name in sorted(groups, key=lambda name: order_of(name, groups[name])):
        label, points = heading(groups[name])
        html.append(
            f"<h4>{looks.safe_html(label)} <span>{looks.safe_html(points)}</span></h4>"
        )
        html += [line_html(line, most) for _, line in groups[name].iterrows()]
    return html
