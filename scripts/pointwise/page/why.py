"""Why this user? Every point of a score, what the user did, and what would raise it."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from pointwise.core.words import all_of
from pointwise.page import data, live, looks
from pointwise.page.colors import (
    GAIN_COLOR,
    LOSS_COLOR,
    OTHER_COLOR,
    TOTAL_COLOR,
    band_colors,
)
from pointwise.page.user_model import show_view_of_the_model
from pointwise.page.user_time import (
    show_activity,
    show_last_change,
    show_scores_over_time,
)

LONGEST_ID = 1000


def wanted_user() -> str:
    """Return the user that the viewer or the address asks for, else the first to call.

    Customers are in no list, nor is who is held out.
    """
    asked = st.query_params.get("user", "")[:LONGEST_ID]
    best = data.ask_one(
        "select user_id from user_scores"
        " order by not is_customer and is_named and not is_held_out desc, rank limit 1"
    )
    if st.session_state.get("asked user") != asked:
        st.session_state["asked user"] = asked
        st.session_state["user"] = asked or best["user_id"]
    st.session_state.setdefault("user", best["user_id"])
    with st.container(width=420):
        return st.text_input("User", key="user", max_chars=LONGEST_ID)


def explained(user: dict) -> pd.DataFrame:
    """Return every point of a user, largest first, with the sum before and after."""
    lines = data.ask("from explain_user(?)", user["user_id"])
    points = lines.dropna(subset="points").astype({"points": int})
    points["before"] = points["score_so_far"] - points["points"]
    points["kind"] = points["points"].gt(0).map({True: "adds", False: "takes away"})
    return points


def contact_mark(user_id: str) -> str:
    """Return when somebody last acted on a user, if anybody did."""
    if not data.is_published("user_contacts"):
        return ""
    found = data.ask_one(
        "select contact_date from user_contacts where user_id = ?"
        " order by contact_date desc limit 1",
        user_id,
    )
    return f" · last acted on {found['contact_date']:%Y-%m-%d}" if found else ""


def show_score(user: dict, colors: dict[str, str]) -> None:
    """Show the score, the band and what to do."""
    band = looks.chip(user["band"], colors.get(user["band"], OTHER_COLOR))
    to_do = "A customer already: in no list" if user["is_customer"] else user["action"]
    if user["is_held_out"]:
        to_do = "Held out: left alone, so that what acting adds can be seen"
    meaning = "" if pd.isna(user["score_meaning"]) else f"{user['score_meaning']}."
    marks = " · customer" if user["is_customer"] else ""
    marks += "" if user["is_named"] else " · unknown visitor"
    marks += f" · {looks.safe_html(user['news'])}"
    marks += contact_mark(user["user_id"])
    st.html(
        f'<span class="big" data-score="{user["score"]}">{user["score"]}</span>'
        f'<span class="faint"> of 100</span> &nbsp; {band} &nbsp;'
        f" {looks.safe_html(to_do)}"
        f'<div class="faint">place {looks.number(user["rank"])}{above(user)}{marks}'
        f"</div>{looks.safe_html(meaning)}"
    )
    if user["next_step"] and not user["is_customer"]:
        with st.container(border=True):
            st.text(
                f"What would raise it most: {user['next_step']},"
                f" up to {user['next_step_points']:+d} points"
            )
            if way := way_up(user["user_id"]):
                st.text(way)


def way_up(user_id: str) -> str | None:
    """Return the steps that reach the next band, in a sentence; None if none do."""
    lines = data.ask("from path_to_band(?)", user_id)
    steps = lines.dropna(subset="points")
    if steps.empty:
        return None
    told = all_of([f"{step.step} ({step.points:+.0f})" for step in steps.itertuples()])
    return f"The way up: {told}. {lines['step'].iloc[-1]}."


def above(user: dict) -> str:
    """Return above how many others a user is, of those whose conversion is measured."""
    place = user["percentile"]
    return "" if pd.isna(place) else f", above {place:.0f} % of active prospects"


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


def scored(user: str) -> dict | None:
    """Return the scores of a user, or None."""
    return data.ask_one("from user_scores where user_id = ?", user)


def show_nobody(wanted: str) -> None:
    """Say that a user is not scored, and where all are who are."""
    st.text(f"No score for the user {wanted}" if wanted else "No user is chosen.")
    looks.nothing("Type or paste the id of a user, or choose one from the list:")
    st.page_link(st.session_state["pages"]["who"])


def page() -> None:
    """Show the page."""
    bands = data.bands()
    wanted = wanted_user()
    user = scored(wanted) or scored(wanted.strip())
    if user is None:
        show_nobody(wanted.strip())
        live.show_score_now(wanted.strip(), None)
        return
    show_score(user, band_colors(bands["band"]))
    live.show_score_now(user["user_id"], user["score"])
    points = explained(user)
    st.subheader("Every point", anchor=False)
    show_waterfall(points, user["score"])
    show_sum(points, user["score"])
    show_view_of_the_model(user)
    show_scores_over_time(user["user_id"], bands)
    show_last_change(user["user_id"])
    show_activity(user["user_id"])
