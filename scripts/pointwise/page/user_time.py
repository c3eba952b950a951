"""One user over time: the score, what changed it last, and what the user did."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from pointwise.page import data, looks
from pointwise.page.colors import ACCENT_COLOR, LOSS_COLOR, OTHER_COLOR, SERIES_COLORS

DAYS = alt.Axis(format="%d %b", tickCount=6)


def show_scores_over_time(user: str, bands: pd.DataFrame) -> None:
    """Show the score at past dates and as it was published, over the bands."""
    scores = data.ask(
        "select as_of_date, sum(points)::int as score from score_contributions"
        " where user_id = ? and score_name = 'intent'"
        " group by as_of_date order by as_of_date",
        user,
    )
    was = pd.DataFrame(columns=["as_of_date", "score"])
    if data.has_rows("user_score_history"):
        was = data.ask(
            "select as_of_date, score, published_at from user_score_history"
            " where user_id = ? order by published_at",
            user,
        )
    st.subheader("The score over time", anchor=False)
    if len(scores) + len(was) < 2:
        st.caption("There is one score of this user so far.")
        return
    x = alt.X("as_of_date:T", title=None, axis=DAYS)
    y = alt.Y("score:Q", scale=alt.Scale(domain=[0, 100]), title="score")
    tooltip = [alt.Tooltip("as_of_date:T", title="day"), "score"]
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
    now = alt.Chart(scores).encode(x=x, y=y, tooltip=tooltip)
    then = alt.Chart(was).mark_point(
        shape="diamond", size=130, color=LOSS_COLOR, strokeWidth=2
    )
    chart = (
        limits
        + now.mark_line(color=ACCENT_COLOR)
        + now.mark_circle(color=ACCENT_COLOR, size=55, opacity=1)
        + then.encode(x=x, y=y, tooltip=tooltip)
    )
    looks.legend({"with today's points": ACCENT_COLOR, "as published": LOSS_COLOR})
    looks.show(chart, 220, "Score over time")
    st.caption("Dashed lines are where bands begin.")


def show_last_change(user: str) -> None:
    """Show what changed the score the last time, and why."""
    if not data.is_published("score_changes"):
        return
    st.subheader("What changed last", anchor=False)
    lines = data.ask("from why_changed(?)", user)
    if lines.empty:
        st.caption("Nothing yet: the score is as it was first published.")
        return
    looks.rows(
        ["Points", "Reason", "Cause", "Score so far"],
        [
            (
                "" if pd.isna(line.points) else looks.signed(line.points),
                line.reason,
                line.cause,
                looks.number(line.score_so_far),
            )
            for line in lines.itertuples()
        ],
        numbers=["Points", "Score so far"],
        words="What changed the score the last time",
    )


MOST_DAYS = 40


def show_activity(user: str) -> None:
    """Show what the user did, as bars by day and in words, the last day first."""
    st.subheader("What the user did", anchor=False)
    days = data.ask(
        "select activity_date, event_type, events from user_activity where user_id = ?"
        " order by activity_date, event_type",
        user,
    )
    if days.empty:
        st.caption("Nothing in the look-back: the points come from attributes.")
        return
    days["kind"] = days["event_type"].map(looks.words)
    show_bars(days)
    said = days.assign(
        text=[how_often(row.events, row.kind) for row in days.itertuples()]
    )
    by_day = (
        said.groupby("activity_date")["text"].agg(", ".join).sort_index(ascending=False)
    )
    lines = [
        f'<p><span class="faint">{looks.day(day)}</span>'
        f"<span>{looks.safe_html(words)}</span></p>"
        for day, words in by_day.head(MOST_DAYS).items()
    ]
    st.html(f'<div class="days scroll" aria-label="Days">{"".join(lines)}</div>')
    if len(by_day) > MOST_DAYS:
        st.caption(f"The last {MOST_DAYS} of {len(by_day)} days.")


def how_often(events: int, kind: str) -> str:
    """Return how often something happened on a day."""
    return kind if events == 1 else f"{events} {looks.TIMES} {kind}"


def show_bars(days: pd.DataFrame) -> None:
    """Show events by day and kind."""
    frequent = days.groupby("kind")["events"].sum().sort_values(ascending=False)
    kinds = list(frequent.index[: len(SERIES_COLORS)])
    colors = dict(zip(kinds, SERIES_COLORS, strict=False))
    if len(frequent) > len(kinds):
        colors["other"] = OTHER_COLOR
    drawn = days.assign(kind=days["kind"].where(days["kind"].isin(kinds), "other"))
    looks.legend(colors)
    last = data.as_of_date()
    first = last - pd.Timedelta(days=90)
    chart = (
        alt.Chart(drawn)
        .mark_bar(size=4)
        .encode(
            x=alt.X(
                "activity_date:T",
                title=None,
                axis=DAYS,
                scale=alt.Scale(domain=[str(first)[:10], str(last)[:10]]),
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
    looks.show(chart, 130, "Events by day and kind")
