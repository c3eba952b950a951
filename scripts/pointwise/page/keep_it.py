"""Keep what was edited: the lines that change, to save into the panel or download."""

from __future__ import annotations

import streamlit as st

from pointwise.core.errors import PointwiseError
from pointwise.page import data, looks
from pointwise.page.panel_files import FileEdits, diff_of, edited_texts, save

SAVED = "saved panel"


def show_files(edits_by_file: dict[str, FileEdits]) -> None:
    """Show what changes in the panel's files, to save or to download."""
    st.subheader("Keep it", anchor=False)
    if SAVED in st.session_state:
        is_saved, said = st.session_state.pop(SAVED)
        (st.success if is_saved else st.error)(looks.plain(said))
    if not edits_by_file:
        st.caption("Type other points: what changed can be saved here.")
        return
    rows = data.ask("select file, content from control_panel").set_index("file")
    texts = rows["content"].to_dict()
    edited = edited_texts(texts, edits_by_file)
    for name, text in edited.items():
        st.code(diff_of(name, texts[name], text), language="diff", wrap_lines=True)
    st.button(
        "Save to the control panel",
        type="primary",
        icon=":material/save:",
        on_click=save_edits,
        args=(edits_by_file,),
    )
    for name, text in edited.items():
        st.download_button(
            f"Download {name}.csv",
            text,
            file_name=f"{name}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption("Saved, these lines change and nothing else; the next build uses them.")


def save_edits(edits_by_file: dict[str, FileEdits]) -> None:
    """Write the edits into the panel, and say what became of it."""
    try:
        paths = save(edits_by_file)
    except PointwiseError as error:
        st.session_state[SAVED] = (False, str(error))
        return
    names = ", ".join(str(path) for path in paths)
    st.session_state[SAVED] = (True, f"Saved {names}. The next build scores with it.")
