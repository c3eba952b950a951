"""What Streamlit runs: the pages, and the build that they show."""

from __future__ import annotations

import duckdb
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pointwise.core.errors import PointwiseError
from pointwise.page import (
    accounts,
    changes,
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

# Address: what shows it, the title, its name in the menu, and the mart without which
# there is no such page.
PAGES = {
    "who": (who.page, "Who should we talk to?", "People", None),
    "why": (why.page, "Why this user?", "One person", None),
    "changes": (changes.page, "What changed this week?", "Changes", "score_changes"),
    "companies": (accounts.page, "Which companies?", "Companies", "account_scores"),
    "trust": (trust.page, "Can we trust it?", "Trust", None),
    "what-if": (what_if.page, "What if?", "What if", None),
    "experiments": (experiments.page, "Experiments", "Experiments", "experiment_plan"),
    "how": (how.page, "How is it scored?", "How", None),
}


@st.fragment(run_every="3s")
def watch_for_a_build(published: data.Publication | None) -> None:
    """Show which build the page shows, and start again when there is another.

    Once a page has been looked at for a while, what *What if?* needs is loaded.
    """
    files = st.session_state["stamp"]
    if data.stamp() != files:
        st.rerun()
    if published:
        if not st.session_state.pop("page is new", False):
            effect.load_ahead(files)
        st.caption(
            f"As of the end of **{looks.day(published.as_of_date)}** ·"
            f" {looks.number(published.users)} users · published"
            f" {published.local_time:%d %b %H\\:%M} · version of the control panel"
            f" {looks.plain(published.weights_version)}"
        )


def run(page: StreamlitPage) -> None:
    """Show a page; start again where the files changed under it."""
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
        path: st.Page(page, title=name, url_path=path, default=path == "who")
        for path, (page, _, name, mart) in PAGES.items()
        if mart is None or not is_left_out(mart)
    }
    st.session_state["pages"] = pages
    st.session_state["page is new"] = True
    chosen = st.navigation(list(pages.values()), position="top", expanded=True)
    title = {name: title for _, title, name, _ in PAGES.values()}[chosen.title]
    st.title(title, anchor=False)
    published, damage = None, None
    try:
        published = data.publication()
    except PointwiseError as error:
        damage = str(error)
    watch_for_a_build(published)
    if published:
        run(chosen)
    elif damage:
        st.error(looks.plain(f"The published scores cannot be shown: {damage}."))
    else:
        looks.nothing("No scores are published yet. Build them first:", "pointwise run")


main()
