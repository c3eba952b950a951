"""Why this user? Every point of a score, what the user did, and what would raise it."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from dashboard import data, looks
from dashboard.colors import (
    ACCENT_COLOR,
    GAIN_COLOR,
    LOSS_COLOR,
    OTHER_COLOR,
    SERIES_COLORS,
    TOTAL_COLOR,
    band_colors,
)

LONGEST_ID = 1000


def wanted_user() -> str:
    """Return the user that the viewer or the address asks for, else the best one."""
    asked = st.query_params.get("user", "")[:LONGEST_ID]
    best = data.ask_one("select user_id from user_scores order by rank limit 1")
    if st.session_state.get("asked user") != asked:
        st.session_state["asked user"] = asked
        st.session_state["user"] = asked or best["user_id"]
    st.session_state.setdefault("user", best["user_id"])
    with st.container(width=420):
        return st.text_input("User", key="user", max_chars=LONGEST_ID)


# Base first, then rules by weight, then caps, then the limit.
POINTS = """
    select given.points, given.reason,
        coalesce(score_groups.label, 'Every user') as part,
        sum(given.points) over (order by
            given.rule = 'limit', given.rule like 'cap:%', given.rule <> 'base',
            abs(given.points) desc, given.rule)::int as score_so_far
    from score_contributions as given left join score_groups using (rule_group)
    where user_id = ? and as_of_date = ? order by
        given.rule = 'limit', given.rule like 'cap:%', given.rule <> 'base',
        abs(given.points) desc, given.rule
"""


def explained(user: dict) -> pd.DataFrame:
    """Return every point of a user, largest first, with the sum before and after."""
    points = data.ask(POINTS, user["user_id"], user["as_of_date"])
    points["before"] = points["score_so_far"] - points["points"]
    points["kind"] = points["points"].gt(0).map({True: "adds", False: "takes away"})
    return points


def show_score(user: dict, colors: dict[str, str]) -> None:
    """Show the score, the band and what to do."""
    band = looks.chip(user["band"], colors.get(user["band"], OTHER_COLOR))
    customer = " · customer" if user["is_customer"] else ""
    st.html(
        f'<span class="big" data-score="{user["score"]}">{user["score"]}</span>'
        f'<span class="faint"> of 100</span> &nbsp; {band} &nbsp;'
        f" {looks.safe_html(user['action'])}"
        f'<div class="faint">place {looks.number(user["rank"])}, above'
        f" {user['percentile']} % of users{customer}</div>"
    )
    if user["next_step"]:
        with st.container(border=True):
            st.text(
                f"What would raise it most: {user['next_step']},"
                f" up to {user['next_step_points']:+d} points"
            )


def show_waterfall(points: pd.DataFrame, score: int) -> None:
    """Show how the points add up to the score, one below the other."""
    total = {"before": 0, "score_so_far": score, "reason": "Score", "kind": "score"}
    bars = pd.concat([points, pd.DataFrame([total])], ignore_index=True)
    bars["line"] = range(len(bars))
    bars["label"] = [*points["points"].map(looks.signed), str(score)]
    bars["right"] = bars[["before", "score_so_far"]].max(axis=1)
    kinds = {"adds": GAIN_COLOR, "takes away": LOSS_COLOR, "score": TOTAL_COLOR}
    lowest = min(0, int(bars["score_so_far"].min()))
    across = alt.Scale(domain=[lowest, 1.08 * max(100, int(bars["right"].max()))])
    rows = alt.Chart(bars).encode(y=alt.Y("line:O", axis=None))
    drawn = rows.mark_bar(height=11, cornerRadius=2, yOffset=8).encode(
        x=alt.X(
            "before:Q", scale=across, title="score so far", axis=alt.Axis(tickCount=6)
        ),
        x2="score_so_far:Q",
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=list(kinds), range=list(kinds.values())),
            legend=None,
        ),
        tooltip=["reason", "part", "points", alt.Tooltip("score_so_far", title="sum")],
    )
    labels = rows.mark_text(align="left", dx=5, dy=9, fontWeight=700).encode(
        x="right:Q", text="label:N"
    )
    reasons = rows.mark_text(align="left", dy=-7).encode(
        x=alt.datum(lowest), text="reason:N"
    )
    told = "; ".join(f"{bar.label} {bar.reason}" for bar in bars.itertuples())
    looks.show(
        drawn + labels + reasons, 40 * len(bars) + 40, f"How the score adds up: {told}"
    )


def show_sum(points: pd.DataFrame, score: int) -> None:
    """Show the same points as a table, for copying."""
    with st.expander("As a table"):
        st.dataframe(
            points[["points", "score_so_far", "part", "reason"]],
            hide_index=True,
            column_config={
                "points": st.column_config.NumberColumn("Points", format="%+d"),
                "score_so_far": "Score so far",
                "part": "Part",
                "reason": "Reason",
            },
            alt=f"Points of the score {score}",
        )


def show_scores_over_time(user: str, bands: pd.DataFrame) -> None:
    """Show the score at past dates beside the latest, over the bands."""
    scores = data.ask(
        "select as_of_date, sum(points)::int as score from score_contributions"
        " where user_id = ? group by as_of_date order by as_of_date",
        user,
    )
    st.subheader("The score over time", anchor=False)
    if len(scores) < 2:
        st.caption("There is one score of this user so far.")
        return
    limits = (
        alt.Chart(bands)
        .mark_rule(strokeDash=[4, 4], strokeWidth=1.5)
        .encode(
            y="min_score:Q",
            color=alt.Color(
                "band:N", scale=looks.band_scale(bands["band"]), legend=None
            ),
            tooltip=["band", "min_score"],
        )
    )
    line = (
        alt.Chart(scores)
        .mark_line(
            color=ACCENT_COLOR, point=alt.OverlayMarkDef(size=55, color=ACCENT_COLOR)
        )
        .encode(
            x=alt.X(
                "as_of_date:T", title=None, axis=alt.Axis(format="%d %b", tickCount=6)
            ),
            y=alt.Y("score:Q", scale=alt.Scale(domain=[0, 100]), title="score"),
            tooltip=[alt.Tooltip("as_of_date:T", title="day"), "score"],
        )
    )
    looks.show(limits + line, 220, "Score over time")
    st.caption(
        "Past scores are those of today's control panel at past dates; the dashed lines"
        " are where bands begin."
    )


def show_activity(user: str) -> None:
    """Show what the user did, day by day."""
    st.subheader("What the user did", anchor=False)
    days = data.ask(
        "select activity_date, event_type, events from user_activity where user_id = ?"
        " order by activity_date, event_type",
        user,
    )
    if days.empty:
        st.caption("Nothing in the look-back: the points come from attributes.")
        return
    frequent = days.groupby("event_type")["events"].sum().sort_values(ascending=False)
    kinds = list(frequent.index[: len(SERIES_COLORS)])
    days["kind"] = days["event_type"].where(days["event_type"].isin(kinds), "other")
    colors = dict(zip(kinds, SERIES_COLORS, strict=False))
    if len(frequent) > len(kinds):
        colors["other"] = OTHER_COLOR
    looks.legend({kind.replace("_", " "): color for kind, color in colors.items()})
    span = data.ask(
        "select max(as_of_date) as last, max(as_of_date) - 90 as first from user_scores"
    ).iloc[0]
    chart = (
        alt.Chart(days)
        .mark_bar(size=5)
        .encode(
            x=alt.X(
                "activity_date:T",
                title=None,
                axis=alt.Axis(format="%d %b", tickCount=6),
                scale=alt.Scale(
                    domain=[str(span["first"])[:10], str(span["last"])[:10]]
                ),
            ),
            y=alt.Y("sum(events):Q", title="events", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=list(colors), range=list(colors.values())),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("activity_date:T", title="day"),
                alt.Tooltip("event_type:N", title="event"),
                "events:Q",
            ],
        )
    )
    looks.show(chart, 200, "Events by day and kind")


def page() -> None:
    """Show the page."""
    bands = data.bands()
    wanted = wanted_user()
    user = data.ask_one("from user_scores where user_id = ?", wanted)
    if user is None:
        st.text(f"No score for the user {wanted!r}.")
        looks.nothing("The list on the first page has all who are scored.")
        return
    show_score(user, band_colors(bands["band"]))
    points = explained(user)
    st.subheader("Every point", anchor=False)
    show_waterfall(points, user["score"])
    show_sum(points, user["score"])
    show_scores_over_time(wanted, bands)
    show_activity(wanted)
