"""The controls of the what-if page: points, caps, conditions and bands."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from pointwise.page import data, looks
from pointwise.page.panel_files import Panel

CONDITIONS = ["min_value", "max_value", "per", "max_points"]


def ask_panel(published: Panel) -> Panel:
    """Return the panel as the viewer has edited it; all starts as it is published."""
    edited = {name: table.copy() for name, table in published.items()}
    edition = st.session_state.setdefault("edition of the panel", 0)
    groups = edited["score_groups"].sort_values("max_points", ascending=False)
    names = [looks.plain(label) for label in groups["label"]]
    *tabs, band_tab = st.tabs([*names, "Bands"])
    for tab, (place, group) in zip(tabs, groups.iterrows(), strict=True):
        with tab:
            edited["score_groups"].loc[place, "max_points"] = st.slider(
                "At most, the whole group",
                0,
                max(100, int(group["max_points"])),
                int(group["max_points"]),
                key=f"{edition} cap {group['rule_group']}",
            )
            ask_rules(edited["scoring_rules"], group["rule_group"], edition)
    with band_tab:
        ask_bands(edited["score_bands"], edition)
    return edited


def ask_rules(rules: pd.DataFrame, group: str, edition: int) -> None:
    """Let the viewer edit the rules of one group in place."""
    of_group = rules[rules["rule_group"] == group].sort_values(
        ["points", "rule"], ascending=[False, True]
    )
    labels = data.rule_labels()
    for place, rule in of_group.iterrows():
        lowest, highest = bounds(rule)
        rules.loc[place, "points"] = st.slider(
            looks.plain(labels[rule["rule"]]) + times(rule),
            lowest,
            highest,
            int(rule["points"]),
            key=f"{edition} points {rule['rule']}",
        )
    counted = of_group[of_group["equals"].isna()]
    if counted.empty:
        return
    key = f"{edition} conditions {group}"
    name = f"{edition} more of {group}"
    with st.expander("Conditions", key=name, on_change="rerun") as more:
        # Drawn once somebody wants it, and then as long as it holds an edit.
        if not more.open and not st.session_state.get(key, {}).get("edited_rows"):
            return
        number = partial(st.column_config.NumberColumn, width=52)
        table = st.data_editor(
            counted.set_index(counted["rule"].map(labels))[CONDITIONS],
            key=key,
            placeholder="",
            column_config={
                "_index": st.column_config.TextColumn("Rule", width=96, disabled=True),
                "min_value": number("from"),
                "max_value": number("to"),
                "per": number("every", min_value=0.0001),
                "max_points": number("up to", step=1),
            },
        )
    for column in CONDITIONS:
        rules.loc[counted.index, column] = table[column].to_numpy()


def ask_bands(bands: pd.DataFrame, edition: int) -> None:
    """Let the viewer edit where bands begin; the lowest begins at 1."""
    for place, band in bands.sort_values("min_score", ascending=False).iterrows():
        if band["min_score"] == bands["min_score"].min():
            st.caption(f"{looks.plain(band['band'])} from 1")
            continue
        bands.loc[place, "min_score"] = st.slider(
            f"{looks.plain(band['band'])} from",
            2,
            100,
            int(band["min_score"]),
            key=f"{edition} band {band['band']}",
        )


def times(rule: pd.Series) -> str:
    """Return what a rule's points are for, where they are for every so much."""
    return f" · for every {rule['per']:g}" if pd.notna(rule["per"]) else ""


def bounds(rule: pd.Series) -> tuple[int, int]:
    """Return how far the points of a rule can be moved: they keep their sign."""
    points = int(rule["points"])
    far = max(abs(points) * 2, 10 if pd.notna(rule["per"]) else 50)
    return (-far, 0) if points < 0 else (0, far)


def mistakes(panel: Panel) -> list[str]:
    """Return what a build would refuse of what can be edited here."""
    rules = panel["scoring_rules"]
    wrong = {
        "'from' is more than 'to'": rules["min_value"] > rules["max_value"],
        "'up to' bounds nothing without 'for every'": rules["max_points"].notna()
        & rules["per"].isna(),
        "'up to' has another sign than the points": rules["per"].notna()
        & (rules["max_points"] * rules["points"] < 0),
    }
    labels = data.rule_labels()
    found = [
        f"{labels[rule]}: {mistake}"
        for mistake, is_wrong in wrong.items()
        for rule in rules[is_wrong]["rule"]
    ]
    if panel["score_bands"].duplicated(["score", "min_score"]).any():
        found.append("Two bands begin at the same score")
    return found
