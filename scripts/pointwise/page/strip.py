"""A strip a band: how many people, how many are new this week, what they convert at."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pointwise.page import data, looks
from pointwise.page.colors import OTHER_COLOR, band_colors
from pointwise.page.since import bands_since, day_then


def people_by_band() -> dict[str, tuple[int, int]]:
    """Return how many people each band has, and how many of them are to talk to."""
    rows = data.ask(
        "select band, count(*)::bigint as users, count(*) filter"
        " (not is_customer and is_named and not is_held_out)::bigint as listed"
        " from user_scores group by band"
    )
    return {row.band: (row.users, row.listed) for row in rows.itertuples()}


def new_by_band() -> dict[str, int] | None:
    """Return how many to talk to came up into each band; None without a history."""
    rows = bands_since()
    if rows is None:
        return None
    came = rows[rows["is_up"] & rows["is_listed"].fillna(value=False).astype(bool)]
    return came.groupby("band")["user_id"].count().to_dict()


def conversion_by_band() -> dict[str, str]:
    """Return what people of each band converted at, with its interval, in words."""
    if not data.is_published("score_band_outlook"):
        return {}
    rows = data.ask("from score_band_outlook where conversion_rate is not null")
    return {
        row["band"]: f"{looks.percent(row['conversion_rate'])} convert"
        f" {looks.interval(row)}"
        for _, row in rows.iterrows()
    }


def show_strip(bands: pd.DataFrame) -> None:
    """Show the bands side by side, best first."""
    people, came, rates = people_by_band(), new_by_band(), conversion_by_band()
    colors = band_colors(bands["band"])
    parts = []
    for band in bands.itertuples():
        users, listed = people.get(band.band, (0, 0))
        new = "" if came is None else f" · {came.get(band.band, 0):,} new"
        parts.append(
            f'<div style="border-color:{colors.get(band.band, OTHER_COLOR)}"'
            f' data-band="{looks.safe_html(band.band)}">'
            f"<b>{looks.number(listed)}</b> {looks.safe_html(band.band)}{new}"
            f'<span class="faint">{band.min_score} to {band.max_score} ·'
            f" {looks.number(users)} with customers and visitors</span>"
            f"<span>{looks.safe_html(rates.get(band.band, ''))}</span></div>"
        )
    st.html(f'<div class="strip" role="list">{"".join(parts)}</div>')


def said_of_the_strip() -> str:
    """Return since when people are new, and over which time they convert."""
    day = day_then()
    return "" if day is None else f"New: up into the band since {looks.day(day)}."
