"""What if? Other points, caps and bands, and what they would do to every score."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from pointwise.core.errors import PointwiseError
from pointwise.core.panel.edited import edited_text
from pointwise.page import data, looks
from pointwise.page.colors import ACCENT_COLOR, OTHER_COLOR
from pointwise.page.edit_panel import ask_panel, mistakes
from pointwise.page.effect import (
    Frozen,
    back_test,
    effect,
    frozen,
    known,
    load_ahead,
    no_effect,
    step_of_examples,
    step_of_users,
)
from pointwise.page.panel_files import Edits, Panel, edits_of
from pointwise.page.ranking import area_under_curve, caught_by_the_top
from pointwise.page.rescore import PANEL


def begin_back_test(files: data.Stamp, edits: Frozen, edited: Panel) -> None:
    """Begin to score past dates, while today's users are scored and shown."""
    if data.has_rows("training_examples"):
        back_test(files, step_of_examples(), edits, edited)


def show_back_test(edited: Panel, edits: Frozen) -> None:
    """Show how well scores would have ranked those whose outcome is known."""
    if not data.is_published("training_examples"):
        return
    st.subheader("Would it have been better?", anchor=False)
    if not data.has_rows("training_examples"):
        st.caption("No past date has passed its horizon yet: nothing to test on.")
        return
    step, files = step_of_examples(), st.session_state["stamp"]
    old = known(step)
    new = old
    if edits:
        with st.spinner("Scoring past dates …"):
            new = back_test(files, step, edits, edited).result()
    if not new["conversions"].sum():
        st.caption("Nobody converted at the past dates: nothing to test on.")
        return
    figures = {
        "AUC": (
            area_under_curve,
            "{:.3f}".format,
            "how often a converter has the higher score",
        ),
        "In the top tenth": (
            caught_by_the_top,
            looks.percent,
            "share of all conversions among the tenth with the highest scores",
        ),
    }
    with st.container(horizontal=True, gap="small"):
        for name, (figure, form, meaning) in figures.items():
            before, after = figure(old), figure(new)
            if before is None or after is None:
                continue
            was, would_be = form(before), form(after)
            st.metric(
                name,
                would_be,
                "as published" if was == would_be else f"from {was}",
                delta_color="off",
                delta_arrow="off",
                border=True,
                width=176,
                help=meaning,
            )
    bands = edited["score_bands"].query("score.isna()")
    bands = bands.sort_values("min_score", ascending=False)
    show_band_rates(old, new, list(bands["band"]))
    sample = f", one user in {step}" if step > 1 else ""
    st.caption(
        f"{int(new['users'].sum()):,} users at past dates{sample};"
        f" {int(new['conversions'].sum()):,} converted. Points tuned on these dates"
        " look better on them than they will be."
    )


def show_band_rates(old: pd.DataFrame, new: pd.DataFrame, bands: list[str]) -> None:
    """Show what each band converted at, with both panels."""
    rows = []
    for band in bands:
        line: dict[str, object] = {"band": band}
        for name, counts in (("before", old), ("after", new)):
            of_band = counts[counts["band"] == band]
            users, conversions = of_band["users"].sum(), of_band["conversions"].sum()
            line[f"{name}_users"] = users
            line[f"{name}_rate"] = conversions / users if users else None
        rows.append(line)
    numbers = ["Users before", "Users after", "Converted before", "Converted after"]
    looks.rows(
        ["Band", *numbers],
        [
            (
                line["band"],
                looks.number(line["before_users"]),
                looks.number(line["after_users"]),
                looks.percent(line["before_rate"]),
                looks.percent(line["after_rate"]),
            )
            for line in rows
        ],
        numbers=numbers,
        words="Conversion rate by band at past dates, published and with these points",
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


def show_movers(movers: pd.DataFrame, points: pd.DataFrame) -> None:
    """Show who moves most, and by which rules."""
    st.subheader("Who moves most", anchor=False)
    if movers.empty:
        st.caption("Nobody: every score stays as it is.")
        return
    labels = data.rule_labels()
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


def show_files(edits_by_file: dict[str, Edits]) -> None:
    """Offer the files that changed, to put into the control panel."""
    st.subheader("Keep it", anchor=False)
    if not edits_by_file:
        st.caption("Move a slider: what changed can be downloaded here, to commit.")
        return
    texts = data.ask("select file, content from control_panel").set_index("file")
    for name, edits in edits_by_file.items():
        rows, columns = zip(*edits, strict=True)
        st.text(
            f"{name}.csv: "
            + ", ".join(
                f"{row} {column}" for row, column in zip(rows, columns, strict=True)
            )
        )
        st.download_button(
            f"Download {name}.csv",
            edited_text(name, texts["content"][name], edits),
            file_name=f"{name}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption(
        "Put it into the control panel (seeds) and run `dbt build`: a diff shows these"
        " cells and nothing else."
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


def begin_again() -> None:
    """Put every control back to what is published."""
    st.session_state["edition of the panel"] += 1


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
    controls, results = st.columns([4, 6], gap="large")
    with controls:
        st.caption("Move points, caps and bands. Nothing is saved.")
        edited = ask_panel(published)
        st.button("As published", on_click=begin_again, icon=":material/undo:")
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
        show_bands(data.bands(), done["bands"], step)
        show_change(done["changed"].iloc[0])
        show_scores(done["scores"])
        show_movers(done["movers"], done["points"].copy())
        show_back_test(edited, edits)
        show_files(edits_by_file)
