"""As of which day the rows of a list are scored, and what their outcome is."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lead_lists
from test_import_leads import Home

WON = "Gewonnen am"


def german(number: int) -> pd.DataFrame:
    """Return a list whose dates have no name that is known."""
    rows = lead_lists.with_dates(number, seed=21, leaks=False)
    rows = rows.drop(columns=["First Form Date", "Last Activity Date"])
    names = {"Create Date": "Angelegt am", "Became a Customer Date": WON}
    return rows.rename(columns=names)


def test_rows_never_hold_from_the_date_of_the_outcome(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = german(600)
    home = Home(tmp_path, rows, "--outcome", WON)
    output = capsys.readouterr().out
    assert "are taken to hold from Angelegt am on" in output
    assert "Refused" not in output
    assert {day for (day,) in home.profiles("valid_from")} == {
        *pd.to_datetime(rows["Angelegt am"]).dt.to_pydatetime()
    }


def test_a_list_with_other_dates_asks_which_is_the_rows_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = german(100)
    rows["Gesehen am"] = rows["Angelegt am"]
    with pytest.raises(SystemExit):
        Home(tmp_path, rows, "--outcome", WON)
    error = capsys.readouterr().err
    assert "--map occurred_at=COLUMN" in error
    assert "Angelegt am, Gesehen am" in error
    home = Home(tmp_path, rows, "--outcome", WON, "--map", "occurred_at=Angelegt am")
    assert home.profiles("count(distinct valid_from) > 1") == [(True,)]


def test_a_list_with_the_date_of_the_outcome_only_is_one_without_dates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = german(600).drop(columns="Angelegt am")
    home = Home(tmp_path, rows, "--outcome", WON)
    assert "No column has a day for each row" in capsys.readouterr().out
    of = home.events("user_id, event_type")
    assert {user for user, name in of if name == "Listed"} == {
        *rows["Record ID"].astype(str)
    }
    had = {*rows["Record ID"][rows[WON] != ""].astype(str)}
    assert {user for user, name in of if name != "Listed"} == had


@pytest.mark.parametrize("asked", [(), ("--outcome", "label")])
def test_snapshots_of_the_same_days_are_judged_on_these_days(
    tmp_path: Path, asked: tuple[str, ...]
) -> None:
    rows = lead_lists.snapshots(900, seed=8, leaks=False)
    days = [date(2026, month, 1) for month in range(1, 7)]
    rows["customer_id"] = [f"c{n % 150}" for n in range(900)]
    rows["as_of_date"] = [days[n // 150] for n in range(900)]
    home = Home(tmp_path, rows, *asked)
    assert home.settings["snapshot_dates"] == [str(day) for day in days]
    assert home.settings["look_back_days"] == 1
    # The data reaches the end of the last horizon, by those of the last day.
    of = home.events("event_type, occurred_at::date")
    listed = Counter(day for name, day in of if name == "Listed")
    assert listed == dict.fromkeys([*days, date(2026, 6, 15)], 150)


def test_an_outcome_asked_for_may_have_cells_that_say_neither(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ["yes", "no", "no", "0", "maybe", "", "Y", "no", "1", "n/a"]
    rows = lead_lists.snapshots(300, seed=3, leaks=False).astype(object)
    rows["label"] = [said[n % 10] for n in range(300)]
    home = Home(tmp_path, rows, "--outcome", "label")
    output = capsys.readouterr().out
    assert "30 rows: unreadable when imported" in output
    assert "Label, occurred_at=maybe" in output
    of = home.events("event_type, unparsed is null")
    assert of.count(("Label", True)) == 90
    assert of.count(("Label", False)) == 30
    assert of.count(("Listed", True)) == 210  # Whose label says yes or no.


def test_an_outcome_that_never_says_yes_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = lead_lists.snapshots(60, seed=3, leaks=False).astype(object)
    rows["label"] = np.where(rows["label"] == 1, "hot", "cold")
    with pytest.raises(SystemExit):
        Home(tmp_path, rows, "--outcome", "label")
    error = capsys.readouterr().err
    assert re.search("'label' .* such as '(hot|cold)'.*--outcome 'label=VALUE'", error)


def test_what_is_the_same_fact_twice_counts_once(tmp_path: Path) -> None:
    """All that a lead did before the outcome is that it was created."""
    home = Home(tmp_path, german(1500), "--outcome", WON)
    used = {row["feature"] for row in home.panel("scoring_rules")}
    assert any(name.startswith("angelegt_am_") for name in used)
    assert not any(name.startswith("activity_") for name in used)


def test_a_list_that_tells_nothing_of_the_outcome_is_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = pd.DataFrame({"id": range(1, 301), "created": "2026-01-01"})
    rows["created"] = [f"2026-0{1 + n % 5}-{1 + n % 28:02}" for n in range(300)]
    rows["source"] = ["ab"[n // 3 % 2] for n in range(300)]
    rows["converted"] = [("yes", "no", "no")[n % 3] for n in range(300)]
    Home(tmp_path, rows)
    assert "Wrote a control panel" in capsys.readouterr().out


def test_an_outcome_before_the_rows_own_date_is_counted_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = german(300)
    early = rows.index[rows[WON] != ""][:2]
    rows.loc[early, WON] = "2020-01-01 09:30"
    same = rows.index[rows[WON] != ""][2]
    rows.loc[same, WON] = rows.loc[same, "Angelegt am"][:10]  # Without a time of day.
    Home(tmp_path, rows, "--outcome", WON)
    output = " ".join(capsys.readouterr().out.split())
    ids = ", ".join(rows.loc[early, "Record ID"].astype(str))
    assert f"2 people have Gewonnen am on a day before Angelegt am: {ids}." in output
    assert "already" in output.split(ids)[1][:200]


def test_an_id_of_zeros_is_named_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = lead_lists.snapshots(60, seed=3, leaks=False)
    rows["customer_id"] = [f"{n:05}" for n in range(60)]
    Home(tmp_path, rows)
    output = " ".join(capsys.readouterr().out.split())
    assert "00000, Listed" in output
    assert "nothing but zeros" in output
    assert "another id" in output


def test_dates_written_another_way_are_named_with_what_reads_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = german(200).assign(Converted=lambda of: (of[WON] != "").astype(int))
    for column in (WON, "Angelegt am"):
        rows[column] = [
            f"{day[8:10]}.{day[5:7]}.{day[2:4]}" if day else "" for day in rows[column]
        ]
    Home(tmp_path, rows)
    output = " ".join(capsys.readouterr().out.split())
    hint = "--time-format '%d.%m.%y'"
    assert f"dates that are not read; {hint} reads them: Angelegt am, {WON}." in output
    with pytest.raises(SystemExit):
        Home(tmp_path, rows, "--map", "occurred_at=Angelegt am")
    assert "'Angelegt am' are written like" in capsys.readouterr().err
    how = ("--time-format", "%d.%m.%y", "--map", "occurred_at=Angelegt am")
    home = Home(tmp_path, rows, *how, "--outcome", WON)
    assert f"The outcome is {WON}. Columns without" in capsys.readouterr().out
    assert {day.year for (day,) in home.profiles("valid_from")} <= {2025, 2026}


def test_columns_may_say_what_they_are_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As Pipedrive names them, with a row number in front as pandas writes it."""
    rows = lead_lists.with_dates(200, seed=3, leaks=False)
    own = {
        "Record ID": "ID",
        "Create Date": "Created (UTC)",
        "Became a Customer Date": "Won time",
    }
    rows = rows.rename(columns=lambda name: f"Deal - {own.get(name, name)}")
    rows.insert(0, "Unnamed: 0", range(200))
    rows["Demo - Date"] = rows["Deal - Created (UTC)"]
    rows["Associated Company IDs"] = [str(number % 7) for number in range(200)]
    home = Home(tmp_path, rows)
    assert "The outcome is Deal - Won time. Columns" in capsys.readouterr().out
    names = {name for (name,) in home.events("event_type")}
    assert {"Created", "Won", "Demo"} <= names
    known = {*home.settings["user_attributes"]}
    assert not {"unnamed_0", "associated_company_ids"} & known


def test_answers_of_an_api_have_the_names_inside(tmp_path: Path) -> None:
    """As HubSpot's of contacts: everything but the id is below `properties`."""
    rows = lead_lists.with_dates(200, seed=3, leaks=False)
    rows = rows.rename(columns=lambda name: f"properties.{name}")
    rows = rows.rename(columns={"properties.Record ID": "id"})
    home = Home(tmp_path, rows)
    names = {name for (name,) in home.events("event_type")}
    assert names == {"Created", "Became a customer", "First form"}
    assert "lead_source" in home.settings["user_attributes"]


def test_people_listed_again_are_as_of_the_only_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As of a date of any name; a box that is checked is a yes, of Airtable's."""
    random = np.random.default_rng(5)
    rows = pd.DataFrame(
        {
            "(Do Not Modify) Lead": [f"a{n % 60}" for n in range(240)],
            "Stichtag": [f"2026-0{1 + n // 60}-01" for n in range(240)],
            "Seats": random.integers(1, 50, 240),
            "Won?": np.where(random.random(240) < 0.3, "checked", ""),
        }
    )
    home = Home(tmp_path, rows)
    output = " ".join(capsys.readouterr().out.split())
    assert "each row is scored as of its Stichtag" in output
    assert home.profiles("count(distinct valid_from)") == [(4,)]
    assert home.events("count(*) filter (event_type = 'Won')") == [
        (int((rows["Won?"] == "checked").sum()),)
    ]


@pytest.mark.parametrize("company", ["Company ID", "Associated Company IDs"])
def test_a_company_is_kept_also_where_a_list_says_nothing_else(
    tmp_path: Path, company: str
) -> None:
    rows = lead_lists.with_dates(60, seed=3, leaks=False)
    rows = rows[["Record ID", "Create Date", "Became a Customer Date"]]
    home = Home(tmp_path, rows.assign(**{company: [70 + n % 9 for n in range(60)]}))
    found = home.profiles("user_id, account_id, valid_from is not null")
    ids = rows["Record ID"].astype(str)
    assert found == sorted((one, str(70 + n % 9), True) for n, one in enumerate(ids))
