# ruff: noqa: DTZ001 -- times in the sources are UTC and have no zone
"""Machines are caught, people are not, by each rule of the default panel by itself.

A planted world: ordinary people, and machines and scanners of every kind, each id named
for what it is: `crawler_3`, `person_17`. What a scanner does for a person is marked
by the event's id. Then the same world under other rules, and with files that come late.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from conftest import CORE, KEPT, PROJECT, Scratch, last_lines
from oracle import Row
from world_files import LAST_DAY, PRIVATE, set_modified, write_raw

DAYS = 30
LAST = datetime.combine(LAST_DAY, datetime.min.time())
AFTER = datetime(2026, 3, 2, 12)
BROWSER = f"Mozilla/5.0 (X11; Linux x86_64; {PRIVATE}) Gecko/20100101 Firefox/140.0"
CRAWLERS = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2)",
    "Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0",
]
LIBRARIES = ["curl/8.5.0", "python-requests/2.32.3", "Go-http-client/2.0"]
# Which rule of the default panel should catch which truth.
CAUGHT_BY = {
    "crawler": "known_crawler",
    "library": "http_library",
    "burst": "too_many_a_minute",
    "flood": "too_many_a_day",
    "restless": "no_sleep",
    "opener": "mail_scanner_at_once",
    "clicker": "mail_scanner_all_links",
}


def an_event(truth: str, user: str, at: datetime, kind: str, **more: object) -> Row:
    """An event with its truth in its id, by a browser unless it says otherwise."""
    name = f"{truth}|{user}|{at.isoformat()}|{kind}|{more.get('page_path')}"
    row = {
        **{"event_id": name, "user_id": user, "occurred_at": at, "event_type": kind},
        **{"received_at": at + timedelta(seconds=2), "user_agent": BROWSER},
    }
    return {**row, **more}


def people(dice: random.Random, count: int) -> list[Row]:
    """People with visits by day, sleep at night, and mail that they open in time."""
    rows = []
    for number in range(count):
        user = f"person_{number}"
        for age in sorted(dice.sample(range(DAYS), dice.randrange(2, 20))):
            day = LAST - timedelta(days=age)
            # A long day of work at the keyboard for some: over twelve hours on end.
            visits = dice.choice([1, 1, 2, 3, 15])
            begin = 7 * 3600 + dice.randrange(3 * 3600)
            for visit in range(visits):
                at = day + timedelta(seconds=begin + visit * 3000 + dice.randrange(900))
                for _ in range(dice.randrange(1, 25)):
                    at += timedelta(seconds=dice.randrange(2, 90))
                    rows.append(
                        an_event("person", user, at, "page_view", page_path="/")
                    )
            rows += mail(dice, user, day + timedelta(hours=9), "person")
    return rows


def mail(dice: random.Random, user: str, at: datetime, truth: str) -> list[Row]:
    """A mail, and what is opened and followed of it: in time, or by a scanner."""
    rows = [an_event("person", user, at, "email_sent", user_agent=None)]
    if truth == "opener":
        opened = at + timedelta(seconds=dice.randrange(1, 10))
        return [*rows, an_event(truth, user, opened, "email_opened")]
    if truth == "clicker":
        first = at + timedelta(minutes=dice.randrange(2, 9))
        links = [first + timedelta(milliseconds=100 * n) for n in range(6)]
        return rows + [
            an_event(truth, user, link, "email_clicked", page_path=f"/link{n}")
            for n, link in enumerate(links)
        ]
    if dice.random() < 0.5:
        opened = at + timedelta(seconds=dice.randrange(8, 5 * 3600))
        rows.append(an_event(truth, user, opened, "email_opened"))
        for n in range(dice.randrange(3)):
            clicked = opened + timedelta(seconds=5 + 7 * n)
            page = {"page_path": f"/link{n}"}
            rows.append(an_event(truth, user, clicked, "email_clicked", **page))
    return rows


def machines(dice: random.Random) -> list[Row]:
    """Machines of every kind on twelve days; a crawler has a new id each visit."""
    rows = []
    for number in range(12):
        day = LAST - timedelta(days=number)
        for truth, agents in (("crawler", CRAWLERS), ("library", LIBRARIES)):
            more = {"user_agent": agents[number % len(agents)], "page_path": "/"}
            rows += [
                an_event(truth, f"{truth}_{number}_{n}", at, "page_view", **more)
                for n, at in enumerate(every(day + timedelta(hours=9), 20, 97))
            ]
        for truth, hours, events, seconds in (
            ("burst", 11, 150, 0.4),
            ("flood", 8, 1_500, 20),
        ):
            times = every(day + timedelta(hours=hours), events, seconds)
            user = f"{truth}_{number}"
            rows += [an_event(truth, user, at, "page_view") for at in times]
        begin = day - timedelta(hours=dice.randrange(14 * 24, 20 * 24))
        for at in every(begin, 14 * 24 * 2, 1800):
            late = at + timedelta(minutes=dice.randrange(20))
            user = f"restless_{number}"
            rows.append(an_event("restless", user, late, "page_view"))
    return [row for row in rows if row["occurred_at"] < LAST + timedelta(days=1)]


def every(begin: datetime, events: int, seconds: float) -> list[datetime]:
    """Times at regular gaps."""
    return [begin + timedelta(seconds=n * seconds) for n in range(events)]


def scanned_people(dice: random.Random) -> list[Row]:
    """People whose mail a scanner opens, or follows all links of."""
    return [
        row
        for number in range(30)
        for age in range(1, 20, 3)
        for truth in ("opener", "clicker")
        for row in mail(
            dice,
            f"person_of_{truth}_{number}",
            LAST - timedelta(days=age, hours=-10),
            truth,
        )
    ]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    dice = random.Random(20)
    return [*people(dice, 200), *machines(dice), *scanned_people(dice)]


def write(scratch: Scratch, name: str, rows: list[Row]) -> None:
    write_raw(scratch.events / name, rows, AFTER)


def with_rules(scratch: Scratch, **edits: str | None) -> None:
    """Give a folder the default panel, some files edited, or missing where None."""
    panel = scratch.folder / "panel"
    shutil.rmtree(panel, ignore_errors=True)
    shutil.copytree(PROJECT / "seeds", panel)
    for name, text in edits.items():
        (panel / f"{name}.csv").unlink()
        if text is not None:
            (panel / f"{name}.csv").write_text(text)
    scratch.environment["POINTWISE_CONTROL"] = str(panel)


def default_rules() -> str:
    return (PROJECT / "seeds" / "bot_rules.csv").read_text()


@pytest.fixture(scope="module")
def caught(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """The world, built from nothing under the default rules; read it only."""
    scratch = Scratch(tmp_path_factory.mktemp("caught"))
    with_rules(scratch)
    random.Random(1).shuffle(ordered := list(rows))
    write(scratch, "a.parquet", ordered[: len(rows) // 2])
    write(scratch, "b.parquet", ordered[len(rows) // 2 :])
    scratch.build(*CORE)
    return scratch


def truth_and_rule(scratch: Scratch) -> Counter[tuple[str, str | None]]:
    """Count events, except sendings, by what they are and the rule that caught them."""
    return Counter(
        {
            (truth, rule): events
            for truth, rule, events in scratch.query(
                "select split_part(event_id, '|', 1), rule, count(*)"
                " from internal.stg_events as events"
                " left join internal.int_machine_events as machines"
                " using (file, file_row)"
                " where events.event_type is not null group by all"
            )
        }
    )


@pytest.mark.parametrize(("truth", "rule"), CAUGHT_BY.items())
def test_each_rule_catches_its_machines(caught: Scratch, truth: str, rule: str) -> None:
    found = truth_and_rule(caught)
    events = sum(n for (kind, _), n in found.items() if kind == truth)
    recall = sum(n for (kind, by), n in found.items() if kind == truth and by) / events
    by_rule = sum(n for (_, by), n in found.items() if by == rule)
    precision = 1 - found["person", rule] / by_rule
    print(f"{rule}: {events:,} events, recall {recall:.1%}, precision {precision:.2%}")
    assert found[truth, rule] > 0.9 * events
    assert recall >= 0.95
    assert precision >= 0.99


def test_hardly_any_event_of_a_person_is_lost(caught: Scratch) -> None:
    found = truth_and_rule(caught)
    of_people = sum(n for (kind, _), n in found.items() if kind == "person")
    lost = of_people - found["person", None]
    print(f"people: {of_people:,} events, {lost:,} lost ({lost / of_people:.2%})")
    assert of_people > 50_000
    assert lost <= 0.005 * of_people


def statuses(scratch: Scratch) -> dict[str, int]:
    names = ("used", "duplicate", "machine", "unmapped", "quarantined")
    sums = ", ".join(f"sum({name}_events)" for name in ("raw", *names))
    (counts,) = scratch.query(f"select {sums} from internal.int_event_ledger")
    assert counts[0] == sum(counts[1:])
    return dict(zip(names, counts[1:], strict=True))


ACTIVITY = "internal.int_user_daily_activity"
RESULTS = (ACTIVITY, "main.user_scores", "main.score_contributions")


def test_what_comes_late_and_twice_is_judged_as_if_it_had_been_there(
    caught: Scratch, rows: list[Row], tmp_path: Path
) -> None:
    """Most of what floods comes a build later, and then all twice: no rate is inflated.

    Then the rules are switched off, and all comes back; then on, and all is as it was.
    """
    scratch = Scratch(tmp_path)
    with_rules(scratch)
    halves = ([], [])
    for number, row in enumerate(rows):
        halves["flood" in row["user_id"] and number % 4 > 0].append(row)
    write(scratch, "soon.parquet", halves[0])
    scratch.build(*KEPT)
    assert "too_many_a_day" not in rules_of(scratch)
    write(scratch, "late.parquet", halves[1])
    shutil.copy(scratch.events / "soon.parquet", scratch.events / "twice.parquet")
    set_modified(scratch.events / "twice.parquet", AFTER)
    scratch.build(*CORE)
    assert rules_of(scratch) == set(CAUGHT_BY.values())
    for table in RESULTS:
        assert scratch.table(table) == caught.table(table), table
    assert statuses(scratch)["machine"] == statuses(caught)["machine"]

    with_rules(scratch, bot_rules=default_rules().replace(",on,", ",off,"))
    scratch.build(*KEPT)
    counts = statuses(scratch)
    assert counts["machine"] == 0
    assert counts["used"] == statuses(caught)["used"] + statuses(caught)["machine"]
    off = scratch.table(ACTIVITY)
    with_rules(scratch, bot_rules=None, exclusions=None)
    scratch.build(*KEPT)
    assert scratch.table(ACTIVITY) == off

    with_rules(scratch)
    scratch.build(*CORE)
    for table in RESULTS:
        assert scratch.table(table) == caught.table(table), table


def rules_of(scratch: Scratch) -> set[str]:
    query = "select distinct rule from internal.int_machine_events"
    return {rule for (rule,) in scratch.query(query)}


def test_whoever_is_left_out_is_listed_and_in_no_list(caught: Scratch) -> None:
    listed = caught.query("select user_id, rule, reason from main.excluded_users")
    scored = {user for (user,) in caught.query("select user_id from main.user_scores")}
    assert not scored & {user for user, _, _ in listed}
    reasons = Counter((rule, reason) for _, rule, reason in listed)
    assert reasons["known_crawler", "Machine"] == 240
    assert reasons["too_many_a_day", "Machine"] == 12
    assert all(user.startswith("person") for user in scored if "restless" not in user)
    quality = caught.query(
        "select item, quantity from main.data_quality where section = 'excluded'"
    )
    assert dict(quality) == {"Machine": len(listed)}


# -- Publishing ------------------------------------------------------------------------


def test_too_many_machines_stop_the_build_which_asks(
    rows: list[Row], tmp_path: Path
) -> None:
    """A threshold of 9 events a day would take most people: nothing is published.

    Let pass, the next build does not ask again; and no published file has an agent.
    """
    scratch = Scratch(tmp_path)
    names = ("person_1", "crawler_1_")
    some = [row for row in rows if row["user_id"].startswith(names)]
    bad = {**some[0], "user_id": None}
    write(scratch, "a.parquet", [*some, bad])
    staff = "exclusion,attribute,equals,pattern,reason\nme,user_id,person_16,,Staff\n"
    rules = default_rules().replace("events_per_day,400", "events_per_day,9")
    with_rules(scratch, bot_rules=rules, exclusions=staff)
    result = scratch.dbt("build")
    assert result.returncode != 0
    output = " ".join(last_lines(result).split())
    assert "would be taken for machines" in output
    assert "by too_many_a_day (bot_rules.csv row 5)" in output
    assert not (scratch.published / "current").exists()

    scratch.build("--vars", "{publish_limits: {machines: 1}}")
    # The manifest is dbt's, and has the unit tests with agents of their own.
    published = b"".join(
        path.read_bytes()
        for path in scratch.generation.iterdir()
        if path.is_file() and path.name != "manifest.json"
    )
    assert PRIVATE.encode() not in published
    assert b"Googlebot" not in published
    (raw,) = scratch.query("select raw_content from internal.stg_events_quarantined")
    assert PRIVATE not in raw[0]
    assert "occurred_at" in raw[0]
    assert scratch.query("select * from main.excluded_users where rule = 'me'") == [
        ("person_16", LAST_DAY, "me", "Staff")
    ]
