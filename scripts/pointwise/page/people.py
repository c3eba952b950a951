"""Who is in a list of people: what the viewer asks for, as SQL and in words."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import streamlit as st

from pointwise.core.sql_text import sql_name
from pointwise.core.words import all_of
from pointwise.page import data, verdicts
from pointwise.page.since import bands_since

COLUMNS = (
    "rank, user_id, score, band, reason_1, reason_2, reason_3, action, next_step,"
    " is_named, news, change_7d, change_28d, is_new_in_band, trend, last_seen_date,"
    " fit_score, fit_band, grade"
)


@dataclass(frozen=True)
class Filters:
    """What the viewer looks for."""

    text: str = ""
    bands: tuple[str, ...] = ()
    kind: str = "all"
    with_customers: bool = False
    with_visitors: bool = False
    with_held_out: bool = False
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def query(self) -> tuple[str, list[object]]:
        """Return the users who match, as SQL without select, and its parameters."""
        conditions, parameters = ["true"], []
        if not self.with_customers:
            conditions.append("not is_customer")
        if not self.with_visitors:
            conditions.append("is_named")
        if not self.with_held_out:
            conditions.append("not is_held_out")
        if self.bands:
            conditions.append("list_contains(?, band)")
            parameters.append(list(self.bands))
        if self.text:
            # A column each: words that many users share are then looked at once.
            columns = ("user_id", "reason_1", "reason_2", "reason_3")
            found = [f"contains(lower({column}), lower(?))" for column in columns]
            conditions.append(f"({' or '.join(found)})")
            parameters += [self.text] * len(columns)
        if self.attributes:
            # Looked up for all of them at once: features are read but once.
            has = " and ".join(
                f"list_contains(?, {sql_name(name)})" for name in self.attributes
            )
            conditions.append(
                "user_id in (select user_id from user_features"
                f" where as_of_date = ? and {has})"
            )
            parameters += [data.as_of_date(), *map(list, self.attributes.values())]
        condition, of_kind = KINDS[self.kind]()
        return (
            f"from user_scores where {' and '.join([*conditions, condition])}",
            [*parameters, *of_kind],
        )

    def left_out(self) -> str:
        """Return who is left out, in words."""
        kinds = [
            *([] if self.with_customers else ["customers"]),
            *([] if self.with_visitors else ["unknown visitors"]),
        ]
        if not self.with_held_out and held_out():
            kinds.append("who is held out")
        if self.kind in ("work", "today") and verdicts.resting():
            kinds.append("who rests")
        return f", {all_of(kinds)} left out" if kinds else ""


Condition = tuple[str, list[object]]


def everybody() -> Condition:
    """Return the condition that all fulfil."""
    return "true", []


def to_work_on() -> Condition:
    """Return the condition of people whom nobody has worked on lately."""
    if not (ids := verdicts.resting()):
        return everybody()
    return "user_id not in (select unnest(?))", [list(ids)]


def today() -> Condition:
    """Return the condition of people in the worklist whom nobody has worked on yet."""
    condition, parameters = to_work_on()
    return f"user_id in (select user_id from worklist) and {condition}", parameters


def worked_on() -> Condition:
    """Return the condition of people who rest: contacted, put off, or not a fit."""
    return "user_id in (select unnest(?))", [list(verdicts.resting())]


def new_this_week() -> Condition:
    """Return the condition of people who came up into their band lately."""
    came = bands_since()
    ids = list(came.loc[came["is_up"], "user_id"]) if came is not None else []
    return "user_id in (select unnest(?))", [ids]


def rising() -> Condition:
    """Return the condition of people whose score has risen."""
    return "trend in ('rising', 'peaking')", []


KINDS = {
    "all": everybody,
    "work": to_work_on,
    "today": today,
    "new": new_this_week,
    "rising": rising,
    "rests": worked_on,
}


def held_out() -> int:
    """Return how many users are held out."""
    found = data.ask_one("select count(*) as users from user_scores where is_held_out")
    return int(found["users"])


def ranks_of(matching: str, parameters: list[object]) -> np.ndarray:
    """Return the places of the users who match, best first: pages are cut from them."""
    given = tuple(map(freeze, parameters))
    return kept_ranks(st.session_state["stamp"], matching, given)


@st.cache_data(max_entries=20, show_spinner=False)
def kept_ranks(files: data.Stamp, matching: str, parameters: tuple) -> np.ndarray:
    """Return the same of one generation."""
    with data.database(files).cursor() as cursor:
        found = cursor.execute(f"select rank {matching}", list(parameters)).fetchnumpy()
    return np.sort(found["rank"])


def freeze(parameter: object) -> object:
    """Return a parameter by which an answer can be kept."""
    return tuple(parameter) if isinstance(parameter, list) else parameter


def rows_of(ranks: np.ndarray) -> pd.DataFrame:
    """Return the people of some places, with company and place by the model."""
    company, model = "cast(null as varchar)", "cast(null as integer)"
    asked, joins = "false", ""
    if data.is_published("worklist"):
        asked = "coalesce(worklist.is_hand_raise, false)"
        joins += (
            " left join (select user_id, is_hand_raise from worklist) as worklist"
            " using (user_id)"
        )
    if data.is_published("account_people"):
        company = "people.account_id"
        joins += (
            " left join (from account_people where is_current) as people"
            " using (user_id)"
        )
    if data.is_published("user_propensity"):
        model = "propensity.rank"
        joins += " left join user_propensity as propensity using (user_id)"
    return data.ask(
        f"select scores.*, {company} as company, {model} as model_rank,"
        f" {asked} as has_asked"
        f" from (select {COLUMNS}, explanation from user_scores"
        f" where rank in ({', '.join(map(str, ranks))})) as scores{joins}"
        " order by scores.rank"
    )
