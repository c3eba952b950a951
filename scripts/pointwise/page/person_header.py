"""Who a person is: header, what to do, and what became of it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pointwise.core.words import all_of
from pointwise.page import data, looks
from pointwise.page.acting import (
    explain_rest,
    link_of_crm,
    said_of,
    show_buttons,
    show_what_was_said,
)
from pointwise.page.colors import OTHER_COLOR


def facts_of(user: dict) -> list[str]:
    """Return what is known of who a person is: company, attributes, days."""
    user_id, found = user["user_id"], []
    if data.is_published("account_people"):
        row = data.ask_one(
            "from account_people where user_id = ? and is_current", user_id
        )
        found += [row["account_id"]] if row else []
    if names := data.attributes():
        row = data.ask_one(
            "from user_features where user_id = ? and as_of_date = ?",
            user_id,
            data.as_of_date(),
        )
        found += [
            f"{row[name]} employees" if name == "company_size" else str(row[name])
            for name in names
            if row and row.get(name) is not None and not pd.isna(row[name])
        ]
    return found


def days_of(user: dict) -> list[str]:
    """Return since when a person is known, last seen, and since when a customer."""
    row = data.ask_one(
        "select min(first_seen_date) as first, min(customer_since_date) as customer"
        " from user_activity where user_id = ?",
        user["user_id"],
    )
    found = []
    if row and not pd.isna(row["first"]):
        found.append(f"first seen {looks.day(row['first'])}")
    last = user["last_seen_date"]
    found.append("not seen lately" if pd.isna(last) else f"last seen {looks.day(last)}")
    if data.is_published("user_contacts"):
        contact = data.ask_one(
            "select max(contact_date) as day from user_contacts where user_id = ?",
            user["user_id"],
        )
        if contact and not pd.isna(contact["day"]):
            found.append(f"last acted on {looks.day(contact['day'])}")
    if row and not pd.isna(row["customer"]):
        found.append(f"customer since {looks.day(row['customer'])}")
    elif user["is_customer"]:
        found.append("a customer")
    if not user["is_named"]:
        found.append("unknown visitor")
    return found


def show_header(user: dict, colors: dict[str, str]) -> None:
    """Show who it is, the score, and what to do; nothing to do about a customer."""
    band = looks.chip(user["band"], colors.get(user["band"], OTHER_COLOR))
    to_do = user["action"]
    if user["is_customer"]:
        to_do = "A customer already: in no list, nothing to do"
    elif user["is_held_out"]:
        to_do = "Held out: left alone, to measure the effect of acting"
    meaning = "" if pd.isna(user["score_meaning"]) else f"{user['score_meaning']}."
    fit = user.get("fit_score")
    if fit is not None and not pd.isna(fit):
        band += f" &nbsp; <b>fit {fit:.0f}</b>, {looks.safe_html(user['fit_band'])}"
    if isinstance(grade := user.get("grade"), str):
        band += f", grade <b>{looks.safe_html(grade)}</b>"
    who, when = " · ".join(facts_of(user)), " · ".join(days_of(user))
    # When the person was last seen, the end of the news, is said above.
    place = [f"place {looks.number(user['rank'])}{above(user)}"]
    place += filter(None, [user["news"].rpartition(", ")[0]])
    st.html(
        f'<b style="font-size:1.3rem">{looks.safe_html(user["user_id"])}</b>'
        f" &nbsp; {looks.safe_html(who)}"
        f'<div class="faint">{looks.safe_html(when)}</div>'
        f'<span class="big" data-score="{user["score"]}">{user["score"]}</span>'
        f'<span class="faint"> of 100</span> &nbsp; {band} &nbsp;'
        f" {looks.safe_html(to_do)}"
        f'<div class="faint">{looks.safe_html(" · ".join(place))}</div>'
        f"{looks.safe_html(meaning)}"
    )
    if not user["is_customer"]:
        show_what_to_do(user)


def show_what_to_do(user: dict) -> None:
    """Show the buttons, the link to the CRM, and what would raise the score."""
    show_what_was_said()
    if said := said_of(user["user_id"]):
        st.markdown(f"**{looks.plain(said)}**")
    if address := link_of_crm()(user["user_id"]):
        st.page_link(address, label="In the CRM", icon=":material/open_in_new:")
    if not user["is_held_out"]:
        show_buttons([user["user_id"]])
        st.caption(explain_rest())
    if user["next_step"]:
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
    way = all_of([f"{step.step} ({step.points:+.0f})" for step in steps.itertuples()])
    return f"The way up: {way}. {lines['step'].iloc[-1]}."


def above(user: dict) -> str:
    """Return above how many others a user is, of those whose conversion is measured."""
    place = user["percentile"]
    return "" if pd.isna(place) else f", above {place:.0f} % of active prospects"
