"""Lists of leads become events and profiles; leaking columns are refused by name."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml

import lead_lists
from conftest import CORE, Scratch, clean_environment, last_lines
from pointwise.cli import main
from pointwise.core.home import HOME
from pointwise.importing.learned import quality

LEAKING = {"tags", "lead_quality", "last_activity", "onboarding_team"}
HONEST = {
    *("lead_source", "lead_origin", "occupation", "total_visits", "city", "country"),
    *("total_time_spent_on_website", "number_of_employees", "do_not_email"),
}


class Home:
    """A folder that a list was imported into."""

    def __init__(self, folder: Path, rows: pd.DataFrame, *arguments: str) -> None:
        self.folder = folder / "home"
        rows.to_csv(folder / "leads.csv", index=False)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(HOME, "")
            main(
                [
                    *("import", str(folder / "leads.csv"), "--home", str(self.folder)),
                    *arguments,
                ]
            )
        text = (self.folder / "settings.yml").read_text()
        self.settings = yaml.safe_load(text)

    def events(self, columns: str) -> list[tuple]:
        """Return columns of all events, in their order."""
        files = f"{self.folder}/events/*.parquet"
        return duckdb.sql(f"select {columns} from '{files}' order by all").fetchall()

    def profiles(self, columns: str) -> list[tuple]:
        """Return columns of all profiles, in their order."""
        files = f"{self.folder}/users*.parquet"
        return duckdb.sql(f"select {columns} from '{files}' order by all").fetchall()

    def panel(self, name: str) -> list[dict[str, str]]:
        """Return the rows of a file of the panel."""
        with (self.folder / "panel" / f"{name}.csv").open(newline="") as lines:
            return list(csv.DictReader(lines))


def refused_and_honest(home: Home, output: str) -> None:
    """Check that leaking columns are refused by their names, and no honest one is."""
    refused = output.split("Refused: ")[1].split("--keep")[0]
    assert {*home.settings["user_attributes"]} == HONEST
    for name in ("Tags", "Lead Quality", "Last Activity", "Onboarding Team"):
        assert f"  {name}: " in refused
    assert {row["feature"] for row in home.panel("features")}.isdisjoint(LEAKING)


def test_dates_become_events_and_the_rest_holds_from_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = lead_lists.with_dates(2000, seed=2)
    home = Home(tmp_path, rows)
    output = capsys.readouterr().out
    refused_and_honest(home, output)
    assert "Lifecycle Stage: all with 'Customer' had the outcome" in output
    assert "overwritten by what comes later: Last Activity Date" in output
    customers = (rows["Became a Customer Date"] != "").sum()
    forms = (rows["First Form Date"] != "").sum()
    found = dict(
        home.events("distinct event_type, count(*) over (partition by 1, event_type)")
    )
    assert found == {
        "Created": 2000,
        "Became a customer": customers,
        "First form": forms,
    }
    assert home.settings["outcome_event_type"] == "became_a_customer"
    first = rows.iloc[0]
    assert home.profiles(
        "user_id, valid_from::date::text, total_visits::int, lead_source"
    )[0] == (
        str(first["Record ID"]),
        first["Create Date"][:10],
        first["TotalVisits"],
        first["Lead Source"],
    )
    measures = {row["feature"]: row["measure"] for row in home.panel("features")}
    assert measures["total_time_spent_on_website"] == "number"
    assert measures["occupation"] == "attribute"
    minutes = [
        float(row["min_value"])
        for row in home.panel("scoring_rules")
        if row["feature"] == "total_time_spent_on_website"
    ]
    assert minutes == sorted(minutes)
    assert re.search(r"Of [0-9,]+ later ones they put \d+ % of pairs", output)


def test_rows_of_a_snapshot_count_as_of_their_own_date_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = lead_lists.snapshots(3000, seed=3)
    rows["label"] = rows["label"].astype(object)
    rows.loc[rows.index[-100:], "label"] = ""
    home = Home(tmp_path, rows, "--outcome", "label")
    refused_and_honest(home, capsys.readouterr().out)
    of = home.events("user_id, event_type, occurred_at::date")
    listed = {user: day for user, name, day in of if name == "Listed"}
    had = {user: day for user, name, day in of if name == "Label"}
    known = rows[rows["label"] != ""]
    assert listed == dict(zip(known["customer_id"], known["as_of_date"], strict=True))
    assert {*had} == {*known["customer_id"][known["label"] == 1]}
    assert all(day == listed[user] + timedelta(days=14) for user, day in had.items())
    assert home.settings["look_back_days"] == 14
    assert home.settings["snapshot_count"] == 13
    assert not any(row["event_type"] for row in home.panel("features"))
    assert home.profiles("count(*)") == [(3000,)]  # Those without a label are scored.


@pytest.fixture(scope="module")
def undated(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Home, Scratch, pd.DataFrame]:
    """Return a list without dates, imported and built by its folder's name."""
    scratch = Scratch(tmp_path_factory.mktemp("undated"))
    scratch.environment = clean_environment()
    rows = lead_lists.without_dates(3000, seed=1)
    home = Home(scratch.folder, rows, "--set", "occurred_at=2026-06-30")
    scratch.environment[HOME] = str(home.folder)
    scratch.warehouse = home.folder / "pointwise.duckdb"
    scratch.published = home.folder / "published"
    built = scratch.run(
        *("dbt", "--log-level-file=none", "--no-use-colors", "build", *CORE),
        f"--target-path={scratch.folder / 'target'}",
    )
    assert built.returncode == 0, last_lines(built)
    return home, scratch, rows


def test_without_dates_a_third_is_held_out(undated: tuple) -> None:
    home, scratch, rows = undated
    files = f"{home.folder}/events/*.parquet"
    days = dict(
        duckdb.sql(
            f"select user_id, min(occurred_at)::date from '{files}' group by 1"
        ).fetchall()
    )
    assert {*days.values()} == {date(2026, 5, 11), date(2026, 5, 25), date(2026, 6, 8)}
    asked = scratch.query("select user_id, is_converted from main.training_examples")
    assert {user for user, _ in asked} == {u for u, d in days.items() if d.month == 6}
    had = dict(zip(rows["Prospect ID"], rows["Converted"] == 1, strict=True))
    assert all(had[user] == label for user, label in asked)
    assert 0.3 < len(asked) / len(rows) < 0.37


def test_everyone_is_scored_by_numbers_and_texts_as_they_are(undated: tuple) -> None:
    _, scratch, rows = undated
    built = scratch.query(
        "select user_id, total_time_spent_on_website, occupation, is_customer, city"
        " from main.user_features inner join main.user_scores using (user_id)"
        " where user_features.as_of_date = date '2026-06-30' order by user_id"
    )
    wanted = rows.sort_values("Prospect ID")
    assert [row[0] for row in built] == [*wanted["Prospect ID"]]
    assert [row[1] for row in built] == [*wanted["Total Time Spent on Website"]]
    assert [row[2] or "" for row in built] == [*wanted["Occupation"]]
    assert [row[3] for row in built] == [*(wanted["Converted"] == 1)]
    assert "Select" not in {row[4] for row in built}


def test_points_add_up_and_rank_those_held_out(undated: tuple) -> None:
    _, scratch, _ = undated
    assert scratch.query(
        "select count(*) from main.user_scores inner join (select user_id,"
        " sum(points) as points from main.score_contributions where as_of_date ="
        " date '2026-06-30' group by user_id) using (user_id) where score <> points"
    ) == [(0,)]
    examples = scratch.query(
        "select score, is_converted::int from main.training_examples"
    )
    score, label = (np.array(column, float) for column in zip(*examples, strict=True))
    assert quality(score, label) > 0.72


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        ({"Prospect ID": "Email"}, (), "without a column for ids .*--hash-user-ids"),
        ({"Converted": "Stage"}, (), "name the outcome: --outcome COLUMN"),
        ({}, ("--set", "occurred_at=June"), "'June' is no date such as"),
        ({}, ("--outcome", "Sale"), "name the outcome: --outcome"),
    ],
)
def test_what_a_list_lacks_is_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    rows = lead_lists.without_dates(60, seed=4).drop(columns="Lead Number")
    with pytest.raises(SystemExit):
        Home(tmp_path, rows.rename(columns=change), *arguments)
    assert re.search(message, capsys.readouterr().err)


def test_dates_that_may_be_read_in_two_ways_are_asked_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = lead_lists.with_dates(60, seed=4)
    rows["Create Date"] = [f"{d[8:10]}/{d[5:7]}/{d[:4]}" for d in rows["Create Date"]]
    with pytest.raises(SystemExit):
        Home(tmp_path, rows)
    error = capsys.readouterr().err
    assert "'Create Date'" in error
    assert "--time-format '%d/%m/%Y'" in error


def test_an_outcome_may_be_a_value_and_a_column_be_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = lead_lists.without_dates(1500, seed=5)
    had = rows.pop("Converted") == 1
    rows["Stage"] = np.where(had, "Closed won", "Open")
    revenue = np.random.default_rng(0).lognormal(9, 1, len(rows))
    rows["Annual Revenue"] = [f"${amount:,.0f}" for amount in revenue]
    home = Home(tmp_path, rows, "--outcome", "stage=closed won", "--keep", "Tags")
    refused = capsys.readouterr().out.split("Refused: ")[1]
    assert "Tags" not in refused.split("--keep")[0]
    assert "tags" in home.settings["user_attributes"]
    assert home.settings["outcome_event_type"] == "stage_closed_won"
    assert home.profiles("max(annual_revenue::int)") == [(round(max(revenue)),)]


def test_who_converted_without_a_date_counts_a_horizon_later(tmp_path: Path) -> None:
    rows = lead_lists.with_dates(200, seed=6, leaks=False)
    rows["Converted"] = np.where(rows["Became a Customer Date"] != "", "true", "false")
    lost = rows["Became a Customer Date"] != ""
    lost &= np.arange(200) % 2 == 0
    created = dict(zip(rows["Record ID"].astype(str), rows["Create Date"], strict=True))
    rows.loc[lost, "Became a Customer Date"] = ""
    home = Home(tmp_path, rows)
    found = dict(
        row[1:]
        for row in home.events("event_type, user_id, occurred_at::date")
        if row[0] == "Became a customer"
    )
    assert {*rows["Record ID"][rows["Converted"] == "true"].astype(str)} == {*found}
    for user in rows["Record ID"][lost].astype(str):
        day = date.fromisoformat(created[user][:10]) + timedelta(days=14)
        assert found[user] == day
    assert "converted" not in home.settings["user_attributes"]


def test_no_outcome_is_later_than_the_file(tmp_path: Path) -> None:
    """Who converted a day after the row's date is a customer today already."""
    rows = lead_lists.snapshots(300, seed=7, leaks=False)
    home = Home(tmp_path, rows, "--set", "occurred_at=2026-07-02")
    had = [
        day
        for name, day in home.events("event_type, occurred_at::date")
        if name != "Listed"
    ]
    assert len(had) == rows["label"].sum()
    assert max(had) == date(2026, 7, 2)


def test_a_table_as_of_one_day_is_one_without_dates(tmp_path: Path) -> None:
    rows = lead_lists.snapshots(600, seed=8, leaks=False)
    rows["as_of_date"] = "2026-06-30"
    home = Home(tmp_path, rows)
    assert home.settings["snapshot_count"] == 1
    assert home.events("max(occurred_at)::date") == [(date(2026, 6, 30),)]
    assert (
        "valid_from" not in duckdb.sql(f"from '{home.folder}/users*.parquet'").columns
    )


def test_cells_that_cannot_be_read_are_set_aside_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = lead_lists.snapshots(500, seed=3, leaks=False).astype(object)
    rows.loc[3, "as_of_date"], rows.loc[4, "as_of_date"] = "soon", ""
    rows.loc[9, "label"] = "maybe"
    Home(tmp_path, rows)
    output = capsys.readouterr().out
    for example in (
        *("00004, Listed, occurred_at=soon", "occurred_at=without as_of_date"),
        "00010, Label, occurred_at=maybe",
    ):
        assert example in output


@pytest.mark.parametrize("shape", ["with_dates", "without_dates", "snapshots"])
def test_a_newer_export_of_a_list_takes_the_place_of_the_earlier(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shape: str
) -> None:
    """More rows and other values; the list of another team stays beside both."""
    rows = getattr(lead_lists, shape)(300, seed=9)
    earlier = Home(tmp_path, rows[:200])
    assert "A newer export" not in capsys.readouterr().out
    landed = {*(earlier.folder / "events").glob("*.parquet")}
    newer = Home(tmp_path, rows)
    said = capsys.readouterr().out
    wanted = r"A newer export of the same list: .* of which (\d+) of (\d+)"
    found = re.search(wanted, said)
    assert found.group(1) == found.group(2)
    assert not landed & {*(newer.folder / "events").glob("*.parquet")}
    people = rows[rows.columns[0]].nunique()
    assert newer.events("count(distinct user_id)") == [(people,)]
    assert len([*newer.folder.glob("users*.parquet")]) == 1
    others = "x" + rows[rows.columns[0]].astype(str)
    both = Home(tmp_path, rows.assign(**{rows.columns[0]: others}))
    assert "A newer export" not in capsys.readouterr().out
    assert both.events("count(distinct user_id)") == [(2 * people,)]


@pytest.mark.parametrize("shape", ["with_dates", "without_dates", "snapshots"])
def test_what_a_newer_export_of_a_list_has_not_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shape: str
) -> None:
    """People are counted, not their events; the earlier file brings them back."""
    rows = getattr(lead_lists, shape)(300, seed=9)
    ids = rows.columns[0]
    everybody = rows[ids].unique()
    kept = rows[rows[ids].isin(everybody[: len(everybody) * 3 // 4])]
    Home(tmp_path, rows)
    assert "WARNING: the newer" not in capsys.readouterr().out
    Home(tmp_path, kept)
    output = capsys.readouterr().out
    gone = len(everybody) - kept[ids].nunique()
    people = len(everybody)
    assert f"WARNING: the newer export has not: {gone} people" in output.replace(
        "'", ""
    )
    assert "They are no longer scored or learned from." in output
    if shape != "snapshots":
        assert f"of which {people - gone} of {people} people are in it." in output
    back = Home(tmp_path, rows)
    assert "WARNING: the newer" not in capsys.readouterr().out
    assert back.events("count(distinct user_id)") == [(people,)]
