"""One person: linked ids score as one, as of when that was known (law 10).

The same half-year twice: each person under one id, and spread over several: devices
before and after a login, ids that only links files join, and a kiosk that many share.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from conftest import CORE, KEPT, Scratch
from law_tables import assert_same_tables, scored
from oracle_events import Row
from world_files import LAST_DAY, write_links, write_profiles, write_raw
from worlds import campaign

USERS = 24
EARLY = date(2025, 1, 1)
KIOSK = "kiosk"


def kind_of(user_id: str | None) -> str:
    """How a person of the half-year comes to have several ids, if at all."""
    if user_id is None or not user_id[1:].isdigit():
        return "one id"
    return ("device", "file", "chain", "one id")[int(user_id[1:]) % 4]


def spread(row: Row) -> Row:
    """Return a row as it comes where its person has several ids; copies stay copies."""
    user_id = row["user_id"]
    event = f"{user_id} {row['event_id'] or row['occurred_at']}"
    part = zlib.crc32(event.encode()) % 3
    if user_id == KIOSK:
        return {**row, "user_id": None, "anonymous_id": KIOSK}
    if kind_of(user_id) == "device":
        on_device = {**row, "anonymous_id": f"d-{user_id}"}
        at_kiosk = {**row, "anonymous_id": KIOSK}
        return ({**on_device, "user_id": None}, on_device, at_kiosk)[part]
    if kind_of(user_id) == "file":
        return {**row, "user_id": (user_id, f"m-{user_id}", f"m-{user_id}")[part]}
    if kind_of(user_id) == "chain":
        return {**row, "user_id": (user_id, f"m-{user_id}", f"n-{user_id}")[part]}
    return row


def spread_all(rows: list[Row]) -> list[Row]:
    """Return rows as they come so, some events under two ids of their person."""
    by_id: dict[str | None, list[Row]] = {}
    for row in rows:
        by_id.setdefault(row["event_id"], []).append(row)
    twice = [
        {**same[0], "user_id": f"m-{same[0]['user_id']}"}
        for event_id, same in by_id.items()
        if event_id
        and zlib.crc32(event_id.encode()) % 4 == 0
        and kind_of(same[0]["user_id"]) in ("file", "chain")
        and all(row == same[0] for row in same)
    ]
    return [*map(spread, rows), *twice]


def links_of_files(known_from: date | None = EARLY) -> list[Row]:
    """Who is who by the files: `m` is the person's, or `n` is, and `m` is `n`."""
    users = [f"u{n}" for n in range(USERS)]
    pairs = [(f"m-{user}", user) for user in users if kind_of(user) == "file"]
    for user in users:
        if kind_of(user) == "chain":
            pairs += [(f"m-{user}", f"n-{user}"), (f"n-{user}", user)]
    return [
        {"id": one, "person_id": person, "known_from": known_from}
        for one, person in pairs
    ]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Events of an ordinary half-year, each person under one id, and of a kiosk."""
    found = campaign(3, users=USERS, events=900)
    visits = [row for row in found if kind_of(row["user_id"]) == "one id"][:60]
    return found + [
        {**row, "user_id": KIOSK, "event_id": f"kiosk {n}", "session_id": None}
        for n, row in enumerate(visits)
    ]


@pytest.fixture(scope="module")
def new_scratch(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Scratch]:
    """Make scratch folders that have the profiles already."""

    def make(name: str) -> Scratch:
        scratch = Scratch(tmp_path_factory.mktemp(name))
        write_profiles(scratch.folder / "users.parquet", USERS)
        return scratch

    return make


@pytest.fixture(scope="module")
def one_id(new_scratch: Callable[[str], Scratch], rows: list[Row]) -> Scratch:
    """Everybody under one id: read it only."""
    scratch = new_scratch("one_id")
    write_raw(scratch.events / "a.parquet", rows)
    scratch.build(*CORE)
    return scratch


@pytest.fixture(scope="module")
def several_ids(new_scratch: Callable[[str], Scratch], rows: list[Row]) -> Scratch:
    """The same people under several ids, and who is who: read it only."""
    scratch = new_scratch("several_ids")
    write_raw(scratch.events / "a.parquet", spread_all(rows))
    write_links(scratch.folder / "links.parquet", links_of_files())
    scratch.build(*CORE)
    return scratch


def test_a_linked_person_scores_as_if_under_one_id(
    one_id: Scratch, several_ids: Scratch
) -> None:
    """At the scoring date everybody; before it, those whose links were known then."""
    at_last = f"where as_of_date = '{LAST_DAY}'"
    known = "where coalesce(try_cast(user_id[2:] as int), 0) % 4 <> 0"
    # What a band meant, and whether a visitor is known, is another thing.
    scores = "select * exclude (band_meaning, explanation, is_named) from user_scores"
    marts = ("user_features", "score_contributions", "user_outcomes")
    for query in (
        f"{scores} {at_last}",
        *(f"from {mart} {at_last}" for mart in marts[:2]),
        *(f"from {mart} {known}" for mart in marts),
    ):
        found, expected = several_ids.query(query), one_id.query(query)
        assert len(expected) > USERS / 2, query
        assert_same_tables({query: found}, {query: expected})
    people = "select count(*) from internal.int_user_as_of_dates where has_several_ids"
    assert several_ids.query(f"{people} and as_of_date = '{LAST_DAY}'") == [(18,)]
    assert several_ids.query(people) > [(60,)]
    assert one_id.query(people) == [(0,)]
    copies = "select sum(events) from internal.int_linked_copies where is_scoring_date"
    assert several_ids.query(copies) > [(30,)]


def test_a_shared_device_merges_nobody(several_ids: Scratch) -> None:
    links = several_ids.query(
        "select user_id, reason from person_links"
        f" where '{KIOSK}' in (user_id, person_id)"
    )
    assert links == [(KIOSK, "seen with several people")]
    visitors = "select user_id from user_scores where not is_named"
    assert several_ids.query(visitors) == [(KIOSK,)]


@pytest.fixture(scope="module")
def lived(
    new_scratch: Callable[[str], Scratch], rows: list[Row]
) -> tuple[Scratch, dict[str, set]]:
    """The same after a life, and what each person had before the last of its links.

    Events came in another order, some late, while the files said other things of three.
    """
    scratch = new_scratch("lived")
    shuffled = spread_all(rows)
    random.Random(4).shuffle(shuffled)
    links = links_of_files()
    arrives, changes = ({"id": "m-u1"}, {"id": "m-u5", "person_id": "u3"})
    earlier = [
        {**link, **(changes if link["id"] == changes["id"] else {})}
        for link in links
        if link["id"] != arrives["id"]
    ]
    withdrawn = {"id": "u7", "person_id": "u11", "known_from": EARLY}
    write_links(scratch.folder / "links.parquet", links[:3])
    write_raw(scratch.events / "b.parquet", shuffled[:500])
    scratch.build(*KEPT)
    write_links(scratch.folder / "links.parquet", [*earlier[::-1], withdrawn])
    write_raw(scratch.events / "a.parquet", shuffled[500:])
    scratch.build(*CORE)
    before = rows_by_person(scratch)
    write_links(scratch.folder / "links.parquet", links[::-1])
    scratch.build(*CORE)
    return scratch, before


def rows_by_person(scratch: Scratch) -> dict[str, set]:
    """What people have of features and points, on all dates."""
    found: dict[str, set] = {}
    for mart in ("user_feature_values", "score_contributions"):
        for user_id, *cells in scratch.query(
            f"select user_id, columns(* exclude (user_id)) from {mart}"
        ):
            found.setdefault(user_id, set()).add((mart, *cells))
    return found


def test_neither_order_nor_earlier_links_matter(
    several_ids: Scratch, lived: tuple[Scratch, dict[str, set]]
) -> None:
    """An incremental build equals one from nothing, whatever links came and went."""
    assert_same_tables(scored(lived[0]), scored(several_ids))


def test_links_move_exactly_the_people_concerned(
    lived: tuple[Scratch, dict[str, set]],
) -> None:
    scratch, before = lived
    after = rows_by_person(scratch)
    moved = {one for one in {*before, *after} if before.get(one) != after.get(one)}
    arrived, changed, withdrawn = {"m-u1", "u1"}, {"u3", "u5"}, {"u7", "u11"}
    assert moved == arrived | changed | withdrawn


# -- As of when it was known -----------------------------------------------------------


def test_todays_links_at_past_dates_would_leak(scratch: Scratch) -> None:
    """Who buys logs in on the device for it: known later, it must not count earlier."""
    dice, snapshot = random.Random(8), LAST_DAY - timedelta(days=15)
    rows, links = [], []
    for n in range(150):
        user, device = {"user_id": f"u{n}"}, {"anonymous_id": f"d{n}"}
        for one in (user, device):
            rows += [
                a_row(one, snapshot - timedelta(days=dice.randrange(13)))
                for _ in range(dice.randrange(1, 9))
            ]
        rows.append(a_row(user, LAST_DAY))
        if n % 3 == 0:
            day = snapshot + timedelta(days=dice.randrange(1, 14))
            rows.append(a_row({**user, **device}, day, "subscription_started"))
            links.append({"id": f"d{n}", "person_id": f"u{n}", "known_from": EARLY})
    write_raw(scratch.events / "a.parquet", rows)
    write_profiles(scratch.folder / "users.parquet", 1)
    settings = ("--vars", f"{{snapshot_dates: ['{snapshot}']}}")
    scratch.build(*CORE, *settings)
    ours = auc_of_activity(scratch)
    write_links(scratch.folder / "links.parquet", links)
    scratch.build(*CORE, *settings)
    assert 0.4 < ours < 0.6
    assert auc_of_activity(scratch) > 0.7


def a_row(ids: Row, day: date, event_type: str = "page_view") -> Row:
    """Return an event at noon."""
    at = datetime.combine(day, datetime.min.time()) + timedelta(hours=12)
    return {**ids, "occurred_at": at, "event_type": event_type}


def auc_of_activity(scratch: Scratch) -> float:
    """How well the page views of a window rank who buys later at a snapshot."""
    examples = scratch.query(
        "select coalesce(sum(value), 0), any_value(is_converted) from user_outcomes"
        " left join user_feature_values on user_feature_values.user_id ="
        " user_outcomes.user_id and user_feature_values.as_of_date ="
        " user_outcomes.as_of_date and feature = 'page_views_28d'"
        " group by user_outcomes.user_id"
    )
    buyers = [value for value, buys in examples if buys]
    others = [value for value, buys in examples if not buys]
    assert min(len(buyers), len(others)) > 40
    wins = sum((a > b) + (a == b) / 2 for a in buyers for b in others)
    return wins / len(buyers) / len(others)


# -- Odd ids ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def odd_ids(new_scratch: Callable[[str], Scratch]) -> Scratch:
    """A few ids that are linked in unusual ways, three weeks before the last day."""
    scratch = new_scratch("odd_ids")
    day = LAST_DAY - timedelta(days=20)
    crawler = {"user_agent": "curl/8.5.0"}
    nameless = [
        {**a_row({"anonymous_id": name}, day), "event_id": name} for name in ("x", "y")
    ]
    named = [{**row, "user_id": row["anonymous_id"]} for row in nameless]
    rows = [
        *(a_row({"user_id": "owner", "anonymous_id": "device"}, day),),
        *(
            a_row({"user_id": name}, day)
            for name in ("buyer", "m-buyer", "staff", "u9")
        ),
        *(a_row({"user_id": "u9", "anonymous_id": "d9"}, day) | crawler,),
        *(a_row({"anonymous_id": "d9"}, day) | crawler for _ in range(2)),
        *(a_row({"anonymous_id": "crawler"}, LAST_DAY) | crawler,),
        *(a_row({"user_id": name}, LAST_DAY) for name in ("buyer", "staff", "u9")),
    ]
    buys = [
        a_row({"user_id": name}, day + timedelta(days=3), "pricing_page_view")
        for name in ("buyer", "m-buyer")
    ]
    write_raw(scratch.events / "a.parquet", [*rows, *buys, nameless[0], named[1]])
    write_raw(scratch.events / "b.parquet", [named[0], nameless[1]])
    links = {"m-buyer": "buyer", "staff": "device"}
    write_links(
        scratch.folder / "links.parquet",
        [
            {"id": one, "person_id": person, "known_from": EARLY}
            for one, person in links.items()
        ],
    )
    settings = {
        "outcome_event_type": "pricing_page_view",
        "outcome_is_repeatable": True,
        "snapshot_dates": [str(day)],
    }
    scratch.build(*CORE, "--vars", str(settings))
    return scratch


def test_the_id_of_a_known_person_is_nobody_elses_device(odd_ids: Scratch) -> None:
    links = odd_ids.query("select user_id, person_id, reason from person_links")
    assert ("device", "owner", "seen with several people") in links
    assert ("staff", "device", None) in links
    people = odd_ids.query("select user_id from user_scores")
    assert {("owner",), ("device",)} < set(people)
    assert ("staff",) not in people


def test_the_daily_limit_of_outcomes_is_the_persons(odd_ids: Scratch) -> None:
    outcomes = "select outcomes from user_outcomes where user_id = 'buyer'"
    assert odd_ids.query(outcomes) == [(1,)]


def test_which_copy_names_an_id_is_not_up_to_the_file(odd_ids: Scratch) -> None:
    copies = odd_ids.query(
        "select user_id, is_named, events from internal.int_user_daily_activity"
        " where user_id in ('x', 'y') and event_type = '*' order by 1"
    )
    assert copies == [("x", True, 1), ("y", True, 1)]


def test_a_device_of_who_is_scored_is_not_listed_as_left_out(odd_ids: Scratch) -> None:
    excluded = "select user_id, reason from excluded_users"
    assert odd_ids.query(excluded) == [("crawler", "Machine")]


# -- Links that say nothing ------------------------------------------------------------


def test_links_that_do_not_count_are_listed_with_the_reason(scratch: Scratch) -> None:
    rows = [
        a_row({"user_id": name}, LAST_DAY)
        for name in ("a", "b", "c", "two", "fine", "later", "many 1", "many 2")
    ]
    write_raw(scratch.events / "a.parquet", rows)
    write_profiles(scratch.folder / "users.parquet", 1)
    many = "".join(f"many {n},one,2026-01-01\n" for n in range(10_000))
    folder = scratch.folder / "links"
    folder.mkdir()
    (folder / "a.csv").write_text(
        "known_from,person_id,id\n"
        "2026-01-01,,a\n2026-01-01,a,\n2026-01-01,null,a\n2026-01-01,a,a\n"
        "soon,b,a\n2026-01-01,c,b\n2026-01-01,b,c\n"
        "2026-01-01,one,two\n2026-01-01,other,two\n"
        "2999-01-01,fine,later\n,crm 7,fine\n"
    )
    (folder / "b.csv").write_text("id,person_id,known_from\n" + many)
    (folder / "bare.csv").write_text("id,whose\na,b\n")
    (folder / "broken.parquet").write_text("no Parquet")
    scratch.environment["POINTWISE_LINKS"] = f"{folder}/*"
    scratch.build(*CORE)
    found = set(
        scratch.query(
            "select user_id, person_id, reason from person_links"
            " where user_id is null and person_id is null or user_id not like 'many%'"
            " or person_id = 'a'"
        )
    )
    (unreadable,) = (row for row in found if "too small to be a Parquet" in str(row))
    assert found - {unreadable} == {
        (None, None, "there is no column person_id"),
        ("a", None, "no person_id"),
        (None, "a", "no id"),
        ("a", "null", "person_id is a placeholder"),
        ("a", "a", "an id that is linked to itself"),
        ("a", "b", "unreadable known_from"),
        ("b", "c", "leads in a circle"),
        ("c", "b", "leads in a circle"),
        ("two", "one", "names two people on one day"),
        ("later", "fine", "known only later"),
        ("fine", "crm 7", None),
    }
    too_many = scratch.query(
        "select reason, count(*) from person_links where user_id like 'many%'"
        " group by all"
    )
    assert too_many == [("one of too many ids of a person", 10_000)]
    people = {user for (user,) in scratch.query("select user_id from user_scores")}
    assert people == {"a", "b", "c", "two", "crm 7", "later", "many 1", "many 2", "u0"}
