"""Why this user? Who it is, every point of the score, and what the user did when."""

from __future__ import annotations

import streamlit as st

from pointwise.page import data, live, looks
from pointwise.page.colors import band_colors
from pointwise.page.person_header import show_header
from pointwise.page.person_points import show_points
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


def scored(user: str) -> dict | None:
    """Return the scores of a user, or None."""
    return data.ask_one("from user_scores where user_id = ?", user)


def show_nobody(wanted: str) -> None:
    """Say that a user is not scored, and where all are who are."""
    st.text(f"No score for the user {wanted}" if wanted else "No user is chosen.")
    looks.nothing("Type or paste the id of a user, or choose one from the list:")
    st.page_link(st.session_state["pages"]["who"], label="Who should we talk to?")


def page() -> None:
    """Show the page."""
    bands = data.bands()
    wanted = wanted_user()
    user = scored(wanted) or scored(wanted.strip())
    if user is None:
        show_nobody(wanted.strip())
        live.show_score_now(wanted.strip(), None)
        return
    show_header(user, band_colors(bands["band"]))
    live.show_score_now(user["user_id"], user["score"])
    left, right = st.columns([5, 4], gap="large")
    with left:
        st.subheader("Every point", anchor=False)
        show_points(user)
        show_last_change(user["user_id"])
        show_view_of_the_model(user)
    with right:
        show_activity(user["user_id"])
        show_scores_over_time(user["user_id"], bands)
