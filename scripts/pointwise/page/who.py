"""Who should we talk to? The bands in a strip, and below it the list to work from."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from pointwise.core.sql_text import sql_name
from pointwise.page import data, live, looks
from pointwise.page.acting import (
    explain_rest,
    link_of_crm,
    show_buttons,
    show_what_was_said,
)
from pointwise.page.people import Filters, held_out, ranks_of, rows_of
from pointwise.page.people_table import (
    MOST_ROWS_OF_A_FILE,
    as_csv,
    show_paragraphs,
    show_table,
)
from pointwise.page.strip import said_of_the_strip, show_strip
from pointwise.page.views import ask_view, show_saving

ROWS_A_PAGE = 25


def ask_filters(bands: pd.DataFrame) -> Filters:
    """Return what the viewer looks for: a view, and what narrows it."""
    view = ask_view()
    search, chosen, more, saving = st.columns(
        [4, 4, 2, 2], vertical_alignment="bottom", gap="small"
    )
    text = search.text_input(
        "Search",
        placeholder="Search: user id or words of a reason",
        max_chars=200,
        label_visibility="collapsed",
    )
    of_bands = chosen.pills(
        "Bands",
        list(bands["band"]),
        selection_mode="multi",
        format_func=looks.plain,
        label_visibility="collapsed",
    )
    with more:
        filters = ask_more(view)
    filters = replace(
        filters, text=text.strip() or view.text, bands=tuple(of_bands) or view.bands
    )
    with saving:
        show_saving(filters)
    return filters


def ask_more(view: Filters) -> Filters:
    """Return the view with who is in it, too, and which attributes they have."""
    attributes = dict(view.attributes)
    with st.popover(
        "More filters", key="more filters", on_change="rerun", width="stretch"
    ) as more:
        customers = st.checkbox("Customers too", view.with_customers)
        visitors = st.checkbox(
            "Unknown visitors too",
            view.with_visitors,
            help="Known only by an anonymous id",
        )
        kept_apart = bool(held_out()) and st.checkbox(
            "Who is held out, too",
            view.with_held_out,
            help="Left alone, to measure the effect of acting",
        )
        names = data.attributes()
        # What there is to choose from is looked up once somebody wants to choose.
        keys = {n: f"attribute {n} {view.attributes.get(n, '')}" for n in names}
        if not more.open and not any(map(st.session_state.get, keys.values())):
            names = []
        for attribute in names:
            values = st.multiselect(
                looks.plain(attribute.replace("_", " ")).capitalize(),
                attribute_values(attribute),
                list(view.attributes.get(attribute, ())),
                key=keys[attribute],
            )
            attributes.pop(attribute, None)
            if values:
                attributes[attribute] = tuple(values)
    return replace(
        view,
        with_customers=customers,
        with_visitors=visitors,
        with_held_out=kept_apart,
        attributes=attributes,
    )


def attribute_values(attribute: str) -> list[str]:
    """Return the most frequent values of an attribute, in their order."""
    values = data.ask(
        f"select {sql_name(attribute)} as value from user_features"
        " where value is not null and as_of_date = ? group by value"
        " order by count(*) desc, value limit 200",
        data.as_of_date(),
    )
    return sorted(values["value"])


def show_list(filters: Filters, bands: pd.DataFrame) -> None:
    """Show the users who match, a page at a time, and what to do with chosen ones."""
    matching, parameters = filters.query()
    ranks = ranks_of(matching, parameters)
    users = len(ranks)
    above = st.container()
    if not users:
        with above:
            show_what_was_said()
        looks.nothing("Nobody matches. Remove a filter, or search for fewer words.")
        return
    noun = "user" if users == 1 else "users"
    heading = f"**{users:,}** {noun}, best first{filters.left_out()}."
    with above:
        place = st.container()
        st.markdown(f"{heading} {said_of_the_strip()}")
    pages = -(-users // ROWS_A_PAGE)
    below = st.session_state.get(f"page {filters}", 1)
    rows = rows_of(ranks[ROWS_A_PAGE * (min(below, pages) - 1) :][:ROWS_A_PAGE])
    with st.container(key="narrow list of users"):
        show_paragraphs(rows)
    with st.container(key="wide list of users"):
        chosen = show_table(rows, bands)
    with place:
        show_what_was_said()
        if chosen:
            show_chosen(rows.iloc[chosen])
    page_column, file_column, _ = st.columns([1, 1, 4], vertical_alignment="bottom")
    page_column.number_input(f"Page (1 to {pages:,})", 1, pages, key=f"page {filters}")
    file_column.download_button(
        "Download",
        partial(as_csv, st.session_state["stamp"], matching, parameters),
        file_name="users.csv",
        mime="text/csv",
        icon=":material/download:",
        help=f"The first {MOST_ROWS_OF_A_FILE:,} of them, as CSV for a spreadsheet",
        on_click="ignore",
        width="stretch",
    )


def show_chosen(rows: pd.DataFrame) -> None:
    """Say why a chosen user has the score, and let the viewer say what became of it."""
    with st.container(border=True):
        if len(rows) > 1:
            st.text(f"{len(rows)} chosen: {', '.join(rows['user_id'])}")
            show_buttons(list(rows["user_id"]))
            st.caption(explain_rest())
            return
        row = rows.iloc[0]
        st.text(f"{row['user_id']}: {row['explanation']}")
        with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
            st.page_link(
                st.session_state["pages"]["why"],
                label="Every point of this user",
                icon=":material/arrow_forward:",
                query_params={"user": row["user_id"]},
                width="content",
            )
            if address := link_of_crm()(row["user_id"]):
                st.page_link(
                    address,
                    label="In the CRM",
                    icon=":material/open_in_new:",
                    width="content",
                )
        show_buttons([row["user_id"]])
        st.caption(explain_rest())


def page() -> None:
    """Show the page."""
    bands = data.bands()
    show_strip(bands)
    filters = ask_filters(bands)
    show_list(filters, bands)
    live.show_who_crossed()
