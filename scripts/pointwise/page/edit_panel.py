"""The score editor: rules typed, added and removed, caps, and where bands begin.

What is edited is kept beside the controls, since only one group is drawn at a time.
"""

from __future__ import annotations

import re

import pandas as pd
import streamlit as st

from pointwise.core.words import plain_number, rule_label
from pointwise.page import data, looks
from pointwise.page.panel_files import Edits, Panel

EDITED, EDITION = "edited panel", "edition of the panel"
BANDS = "Bands"
NUMBERS = {
    "min_value": "From",
    "max_value": "To",
    "per": "For every",
    "max_points": "Up to points",
}
LONGEST_NAME = 60


def begin_again(panel: Panel | None = None) -> None:
    """Put every control to what is published, or to another panel."""
    st.session_state[EDITION] = st.session_state.get(EDITION, 0) + 1
    st.session_state[EDITED] = None if panel is None else copy_of(panel)


def copy_of(panel: Panel) -> Panel:
    """Return a panel that can be edited."""
    return {name: table.copy() for name, table in panel.items()}


def with_cells(panel: Panel, edits_by_file: dict[str, Edits], keys: dict) -> Panel:
    """Return a panel in which cells say something else."""
    found = copy_of(panel)
    for name, edits in edits_by_file.items():
        table = found[name]
        for (row, column), value in edits.items():
            number = pd.to_numeric(value)
            table.loc[table[keys[name]] == row, column] = number
    return found


def ask_panel(published: Panel) -> Panel:
    """Return the panel as the viewer has edited it; all starts as it is published."""
    stamp = st.session_state["stamp"]
    if st.session_state.get("stamp of the panel") != stamp:
        st.session_state["stamp of the panel"] = stamp
        begin_again()
    if st.session_state.get(EDITED) is None:
        st.session_state[EDITED] = copy_of(published)
    edited = st.session_state[EDITED]
    groups = edited["score_groups"].sort_values(
        ["score", "max_points"], ascending=[True, False], na_position="first"
    )
    heads = (groups["score"] + ": ").fillna("")
    labels = dict(zip(groups["rule_group"], heads + groups["label"], strict=True))
    chosen = st.pills(
        "Part of the score",
        [*labels, BANDS],
        default=next(iter(labels)),
        format_func=lambda name: looks.plain(labels.get(name, name)),
        required=True,
        wrap=True,
        key="part of the panel",
    )
    if chosen == BANDS:
        ask_bands(edited["score_bands"])
    else:
        ask_group(edited, str(chosen))
    return edited


def key_of(*names: str) -> str:
    """Return the key of a control; another edition has other controls."""
    return " ".join([str(st.session_state[EDITION]), *names])


def ask_group(edited: Panel, group: str) -> None:
    """Let the viewer edit a group of rules in place: its cap, its rules, new ones."""
    groups = edited["score_groups"]
    place = groups.index[groups["rule_group"] == group][0]
    most = int(groups.loc[place, "max_points"])
    groups.loc[place, "max_points"] = st.number_input(
        "At most, the whole group", 0, 1000, most, key=key_of("cap", group)
    )
    rules = edited["scoring_rules"]
    of_group = rules[rules["rule_group"] == group].sort_values(
        ["points", "rule"], ascending=[False, True]
    )
    # In the order in which they were published: a rule does not move while typed.
    for position in sorted(of_group.index):
        ask_rule(edited, position)
    show_adding(edited, group)


def label_of(rule: pd.Series) -> str:
    """Return how people call a rule."""
    equals = rule["equals"]
    return rule_label(rule["reason"], None if pd.isna(equals) else equals)


def ask_rule(edited: Panel, position: int) -> None:
    """Let the viewer type a rule's points and conditions, or remove it."""
    rules = edited["scoring_rules"]
    rule = rules.loc[position]
    name = label_of(rule)
    points, more = st.columns([5, 2], vertical_alignment="bottom", gap="small")
    rules.loc[position, "points"] = points.number_input(
        looks.plain(name) + times(rule),
        -1000,
        1000,
        int(rule["points"]),
        key=key_of("points", rule["rule"]),
    )
    with more.popover(
        "Edit", width="stretch", key=key_of("more", rule["rule"]), on_change="rerun"
    ) as opened:
        # Drawn once somebody wants it: what is edited is kept in the table.
        if not opened.open:
            return
        if pd.isna(rule["equals"]):
            for column, label in NUMBERS.items():
                rules.loc[position, column] = ask_number(rule, column, label)
        st.button(
            "Remove this rule",
            icon=":material/delete:",
            key=key_of("remove", rule["rule"]),
            on_click=remove,
            args=(position,),
        )


def ask_number(rule: pd.Series, column: str, label: str) -> float | None:
    """Return a condition of a rule as the viewer types it; blank is none."""
    value = rule[column]
    is_whole = column == "max_points"
    found = st.number_input(
        label,
        value=None if pd.isna(value) else (int(value) if is_whole else float(value)),
        step=1 if is_whole else 0.1,
        format="%d" if is_whole else "%.4g",
        placeholder="none",
        key=key_of(column, rule["rule"]),
    )
    return None if found is None else float(found)


def remove(position: int) -> None:
    """Take a rule out."""
    rules = st.session_state[EDITED]["scoring_rules"]
    st.session_state[EDITED]["scoring_rules"] = rules.drop(index=position)


def show_adding(edited: Panel, group: str) -> None:
    """Let the viewer write a new rule of a group."""
    features = data.ask("from features order by feature").set_index("feature")
    described = {
        name: f"{text or looks.words(name)}"
        for name, text in features["description"].fillna("").items()
    }
    with (
        st.popover("Add a rule", icon=":material/add:", key=key_of("add", group)),
        st.form(key_of("form", group), clear_on_submit=True, border=False),
    ):
        feature = st.selectbox(
            "Of what", list(described), format_func=described.__getitem__
        )
        equals = st.text_input("Equals", help="The value of an attribute; else blank")
        low = st.number_input("From", value=None, placeholder="none")
        high = st.number_input("To", value=None, placeholder="none")
        points = st.number_input("Points", -1000, 1000, 5)
        per = st.number_input("For every", value=None, placeholder="none")
        most = st.number_input("Up to points", value=None, step=1, placeholder="none")
        reason = st.text_input(
            "Reason, as people read it", help="{value} becomes the user's value"
        ).strip()
        if st.form_submit_button("Add"):
            if not reason:
                st.error("A rule needs a reason: people read it beside the points.")
                return
            add(edited, {
                "rule_group": group, "feature": feature, "min_value": low,
                "max_value": high, "equals": equals.strip() or None,
                "points": int(points), "per": per, "max_points": most,
                "reason": reason,
            })  # fmt: skip
            st.rerun()


def add(edited: Panel, values: dict) -> None:
    """Add a rule, under a name made of its reason."""
    rules = edited["scoring_rules"]
    named = {"rule": new_name(values["reason"], set(rules["rule"])), **values}
    row = pd.DataFrame([{column: named.get(column) for column in rules.columns}])
    row.index = [int(rules.index.max()) + 1]
    both = pd.concat([rules.astype(object), row.astype(object)])
    for column in ("points", *NUMBERS):
        both[column] = pd.to_numeric(both[column])
    edited["scoring_rules"] = both


def new_name(reason: str, taken: set[str]) -> str:
    """Return a name for a rule that no other has, as the panel writes names."""
    words = re.sub(r"[^a-z0-9]+", "_", reason.lower()).strip("_")
    stem = re.sub(r"^[^a-z]+", "", words)[:LONGEST_NAME].strip("_") or "rule"
    number, name = 2, stem
    while name in taken or name in ("base", "limit"):
        name, number = f"{stem}_{number}", number + 1
    return name


def ask_bands(bands: pd.DataFrame) -> None:
    """Let the viewer edit where bands of intent begin; the lowest begins at 1."""
    of_intent = bands[bands["score"].isna()]
    for place, band in of_intent.sort_values("min_score", ascending=False).iterrows():
        if band["min_score"] == of_intent["min_score"].min():
            st.caption(f"{looks.plain(band['band'])} from 1")
            continue
        bands.loc[place, "min_score"] = st.number_input(
            f"{looks.plain(band['band'])} from",
            2,
            100,
            int(band["min_score"]),
            key=key_of("band", band["band"]),
        )


def times(rule: pd.Series) -> str:
    """Return what a rule's points are for, where they depend on a quantity."""
    if pd.isna(rule["per"]):
        return ""
    return f" · for every {plain_number(float(rule['per']))}"


def mistakes(panel: Panel) -> list[str]:
    """Return what a build would refuse of what can be edited here."""
    rules = panel["scoring_rules"]
    per, most = (pd.to_numeric(rules[column]) for column in ("per", "max_points"))
    low, high = (pd.to_numeric(rules[column]) for column in ("min_value", "max_value"))
    wrong = {
        "'from' is more than 'to'": low > high,
        "'for every' is not above 0": per <= 0,
        "'up to' bounds nothing without 'for every'": most.notna() & per.isna(),
        "'up to' has another sign than the points": per.notna()
        & (most * rules["points"].astype(int) < 0),
    }
    found = [
        f"{label_of(rule)}: {mistake}"
        for mistake, is_wrong in wrong.items()
        for _, rule in rules[is_wrong].iterrows()
    ]
    if panel["score_bands"].duplicated(["score", "min_score"]).any():
        found.append("Two bands begin at the same score")
    return found
