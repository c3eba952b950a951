"""Experiments: users are split evenly and once, and what is read out is true.

One folder goes through the life of experiments: users are assigned, time passes,
newcomers come, everything is rebuilt; the tests look at it. `bench` does
the same with a thousand experiments.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest
from scipy.stats import binom

from conftest import Scratch, last_lines
from pointwise.core.statistics.intervals import FINAL_ALPHA, LOOK_ALPHA
from publications import publish_as_built, rewrite_record
from simulated_experiments import (
    BUILD,
    FIRST_DAY,
    LAST_DAY,
    as_of,
    assign,
    experiment,
    figures,
    let_time_pass,
    metrics_of,
    read_out,
    write_panel,
    write_users,
)
from simulated_metrics import figures_of_metrics, pass_days, spend, users_of

USERS, NEWCOMERS = 400, 57
SIMULATED = {"nothing": 120, "effect": 60, "lost": 6}
# Experiments to look at the assignment, not at the effect: a hundred users with 16 or
# more views, thirds, a tenth in every industry, and one that is only planned.
STORIES = [
    experiment("hundred", feature="views_30d", min_value=16, end_date=LAST_DAY),
    experiment("thirds", arms="control:1/3|mail:1/3|call:1/3", end_date=LAST_DAY),
    experiment("tenth", arms="control:0.9|call:0.1", stratify_by="industry"),
    experiment("later", status="planned"),
]
KINDS_THAT_SPEND = {"idle": 40, "moved": 30, "idle_team": 40, "moved_team": 30}
SPENDING = [
    experiment(
        f"{kind}_{number:04}", assign_by="account" if "team" in kind else "person"
    )
    for kind, count in KINDS_THAT_SPEND.items()
    for number in range(count)
]
SIMULATIONS = [
    experiment(f"{kind}_{number:04}")
    for kind, count in SIMULATED.items()
    for number in range(count)
]


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """A folder with experiments that were assigned, joined by newcomers and read out.

    The table `first` has the assignments as the first build made them.
    """
    scratch = Scratch(tmp_path_factory.mktemp("experiments"))
    metrics = [metric for row in SPENDING for metric in metrics_of(row)]
    assign(scratch, STORIES + SIMULATIONS + SPENDING, USERS, metrics)
    pass_days(scratch)
    spend(scratch, users_of(scratch))
    let_time_pass(scratch)
    with duckdb.connect(str(scratch.warehouse)) as connection:
        connection.execute(
            "create table first as select * from main.experiment_assignments"
        )
    write_users(scratch, USERS, USERS + NEWCOMERS, LAST_DAY, "newcomers")
    read_out(scratch, "--full-refresh")
    publish_as_built(scratch)
    return scratch


@pytest.fixture
def copy(life: Scratch, tmp_path: Path) -> Scratch:
    """A copy of that folder, to do something to."""
    shutil.copytree(life.folder, tmp_path / "copy", dirs_exist_ok=True)
    scratch = Scratch(tmp_path / "other")
    scratch.events = tmp_path / "copy" / "events"
    scratch.published = tmp_path / "copy" / "published"
    scratch.warehouse = tmp_path / "copy" / "warehouse.duckdb"
    scratch.environment = {
        name: value.replace(str(life.folder), str(tmp_path / "copy"))
        for name, value in life.environment.items()
    }
    scratch.folder = tmp_path / "copy"
    return scratch


# How many users a stratum, or the whole, has more in an arm than its share, in users.
EXCESS = """
select
    max(abs(users - share * all_users)) as most,
    sum(users) as users
from (
    select
        *, sum(users) over (partition by experiment, {by}) as all_users
    from (
        select experiment, arm, share, {by}, count(*) as users
        from {table} where experiment {which}
        group by experiment, arm, share, {by}
    )
)
"""


def excess(
    scratch: Scratch, which: str, by: str = "true", table: str = "first"
) -> float:
    """Return the largest distance of an arm from its share, in users."""
    ((most, users),) = scratch.query(EXCESS.format(which=which, by=by, table=table))
    assert users > 0
    return float(most)


def test_of_100_users_50_are_treated_with_the_same_intent(life: Scratch) -> None:
    arms = life.query(
        "select arm, count(*), avg(score) from first where experiment = 'hundred'"
        " group by arm order by arm"
    )
    assert [(arm, users) for arm, users, _ in arms] == [
        ("control", 50),
        ("treatment", 50),
    ]
    assert abs(arms[0][2] - arms[1][2]) < 0.5, "blocks hold neighbours in score"


def test_arms_differ_by_at_most_a_block_in_all_and_in_every_stratum(
    life: Scratch,
) -> None:
    """A block of two is a user each; of thirds one of three; of tenths one of ten."""
    halves = "not in ('thirds', 'tenth') and account_id is null"
    assert excess(life, halves) <= 0.5
    assert excess(life, halves, "stratum") <= 1
    assert excess(life, "= 'thirds'") < 1
    assert excess(life, "= 'thirds'", "stratum") <= 2
    assert excess(life, "= 'tenth'") == 0
    assert excess(life, "= 'tenth'", "stratum") <= 2
    ((strata,),) = life.query(
        "select count(distinct stratum) from first where experiment = 'tenth'"
    )
    assert strata == 9, "three bands in three industries"


def test_nobody_moves_whatever_is_rebuilt(life: Scratch) -> None:
    """Not even by --full-refresh, with other scores and newcomers."""
    assert life.query("from first except from main.experiment_assignments") == []
    added = life.query(
        """
        select experiment, count(*)
        from main.experiment_assignments
        where (experiment, slot_number) not in (
            select (experiment, slot_number) from first
        )
        group by experiment order by experiment
        """
    )
    # Of 57 newcomers, 12 have 16 views or more; of the first 400, nobody has any more.
    assert added == [("hundred", 12), ("thirds", 57)]


def test_newcomers_are_added_in_balance(life: Scratch) -> None:
    table = "main.experiment_assignments"
    assert excess(life, "= 'hundred'", table=table) == 0
    assert excess(life, "= 'thirds'", table=table) < 1
    assert excess(life, "= 'thirds'", "stratum", table=table) <= 2


def test_a_planned_experiment_assigns_nobody(life: Scratch) -> None:
    assert life.query("from first where experiment = 'later'") == []
    assert life.query(
        "select status, population_users, assigned_users from main.experiment_plan"
        " where experiment = 'later'"
    ) == [("planned", USERS + NEWCOMERS, 0)]


def test_the_same_user_in_two_experiments_is_independent(life: Scratch) -> None:
    """47,600 pairs of arms: as often alike as not, within 4 standard errors."""
    ((alike,),) = life.query(
        """
        select avg(cast(this.arm = next.arm as integer))
        from first as this inner join first as next
            on this.user_id = next.user_id
            and this.experiment like 'nothing_%'
            and next.experiment like 'nothing_%'
            and cast(next.experiment[-4:] as integer)
            = cast(this.experiment[-4:] as integer) + 1
        """
    )
    assert abs(alike - 0.5) < 0.0092


def within(found: int, of: int, rate: float) -> bool:
    """Whether this count is within the 99.9 % bounds of a rate."""
    return binom.ppf(0.0005, of, rate) <= found <= binom.ppf(0.9995, of, rate)


def test_the_readout_keeps_its_promises(life: Scratch) -> None:
    """As many false alarms, or intervals that miss, as meant; few on daily looks."""
    shown = figures(life)
    for method in ("difference", "stratified", "cuped", "stratified cuped"):
        alarms = FINAL_ALPHA if method == "stratified cuped" else 0.05
        assert within(*shown[f"false alarms: {method}"], alarms), shown
        assert within(*shown[f"effect covered: {method}"], 1 - alarms), shown
    found, of = shown["false alarms: every day, always valid"]
    assert found <= binom.ppf(0.9995, of, LOOK_ALPHA), shown
    assert not within(*shown["false alarms: every day, one look"], 0.05), shown
    caught, of = shown["loss of a tenth caught"]
    assert caught == of == SIMULATED["lost"]


def test_the_readout_of_metrics_keeps_its_promises(life: Scratch) -> None:
    """Counts, amounts with large values as they are and cut, ratios, companies."""
    shown = figures_of_metrics(life, users_of(life))
    assert len(shown) == 16 + 20 + 1, shown
    for question, (found, of, rate) in shown.items():
        if question.startswith("said falsely"):
            assert found <= binom.ppf(0.9995, of, rate), shown
        else:
            assert within(found, of, rate), (question, shown)


def test_a_company_has_one_arm_and_the_split_is_of_companies(life: Scratch) -> None:
    """Of 80 companies 40 are in each arm, whoever of them came first."""
    found = life.query(
        """
        select
            max(arms), min(units), max(units), max(abs(units - 2 * treated)),
            bool_and(companies = units)
        from (
            select
                experiment,
                count(distinct unit_number) as units,
                count(distinct account_id) as companies,
                count(distinct unit_number) filter (arm = 'treatment') as treated
            from main.experiment_assignments where experiment like '%_team_%'
            group by experiment
        ) inner join (
            select experiment, max(arms) as arms from (
                select experiment, account_id, count(distinct arm) as arms
                from main.experiment_assignments where experiment like '%_team_%'
                group by all
            ) group by experiment
        ) using (experiment)
        """
    )
    ((arms, fewest, most, apart, is_whole),) = found
    assert (arms, is_whole) == (1, True)
    assert fewest == most > 70
    assert apart <= 1
    assert life.query(
        "select distinct arm_value + control_value from main.experiment_balance"
        " where check_name = '(assigned companies)'"
    ) == [(most,)]
    ((outcomes,),) = life.query(
        "select count(*) from main.experiment_results where experiment like '%_team_%'"
    )
    assert outcomes == 0, "read as a metric, whose interval knows about companies"


def test_arms_that_users_were_assigned_to_stay(copy: Scratch) -> None:
    rows = [{**row} for row in STORIES]
    rows[0]["arms"] = "control:0.5|nobody:0.5"
    rows[1]["arms"] = "control:1/2|mail:1/4|call:1/4"
    write_panel(copy.folder / "panel", rows)
    result = copy.dbt("build", *as_of(LAST_DAY))
    assert result.returncode != 0
    assert (
        "experiments.csv row 2: arms: 'control:0.5|nobody:0.5' is not what 112 users"
        " were assigned to (allowed: control:0.5, treatment:0.5; or another"
        " name for another experiment)"
    ) in result.stdout
    assert "experiments.csv row 3: arms: 'control:1/2|" in result.stdout
    assert "row 4" not in result.stdout
    assert copy.query("from first except from main.experiment_assignments") == []


def test_terms_that_users_were_assigned_under_stay(copy: Scratch) -> None:
    """Outcome, horizon, end and tuning: who chooses them later finds something."""
    rows = [{**row} for row in STORIES]
    rows[0] |= {"outcome_event_type": "page_view", "end_date": "2026-12-31"}
    rows[1] |= {"horizon_days": 5, "description": "May change"}
    write_panel(copy.folder / "panel", rows)
    result = copy.dbt("build", *as_of(LAST_DAY))
    assert result.returncode != 0
    for mistake in (
        "experiments.csv row 2: outcome_event_type: outcome_event_type is page_view,"
        " and was outcome_hundred when 112 users were assigned (allowed:"
        " outcome_hundred; or another name for another experiment)",
        "experiments.csv row 2: end_date: end_date is 2026-12-31, and was 2026-03-05",
        "experiments.csv row 3: horizon_days: horizon_days is 5, and was 3 when",
        "has 3 mistakes",
    ):
        assert mistake in result.stdout, result.stdout
    write_panel(copy.folder / "panel", STORIES)
    variables = {"as_of_date": LAST_DAY, "experiment_tuning_users": 50}
    result = copy.dbt("build", "--vars", json.dumps(variables))
    assert "experiment_tuning_users is 50, and was 1000 when" in result.stdout


def test_the_control_that_users_were_assigned_with_stays(copy: Scratch) -> None:
    """Also where the warehouse is gone, and only the record is left."""
    rows = [{**row} for row in STORIES]
    rows[0]["arms"] = "treatment:0.5|control:0.5"
    rows[1]["arms"] = "control:1/3|call:1/3|mail:1/3"
    write_panel(copy.folder / "panel", rows)
    for _ in range(2):
        result = copy.dbt("build", *as_of(LAST_DAY))
        assert result.returncode != 0
        assert (
            "experiments.csv row 2: arms: 'treatment:0.5|control:0.5' makes treatment"
            " the control, which is control for 112 users (allowed: control first; or"
            " another name for another experiment)"
        ) in result.stdout
        assert "has 1 mistake." in result.stdout, "the order of other arms is free"
        copy.warehouse.unlink(missing_ok=True)


def test_a_record_of_old_does_not_tell_the_control(copy: Scratch) -> None:
    rewrite_record(copy, "assignments", "select * exclude (is_control) from recorded")
    write_panel(copy.folder / "panel", STORIES)
    copy.build("--select", "+experiment_assignments", *BUILD[2:], *as_of(LAST_DAY))
    assert copy.query(
        "select is_control, count(*) from main.experiment_assignments"
        " where experiment = 'hundred' group by all"
    ) == [(None, 112)]


def test_the_record_comes_back_where_the_warehouse_is_gone(copy: Scratch) -> None:
    before = copy.table("main.experiment_assignments")
    copy.warehouse.unlink()
    write_panel(copy.folder / "panel", STORIES)
    copy.build("--select", "+experiment_assignments", *BUILD[2:], *as_of(LAST_DAY))
    assert copy.table("main.experiment_assignments") == before


def test_who_was_not_published_was_not_assigned(copy: Scratch) -> None:
    """A mistaken band, built in part and not published: nothing of it stays."""
    panel = copy.folder / "panel"
    everybody = experiment("later", start_date=FIRST_DAY, end_date=LAST_DAY)
    few = {**everybody, "feature": "views_30d", "min_value": 16}
    select = ("--select", "+experiment_assignments", *BUILD[2:], *as_of(LAST_DAY))
    assigned = "select count(*) from main.experiment_assignments where experiment = "
    for row, users in ((everybody, USERS + NEWCOMERS), (few, 12)):
        write_panel(panel, [*STORIES[:3], row])
        copy.build(*select)
        assert copy.query(f"{assigned}'later'") == [(users,)]
    assert copy.query("from first except from main.experiment_assignments") == []


def test_a_running_experiment_without_users_is_an_error(copy: Scratch) -> None:
    dates = {"start_date": LAST_DAY, "end_date": LAST_DAY}
    usual = {"outcome_event_type": "subscription_started", **dates}
    empty = [
        experiment(
            "few", feature="views_30d", min_value=900, bands="high|low", **usual
        ),
        experiment("none", feature="industry", equals="Mining", **dates),
        experiment("over", feature="views_30d", min_value=900),
    ]
    write_panel(copy.folder / "panel", [*STORIES, *empty])
    test = "running_experiments_have_users"
    result = copy.dbt("build", "--select", f"+{test}", *as_of(LAST_DAY))
    assert (
        f"experiment few has, as of {LAST_DAY}, nobody to assign: wanted are users in"
        " band high or low, with views_30d from 900, without subscription_started so"
        f" far; experiment none has, as of {LAST_DAY}, nobody to assign: wanted are"
        " users with industry = Mining. Ask for less in experiments.csv, or set"
        " status to planned."
    ) in result.stdout, last_lines(result)
    publish_as_built(copy)
    for step in ("plan", "read"):
        read = copy.pointwise("experiment", step, "few")
        assert "nobody to assign: wanted are users in band high or low" in " ".join(
            (read.stdout + read.stderr).split()
        )
        assert "sk for less in its line of experiments.csv" in read.stdout + read.stderr


def test_bands_are_listed_from_the_highest_down(copy: Scratch) -> None:
    result = copy.dbt("run", "--select", "experiment", *as_of(LAST_DAY))
    assert result.returncode == 0, last_lines(result)
    listed = copy.query("select section, item from main.experiment('effect_0000')")
    assert [item for section, item in listed if section == "effect by band"] == [
        "high",
        "medium",
        "low",
    ]
    assert list(dict.fromkeys(section for section, _ in listed)) == [
        *("plan", "arms", "checks", "effect", "effect by band")
    ]
    listed = copy.query("select section, item from main.experiment('moved_0000')")
    metrics = [item for section, item in listed if section == "metrics"]
    assert metrics[:3] == [
        *("orders, cuped", "spend, winsorised cuped", "spend_an_order, cuped")
    ]


def test_the_script_reads_the_effect_and_says_when_not_to(copy: Scratch) -> None:
    effect = copy.pointwise("experiment", "read", "effect_0000")
    assert effect.returncode == 0, last_lines(effect)
    assert re.match(r"effect_0000, \w+ against control: ", effect.stdout)
    for part in (
        "(analysed share)",
        "variance saved",
        "Verdict: ",
        "Fixed when the first users were assigned: outcome_effect_0000 within 3 days",
        "medium",
        "(final)",
    ):
        assert part in effect.stdout, effect.stdout
    assert re.findall("^(high|medium|low) ", effect.stdout, re.M) == [
        "high",
        "medium",
        "low",
    ]
    moved = copy.pointwise("experiment", "read", "moved_0000")
    for part in (
        "Metrics: primary spend: amount of outcome_moved_0000 cut at 0.99; secondary",
        "Verdict: exploratory: ",
        "treatment: metrics, per user",
        "spend, cut at ",
        "spend (primary): ",
        "bought (exploratory): not judged.",
        "ratio of the two means",
    ):
        assert part in " ".join(moved.stdout.split()), moved.stdout
    assert " against control in spend: " in moved.stdout[:80]
    lost = copy.pointwise("experiment", "read", "lost_0000")
    assert "Verdict: stopped: an arm lost more users" in lost.stdout
    assert "unknown" in lost.stdout
    early = copy.pointwise("experiment", "read", "hundred")
    assert re.match("hundred[,:] ", early.stdout)
    assert "Verdict: " in early.stdout
    unknown = copy.pointwise("experiment", "assign", "nothing")
    assert "no experiment 'nothing' in " in unknown.stderr, "said before a build"
    plan = copy.pointwise("experiment", "plan", "tenth")
    assert plan.returncode == 0, last_lines(plan)
