"""Views of the list: those that come with the page, and those that viewers save."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import streamlit as st

from pointwise.core.home import own_folder
from pointwise.page import data, looks
from pointwise.page.people import Filters

TODAY = "Today's list"
OWN_VIEWS = {
    "To work on": Filters(kind="work"),
    TODAY: Filters(kind="today"),
    "New this week": Filters(kind="new"),
    "Rising": Filters(kind="rising"),
    "Worked on": Filters(kind="rests", with_customers=True),
    "Everybody": Filters(),
}
LONGEST_NAME = 40
MOST_VIEWS = 12


def file_of_views() -> Path:
    """Return where views are kept: beside the panel and all else that is the user's."""
    return own_folder("views.json")


def saved() -> dict[str, Filters]:
    """Return the views that were saved, by name; none where the file cannot be read."""
    try:
        found = json.loads(file_of_views().read_text(encoding="utf-8"))
        return {str(name): filters_of(given) for name, given in found.items()}
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return {}


def filters_of(given: dict) -> Filters:
    """Return the filters that a saved view names."""
    attributes = {name: tuple(values) for name, values in given["attributes"].items()}
    kept = {**given, "bands": tuple(given["bands"]), "attributes": attributes}
    return Filters(**kept)


def keep(views: dict[str, Filters]) -> None:
    """Write the saved views, whole or not at all."""
    path = file_of_views()
    draft = path.with_suffix(".tmp")
    text = json.dumps({name: asdict(found) for name, found in views.items()}, indent=2)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(text + "\n", encoding="utf-8")
    draft.replace(path)


def all_views() -> dict[str, Filters]:
    """Return the views by name, the page's own first."""
    views = {**OWN_VIEWS, **saved()}
    if not data.has_rows("worklist"):
        del views[TODAY]
    return views


def ask_view() -> Filters:
    """Return the filters of the view that the viewer chooses."""
    views = all_views()
    chosen = st.pills(
        "View",
        list(views),
        default=next(iter(views)),
        format_func=looks.plain,
        key="view",
        label_visibility="collapsed",
    )
    return views.get(chosen, Filters())


def show_saving(filters: Filters) -> None:
    """Let the viewer keep what is asked for as a view, or take one away."""
    with st.popover("Save view", icon=":material/bookmark_add:", width="stretch"):
        name = st.text_input("Name of the view", max_chars=LONGEST_NAME).strip()
        views = saved()
        is_full = len(views) >= MOST_VIEWS and name not in views
        if st.button("Save", disabled=not name or name in OWN_VIEWS or is_full):
            keep({**views, name: filters})
            st.rerun()
        if name in OWN_VIEWS:
            st.caption("The page has a view of this name: choose another.")
        if is_full:
            st.caption(f"There are {MOST_VIEWS} views: take one away first.")
        for other in views:
            if st.button(
                f"Take away {looks.plain(other)}", icon=":material/delete:", key=other
            ):
                keep({kept: found for kept, found in views.items() if kept != other})
                st.rerun()
