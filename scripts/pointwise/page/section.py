"""A section of a page about one mart, and what to run where there is nothing in it."""

from __future__ import annotations

import altair as alt
import streamlit as st

from pointwise.core.home import not_installed, path_setting
from pointwise.page import data, looks

PERCENT = alt.Axis(format="%", tickCount=5)
NOT_MEASURED = (
    "Nothing is measured yet: it takes past dates whose horizon has passed. When there"
    " are such events, build again:"
)
TRAIN = "pointwise train"


def not_trained() -> str:
    """Return why there is no model: none is trained, or it was not good enough."""
    if candidate := not_installed(path_setting("POINTWISE_MODEL")):
        return (
            "No model is in use: the one last trained was not good enough, and is in"
            f" {candidate}. With later dates, train again and build:"
        )
    return "No model is trained. Train one on past dates and build again:"


def model_warning() -> str | None:
    """Return what says that the model's probabilities are not to be trusted."""
    if not data.has_rows("model_checks"):
        return None
    fails = data.ask(
        "select says from model_checks where not is_passed order by check_name"
    )
    if fails.empty:
        return None
    failures = "; ".join(fails["says"])
    return f"Do not trust the model's probabilities: {failures}."


def section(title: str, mart: str, missing: str, command: str) -> bool:
    """Begin a section; say what to run where its mart has nothing.

    Where the mart is not even published, its module is left out, and so is the section.
    """
    if not data.is_published(mart):
        return False
    st.subheader(title, anchor=False)
    if data.has_rows(mart):
        return True
    looks.nothing(missing, command)
    return False
