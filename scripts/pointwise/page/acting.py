"""One click says what became of people: the buttons, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import quote

import streamlit as st

from pointwise.core.errors import PointwiseError
from pointwise.core.home import PROJECT
from pointwise.core.settings import vars_of_run
from pointwise.core.verdicts import REST_DAYS, VERDICTS
from pointwise.core.words import counted
from pointwise.page import data, looks, verdicts

ICONS = {
    "contacted": ":material/call:",
    "connected": ":material/forum:",
    "not_now": ":material/snooze:",
    "not_a_fit": ":material/block:",
    "won": ":material/emoji_events:",
}
SAID = "verdict said"


def show_buttons(
    user_ids: Sequence[str], names: Sequence[str] = tuple(VERDICTS)
) -> None:
    """Show a button a verdict, for the people who are chosen."""
    with st.container(horizontal=True, gap="small"):
        for name in names:
            label, meaning = VERDICTS[name]
            st.button(
                label,
                icon=ICONS[name],
                help=meaning,
                key=f"{name} {'|'.join(user_ids)[:200]}",
                on_click=say,
                args=(tuple(user_ids), name),
            )


def say(user_ids: tuple[str, ...], verdict: str) -> None:
    """Write what became of people, and remember how to take it back."""
    try:
        events = verdicts.record(user_ids, verdict)
    except PointwiseError as error:
        st.session_state[SAID] = (str(error), [])
        return
    who = (
        user_ids[0]
        if len(user_ids) == 1
        else counted(len(user_ids), "person", "people")
    )
    message = f"{VERDICTS[verdict][0]}: {who}."
    if unknown(verdict):
        message += (
            f" event_types.csv does not list {verdict}: add a line"
            f" `{verdict},{verdict},1,`, so that the next build counts it."
        )
    st.session_state[SAID] = (message, events)


def unknown(verdict: str) -> bool:
    """Whether the panel does not count such events."""
    listed = data.ask("select distinct event_type from event_types")["event_type"]
    return verdict not in set(listed)


def show_what_was_said() -> None:
    """Show what was said last, and a button that takes it back."""
    if SAID not in st.session_state:
        return
    message, events = st.session_state[SAID]
    if not events:
        st.error(looks.plain(message))
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(looks.plain(message), width="content")
        st.button("Take back", icon=":material/undo:", on_click=forget, args=(events,))


def forget(events: list[str]) -> None:
    """Take back what was said last."""
    try:
        verdicts.take_back(events)
        del st.session_state[SAID]
    except PointwiseError as error:
        st.session_state[SAID] = (str(error), [])


def said_of(user_id: str) -> str:
    """Return the last verdict on a person, in words; empty if nothing was."""
    said = verdicts.of_user(user_id)
    if said.empty:
        return ""
    last = said.iloc[0]
    return f"{VERDICTS[last['verdict']][0]} on {looks.day(last['day'])}"


def explain_rest() -> str:
    """Return what the buttons do, in a sentence."""
    return (
        "Said here, it is an event that the next build reads. The person leaves the"
        f" list for {REST_DAYS} days, after Not a fit and Won for good."
    )


def link_of_crm() -> Callable[[str], str | None]:
    """Return what gives the address of a person in the CRM; None where none is set."""
    template = vars_of_run(PROJECT, None).get("crm_link")
    if not template:
        return lambda _: None
    return lambda user_id: template.replace("{user_id}", quote(user_id, safe=""))
