"""What if? Other points, caps and bands, and what they would do to every score."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from pointwise.core.errors import PointwiseError
from pointwise.page import data, looks
from pointwise.page.back_test import begin_back_test, show_back_test
from pointwise.page.colors import ACCENT_COLOR, OTHER_COLOR
from pointwise.page.edit_panel import (
    ask_panel,
    begin_again,
    label_of,
    mistakes,
    with_cells,
)
from pointwise.page.effect import (
    REPLICATES,
    effect,
    frozen,
    load_ahead,
    no_effect,
    step_of_users,
)
from pointwise.page.keep_it import show_files
from pointwise.page.panel_files import KEYS, Edits, Panel, edits_of
from pointwise.page.rescore import PANEL


def show_flows(bands: list[str], flows: pd.DataFrame) -> None:
    """Show who would move from which band into which."""
    moved = flows[flows["band_before"] != flows["band_after"]]
    if moved.empty:
        return
    counts = flows.set_index(["band_before", "band_after"])["users"].to_dict()
    columns = [f"into {band}" for band in bands]
    looks.rows(
        ["From", *columns],
        [
            (
                before,
                *(
                    "stay " + looks.number(counts.get((before, after), 0))
                    if before == after
                    else looks.number(counts.get((before, after), 0))
                    for after in bands
                ),
            )
            for before in bands
        ],
        numbers=columns,
        words="Users by band as published, and with these points",
    )


def show_bands(bands: pd.DataFrame, flows: pd.DataFrame, step: int) -> None:
    """Show how many users each band has, and would have."""
    before = flows.groupby("band_before")["users"].sum()
    after = flows.groupby("band_after")["users"].sum()
    with st.container(horizontal=True, gap="small"):
        for band in bands["band"]:
            old, new = int(before.get(band, 0)), int(after.get(band, 0))
            st.metric(
                f"Band {looks.plain(band)}",
                looks.number(new),
                f"{new - old:+,} from {old:,}" if new != old else "as published",
                delta_color="off",
                delta_arrow="off",
                border=True,
                width=165,
                help=f"of every {step}th user" if step > 1 else None,
            )


def show_change(total: pd.Series) -> None:
    """Say how many scores change, and by how much on the whole."""
    words = f"**{int(total['changed']):,}** of {int(total['users']):,} scores change"
    if total["changed"]:
        words += f"; the mean goes from {total['mean_before']:.2f} to"
        words += f" {total['mean_after']:.2f}"
    if total["fit_changed"]:
        words += f". Of fit, **{int(total['fit_changed']):,}** change, and"
        words += f" {int(total['fit_moved']):,} go to another band"
    st.markdown(f"{words}.")


def show_scores(scores: pd.DataFrame) -> None:
    """Show how many users have which score, before as a line and after as bars."""
    counts = scores.set_index("score").reindex(range(0, 100, 5), fill_value=0)
    counts = counts.reset_index().assign(end=lambda rows: rows["score"] + 5)
    across = alt.X("score:Q", title="score", scale=alt.Scale(domain=[0, 100])).bin(
        "binned"
    )
    users = alt.Axis(format=",.0f", tickCount=4)
    tooltip = [
        "score",
        alt.Tooltip("before:Q", format=","),
        alt.Tooltip("after:Q", format=","),
    ]
    bars = alt.Chart(counts).mark_bar(color=ACCENT_COLOR, opacity=0.75, binSpacing=2)
    bars = bars.encode(
        x=across,
        x2="end",
        y=alt.Y("after:Q", title="users", axis=users),
        tooltip=tooltip,
    )
    ends = pd.concat([counts, counts.iloc[-1:].assign(score=100)])
    line = (
        alt.Chart(ends)
        .mark_line(color=OTHER_COLOR, strokeWidth=2, interpolate="step-after")
        .encode(x="score:Q", y="before:Q")
    )
    looks.legend({"with these points": ACCENT_COLOR, "published": OTHER_COLOR})
    looks.show(bars + line, 190, "Users by score, published and with these points")


def show_movers(movers: pd.DataFrame, points: pd.DataFrame, edited: Panel) -> None:
    """Show who moves most, and by which rules."""
    st.subheader("Who moves most", anchor=False)
    if movers.empty:
        st.caption("Nobody: every score stays as it is.")
        return
    rules = edited["scoring_rules"]
    new = {rule["rule"]: label_of(rule) for _, rule in rules.iterrows()}
    labels = {**data.rule_labels(), **new}
    points["text"] = [
        f"{labels.get(row.rule, row.rule)} {looks.signed(row.before)} →"
        f" {looks.signed(row.after)}"
        for row in points.itertuples()
    ]
    why = points.groupby("user_id")["text"].agg(", ".join)
    looks.rows(
        ["User", "Before", "After", "Change", "Band", "By these rules"],
        [
            (
                row.user_id,
                row.before,
                row.after,
                looks.signed(row.change),
                row.band_after,
                why.get(row.user_id, ""),
            )
            for row in movers.itertuples()
        ],
        numbers=["Before", "After", "Change"],
        words="The users whose score changes most",
        whole=False,
    )


def ask_step(users: int) -> int:
    """Return how many users one in the sample stands for; 1 is everyone."""
    step = step_of_users(users)
    if step == 1:
        return 1
    if st.toggle("Score everyone, which takes longer", key="everyone"):
        return 1
    st.caption(
        f"Numbers are of a fixed sample: one in {step} of {users:,} users, by a hash of"
        " the user id."
    )
    return step


@st.cache_data(max_entries=2, show_spinner="Fitting points …")
def proposed_cells(files: data.Stamp) -> tuple[str, dict[str, Edits]]:
    """Return what `pointwise propose` says, and the cells that it proposes."""
    from pointwise.commands.propose import proposed  # It takes a while to load.

    with data.database(files).cursor() as cursor:
        found = proposed(cursor, None, seed=0, replicates=REPLICATES)
    return found.said, found.edits() if found.proposal.is_favoured else {}


def start_from_proposed(published: Panel) -> None:
    """Put the controls to the proposed points, and remember the message about them."""
    try:
        said, cells = proposed_cells(st.session_state["stamp"])
    except PointwiseError as error:
        st.session_state["said of the proposal"] = str(error)
        return
    st.session_state["said of the proposal"] = said
    begin_again(with_cells(published, cells, KEYS))


def show_starts(published: Panel) -> None:
    """Show where to start from: what is published, or what the past proposes."""
    with st.container(horizontal=True, gap="small"):
        st.button("As published", on_click=begin_again, icon=":material/undo:")
        if data.has_rows("training_examples"):
            st.button(
                "Start from proposed points",
                icon=":material/auto_fix_high:",
                on_click=start_from_proposed,
                args=(published,),
                help="As `pointwise propose` fits them to past dates",
            )
    if said := st.session_state.pop("said of the proposal", None):
        st.info(looks.plain(said))


def page() -> None:
    """Show the page."""
    if not data.has_rows("scoring_models"):
        looks.nothing(
            "This build published no scoring models. Build again:", "pointwise run"
        )
        return
    files = st.session_state["stamp"]
    load_ahead(files)
    published = {name: data.ask(f"from {name}") for name in PANEL}
    controls, results = st.columns([4, 7], gap="large")
    with controls:
        show_starts(published)
        edited = ask_panel(published)
    with results:
        step = ask_step(data.publication().users)
        if wrong := mistakes(edited):
            for line in wrong:
                st.error(looks.plain(line))
            return
        edits_by_file = edits_of(published, edited)
        edits = frozen(edits_by_file)
        try:
            if edits:
                begin_back_test(files, edits, edited)
                done = effect(files, step, edits, edited)
            else:
                done = no_effect(files, step)
        except PointwiseError as error:
            st.error(looks.plain(error))
            return
        show_change(done["changed"].iloc[0])
        show_bands(data.bands(), done["bands"], step)
        show_flows(list(data.bands()["band"]), done["bands"])
        show_back_test(edited, edits)
        show_files(edits_by_file)
        show_movers(done["movers"], done["points"].copy(), edited)
        show_scores(done["scores"])
