"""What Streamlit runs: the pages, and the build that they show."""

from __future__ import annotations

import duckdb
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pointwise.core.errors import PointwiseError
from pointwise.page import (
    data,
    effect,
    experiments,
    how,
    looks,
    trust,
    what_if,
    who,
    why,
)

PAGES = {
    "who": (who.page, "Who should we talk to?", ":material/groups:"),
    "why": (why.page, "Why this user?", ":material/person_search:"),
    "trust": (trust.page, "Can we trust it?", ":material/verified:"),
    "what-if": (what_if.page, "What if?", ":material/tune:"),
    "experiments": (experiments.page, "Experiments", ":material/science:"),
    "how": (how.page, "How is it scored?", ":material/menu_book:"),
}


@st.fragment(run_every="3s")
def watch_for_a_build(published: data.Publication | None) -> None:
    """Show which build the page shows, and begin anew when there is another.

    Once a page has been looked at for a while, what *What if?* needs is loaded.
    """
    files = st.session_state["stamp"]
    if data.stamp() != files:
        st.rerun()
    if published:
        if not st.session_state.pop("page is new", False):
            effect.load_ahead(files)
        st.caption(f"As of the end of **{looks.day(published.as_of_date)}**")
        st.caption(
            f"{looks.number(published.users)} users · published"
            f" {published.local_time:%d %b %H\\:%M} · version of the control panel"
            f" {looks.plain(published.weights_version)}"
        )


def run(page: StreamlitPage) -> None:
    """Show a page; begin anew where the files changed under it."""
    try:
        page.run()
    except duckdb.Error:
        if data.stamp() == st.session_state["stamp"]:
            raise
        st.rerun()


def is_left_out(mart: str) -> bool:
    """Whether there are scores but not this mart: its module is switched off."""
    return data.is_published("user_scores") and not data.is_published(mart)


def main() -> None:
    """Show the page that the address names."""
    st.set_page_config(page_title="Pointwise", page_icon="🎯", layout="wide")
    st.html(looks.STYLE)
    st.session_state["stamp"] = data.stamp()
    pages = {
        path: st.Page(
            page, title=title, icon=icon, url_path=path, default=path == "who"
        )
        for path, (page, title, icon) in PAGES.items()
        if path != "experiments" or not is_left_out("experiment_plan")
    }
    st.session_state["pages"] = pages
    st.session_state["page is new"] = True
    chosen = st.navigation(list(pages.values()))
    st.title(chosen.title, anchor=False)
    published, damage = None, None
    try:
        published = data.publication()
    except PointwiseError as error:
        damage = str(error)
    with st.sidebar:
        watch_for_a_build(published)
    if published:
        run(chosen)
    elif damage:
        st.error(looks.plain(f"The published scores cannot be shown: {damage}."))
    else:
        looks.nothing("No scores are published yet. Build them first:", "pointwise run")


main()
