"""What `pointwise live` says between two builds, if it runs; it moves by itself."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

import streamlit as st

from pointwise.core.home import path_setting
from pointwise.live.address import ask
from pointwise.page import data, looks
from pointwise.page.colors import OTHER_COLOR, band_colors

MARK = '<span class="live">live</span>'
MOST_ROWS = 12


def answer(path: str) -> dict | None:
    """Return what the live server says now; None if none runs, or it says nothing."""
    return ask(path_setting("POINTWISE_PUBLISHED"), path)


@st.fragment(run_every="3s")
def show_who_crossed() -> None:
    """Show who of those to talk to is in another band than this morning."""
    said = answer("/crossed")
    if said is None:
        return
    people = [one for one in said["people"] if one["is_listed"]]
    if not people:
        st.html(f"{MARK} Nobody to talk to has changed band since midnight.")
        return
    best = data.bands()["band"][0]
    came = sum(one["band"] == best for one in people)
    st.html(
        f"{MARK} <b>{looks.number(came)}</b> came to {looks.safe_html(best)} since"
        f" midnight, {looks.number(len(people))} to another band in all."
    )
    looks.rows(
        ["User", "Score", "Before", "When", "Why"],
        [
            (
                looks.Link(one["user_id"], f"why?user={quote(one['user_id'])}"),
                f"{one['score']}, {one['band']}",
                before(one),
                f"{datetime.fromisoformat(one['at']).astimezone():%H:%M:%S}",
                " · ".join(one["reasons"]),
            )
            for one in people[:MOST_ROWS]
        ],
        words="Who changed band since midnight",
    )


def before(one: dict) -> str:
    """Return score and band that a person had in the morning."""
    if one["previous_band"] is None:
        return "not scored"
    return f"{one['previous_score']}, {one['previous_band']}"


@st.fragment(run_every="3s")
def show_score_now(user_id: str, published_score: int | None) -> None:
    """Show the score of now, if it is another than the published one."""
    said = answer(f"/scores/{quote(user_id, safe='')}")
    if said is None or said["score"] == published_score:
        return
    colors = band_colors(data.bands()["band"])
    band = looks.chip(said["band"], colors.get(said["band"], OTHER_COLOR))
    reasons = [said[f"reason_{place}"] for place in (1, 2, 3)]
    published = (
        "not scored" if published_score is None else f"{published_score} published"
    )
    st.html(
        f'{MARK} <b data-live-score="{said["score"]}">{said["score"]}</b> of 100 now'
        f" ({published}) &nbsp; {band}"
        f"<div>{looks.safe_html(' · '.join(filter(None, reasons)))}</div>"
    )
