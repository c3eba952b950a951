"""Exports of known tools are recognised, and land as the same events."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import duckdb
import pytest
import yaml

import export_shapes
from export_shapes import CONTACTS, PATHS, call, events, identify, lines_of
from import_door import HEADER, PLAIN, Door
from pointwise.cli import main
from pointwise.core.errors import PointwiseError
from pointwise.core.home import HOME
from pointwise.importing import inputs, presets
from pointwise.importing.presets import known_presets

SHAPES = export_shapes.shapes()
IDS = "count(*), count(distinct user_id), count(distinct anonymous_id)"


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


def take_home(folder: Path, files: dict[str, bytes], *arguments: str) -> Path:
    """Import files into a home of their own, as from the command line; return it."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    names = [str(folder / name) for name in files]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME, "")
        main(["import", *names, "--home", str(folder / "home"), *arguments])
    return folder / "home"


@pytest.mark.parametrize("shape", SHAPES)
def test_every_row_is_used_under_its_ids(
    door: Door, shape: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [door.file(content, name) for name, content in SHAPES[shape].items()]
    door.run(*files)
    output = capsys.readouterr().out
    rows = f"read_parquet('{door.out}/*.parquet', union_by_name = true)"
    rows = f"(from {rows} where event_type <> 'identify')"
    # HubSpot knows contacts only; what PostHog shows has no id of the device beside.
    odd = {"hubspot_events": (120, 70, 0), "posthog_shown": (120, 30, 70)}
    odd |= {"hubspot_events_csv": (120, 70, 0), "posthog_named": (120, 30, 70)}
    ids = odd.get(shape, (120, 30, 40))
    assert duckdb.sql(f"select {IDS} from {rows}").fetchall() == [ids]
    paths = duckdb.sql(f"select page_path, count(*) from {rows} group by 1").fetchall()
    assert dict(paths) == dict.fromkeys(PATHS, 40)
    name, first, last = duckdb.sql(
        "select count(distinct event_type), min(occurred_at)::date::text,"
        f" max(occurred_at)::date::text from {rows}"
    ).fetchall()[0]
    assert (name, first, last) == (2, "2026-03-01", "2026-03-12")
    preset = known_presets().get(shape) or known_presets().get(shape.rpartition("_")[0])
    assert (preset.title if preset else "found by their names") in output
    used = 120 if shape != "warehouse_tracks" else 150
    assert f"used {used} 100.0 %" in " ".join(output.split())
    assert all(len(line) <= 80 for line in output.splitlines() if " each, to " in line)


def test_presets_are_data_with_columns_that_the_project_has() -> None:
    from pointwise.importing.columns import EVENT_COLUMNS

    for preset in known_presets().values():
        assert preset.wants
        assert set(preset.columns) <= set(EVENT_COLUMNS), preset.name


def test_a_preset_of_ones_own_is_a_short_file(door: Door) -> None:
    own = {
        "title": "Till",
        "columns": {
            "user_id": {"take": "card", "unless": {"card": "0+"}},
            "anonymous_id": "till",
            "occurred_at": ["at", "printed"],
            "event_type": [
                {"value": "Returned", "when": {"sum": "-.*"}},
                {"value": "Bought"},
            ],
            "amount": "sum",
        },
    }
    path = door.file(yaml.safe_dump(own), "till.yml")
    content = "card;till;at;printed;sum\n7;a;;2026-01-02;5\n00;b;2026-01-01;;-3\n"
    door.take(content, "--preset", str(path))
    columns = "user_id, anonymous_id, event_type, amount, day(occurred_at)"
    assert door.rows(columns) == [
        ("7", "a", "Bought", 5.0, 2),
        (None, "b", "Returned", -3.0, 1),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("columns: {user_id: {tke: a}}", "has no `take:`"),
        ("columns: {user_id: {take: a, wehn: {}}}", "'wehn' is not known"),
        ("columns: {user_id: {take: a, match: '('}}", "'\\('"),
        ("colums: {}", "has no `columns:`"),
        ("columns: {}\nwnats: [a]", "'wnats' is not known"),
        ("a: [", "cannot be read"),
    ],
)
def test_a_preset_that_is_not_one_is_named(
    door: Door, content: str, message: str
) -> None:
    path = door.file(content, "mine.yml")
    with pytest.raises(PointwiseError, match=message):
        door.take(PLAIN, "--preset", str(path))


def test_two_presets_that_fit_are_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """That which wants more columns is taken; of two that want as many, none is."""
    calls = SHAPES["rudderstack"]
    take_home(tmp_path, calls)
    assert "(fits, too: --preset segment)" in capsys.readouterr().out
    known = known_presets()
    both = known["segment"], known["segment"]._replace(name="other", title="Others")
    monkeypatch.setattr(
        presets, "known_presets", lambda: {preset.name: preset for preset in both}
    )
    (tmp_path / "two").mkdir()
    with pytest.raises(SystemExit):
        take_home(tmp_path / "two", calls)
    said = capsys.readouterr().err
    assert f"could be of {both[0].title} or Others" in said
    assert "give --preset segment or --preset other" in said


def test_presets_can_be_named_and_left(door: Door) -> None:
    with pytest.raises(PointwiseError, match="there is no 'postdog'; there are: auto"):
        door.take(PLAIN, "--preset", "postdog")
    door.take(SHAPES["segment"]["s.json.gz"], "--preset", "plain")
    assert door.rows("count(event_type)") == [(40,)]  # Page calls have no event.
    door.take(SHAPES["segment"]["s.json.gz"], "--map", "page_path=")
    assert door.rows("count(event_type), count(page_path)") == [(120, 0)]


def test_identify_calls_become_profiles_and_link(tmp_path: Path) -> None:
    known = [event for event in events() if event.user]
    calls = [call(event) for event in events() if not event.user]
    home = take_home(
        tmp_path, {"s.jsonl": lines_of(calls + [identify(e) for e in known])}
    )
    (profiles,) = home.glob("users-*.parquet")
    query = (
        f"select count(*), count(distinct user_id), any_value(plan) from '{profiles}'"
    )
    assert duckdb.sql(query).fetchall() == [(30, 30, "pro")]
    assert "email" not in duckdb.sql(f"from '{profiles}'").columns
    settings = yaml.safe_load((home / "settings.yml").read_text())
    assert settings["user_attributes"] == ["plan", "employees"]
    # Nobody is excluded by an attribute that these settings do not name.
    assert "company_type" not in (home / "panel/exclusions.csv").read_text()
    linked = (
        f"select count(*) from '{home}/events/*.parquet' where user_id <> anonymous_id"
    )
    assert duckdb.sql(linked).fetchall() == [(60,)]
    # Signing in says nothing of intent.
    assert "identify" in (home / "panel/event_types.csv").read_text()
    assert "identify" not in (home / "panel/features.csv").read_text()


def test_profiles_that_come_later_leave_the_exclusions_valid(tmp_path: Path) -> None:
    home = take_home(tmp_path, {"s.csv": PLAIN.encode()})
    assert "company_type" in (home / "panel/exclusions.csv").read_text()
    take_home(tmp_path, {"contacts.csv": CONTACTS}, "--users")
    named = yaml.safe_load((home / "settings.yml").read_text())["user_attributes"]
    assert {"industry", "company_type", "do_not_contact"} <= {*named}


def test_the_outcome_of_the_settings_needs_no_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = f"{HEADER}\n1,u,2026-01-01,view\n2,v,2026-01-02,Subscription started\n"
    home = take_home(tmp_path, {"s.csv": rows.encode()})
    settings = yaml.safe_load((home / "settings.yml").read_text())
    assert settings["outcome_event_type"] == "subscription_started"
    assert "subscription" not in (home / "panel/features.csv").read_text()
    assert "No outcome is named" not in capsys.readouterr().out


def test_contacts_and_events_come_together(tmp_path: Path) -> None:
    files = {"contacts.csv": CONTACTS, **SHAPES["hubspot_events"]}
    home = take_home(tmp_path, files)
    (profiles,) = home.glob("users-contacts-*.parquet")
    rows = duckdb.sql(
        f"select user_id, industry from '{profiles}' order by 1"
    ).fetchall()
    assert rows == [("101", "Software"), ("102", "Retail")]
    assert not {"email", "first_name"} & set(duckdb.sql(f"from '{profiles}'").columns)


def test_answers_of_an_api_and_lists_are_read_like_lines(door: Door) -> None:
    rows = [export_shapes.hubspot(event) for event in events()]
    door.take(json.dumps({"results": rows, "paging": {}}), name="answer.json")
    door.take(json.dumps(rows[:5], indent=2), name="list.json")
    assert door.rows("count(*)") == [(125,)]


# -- Folders and archives -------------------------------------------------------------


def zip_of(members: dict[str, bytes], **options: int) -> bytes:
    """Return an archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def test_folders_are_opened_and_their_notes_left(door: Door) -> None:
    folder = door.folder / "export"
    (folder / "day=1").mkdir(parents=True)
    (folder / "day=1" / "a.csv").write_text(PLAIN)
    (folder / "b.csv.gz").write_bytes(
        gzip.compress(f"{HEADER}\ne9,u9,2026-01-01,x\n".encode())
    )
    (folder / ".hidden").write_text("x")
    (folder / "_SUCCESS").write_text("")
    door.run(folder)
    assert door.rows("count(*), count(distinct event_id)") == [(3, 3)]


def test_names_in_an_archive_lead_nowhere(door: Door) -> None:
    outside = door.folder / "outside.csv"
    names = {
        "../../outside.csv": PLAIN.encode(),
        f"{outside}": PLAIN.replace("e1", "e3").replace("e2", "e4").encode(),
        "..\\..\\w\x1b[31m.csv": PLAIN.replace("e1", "e5").encode(),
        "__MACOSX/._a.csv": b"\0\0",
        ".DS_Store": b"\0",
    }
    door.take(zip_of(names), name="in.zip")
    assert door.rows("count(*)") == [(6,)]
    assert not outside.exists()
    assert sorted(path.name for path in door.folder.iterdir()) == ["in.zip", "raw"]


def test_an_archive_made_to_fill_a_disk_is_refused(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "NEVER_TOO_LARGE_BYTES", 1 << 16)
    bomb = b"0" * (1 << 22)
    for content, name in (
        (zip_of({"a": bomb}), "a.zip"),
        (gzip.compress(bomb), "a.gz"),
    ):
        with pytest.raises(PointwiseError, match="unpacks to more than 300 times"):
            door.take(content, name=name)
    assert not door.out.exists() or door.landed() == []


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"[Content_Types].xml": b"", "xl/a.xml": b""}, "is an Excel file"),
        ({}, "is a zip archive without a file"),
        ({"a.zip": zip_of({"b.csv": b"x"})}, "an archive in an archive"),
    ],
)
def test_archives_that_cannot_be_read_say_why(
    door: Door, members: dict[str, bytes], message: str
) -> None:
    content = zip_of(members) if members else b"PK\x03\x04"
    if not members:
        message = "damaged zip archive"
    with pytest.raises(PointwiseError, match=message):
        door.take(content, name="in.zip")


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "is an Excel file: save it as CSV"),
        (b"SQLite format 3\0\x10", "is a database of SQLite: export its table"),
        (b"Obj\x01\x04", "is an Avro file: export it as Parquet"),
        (b"%PDF-1.7", "is a PDF"),
    ],
)
def test_files_that_are_no_text_are_named(
    door: Door, start: bytes, message: str
) -> None:
    with pytest.raises(PointwiseError, match=message):
        door.take(start + bytes(range(256)) * 4, name="in.csv")


def test_a_broken_member_does_not_stop_the_others(door: Door) -> None:
    members = {"a.csv": PLAIN.encode(), "b.csv": b"", "c.csv": b"a,b\n1,2\n"}
    with pytest.raises(PointwiseError, match=r"2 of 3 files: .*b.csv is empty"):
        door.take(zip_of(members), name="in.zip")
    assert door.rows("count(*)") == [(2,)]


def test_profiles_of_both_roles_of_a_file_stay(tmp_path: Path) -> None:
    """Who was invited has a plan, too, in a file of its own beside the inviter's."""
    call = {
        **{"messageId": "m1", "type": "identify", "userId": "u1", "friend": "u2"},
        **{"timestamp": "2026-01-01T00:00:00Z", "traits": {"plan": "pro"}},
    }
    files = {"calls.json": json.dumps(call).encode() + b"\n"}
    take_home(tmp_path, files)
    friend = ("--role", "friend", "--map", "user_id=friend")
    home = take_home(tmp_path, files, *friend)
    rows = duckdb.sql(f"select user_id, plan from '{home}/users-*.parquet'").fetchall()
    assert sorted(rows) == [("u1", "pro"), ("u2", "pro")]


def test_people_of_a_warehouse_become_profiles(tmp_path: Path) -> None:
    people = (
        b"id,received_at,uuid_ts,email,plan,context_ip\n"
        b"usr_001,2026-03-02 10:00:00,2026-03-02 11:00:00,a@b.c,pro,1.2.3.4\n"
    )
    events = SHAPES["warehouse_tracks"]
    home = take_home(tmp_path, {**events, "users.csv": people})
    rows = duckdb.sql(
        "select user_id, plan, valid_from::date::text"
        f" from '{home}/users-users-*.parquet'"
    )
    assert rows.fetchall() == [("usr_001", "pro", "2026-03-02")]


def test_the_first_of_several_companies_is_taken(tmp_path: Path) -> None:
    rows = [
        export_shapes.amplitude(event) | {"groups": {"company": ["Acme", "Other"]}}
        for event in export_shapes.events()
    ]
    home = take_home(tmp_path, {"a.json": export_shapes.lines_of(rows)})
    files = f"{home}/users-a-*.parquet"
    rows = duckdb.sql(f"select distinct account_id from '{files}' where plan = 'pro'")
    assert rows.fetchall() == [("Acme",)]


def test_people_of_mixpanel_become_profiles(tmp_path: Path) -> None:
    people = [
        {"$distinct_id": who, "$properties": {"$email": "a@b.c", "plan": plan}}
        for who, plan in (("usr_001", "pro"), ("usr_002", "free"))
    ]
    events = SHAPES["mixpanel"]
    home = take_home(tmp_path, {**events, "p.json": export_shapes.lines_of(people)})
    files = f"{home}/users-p-*.parquet"
    rows = duckdb.sql(f"select user_id, plan from '{files}' order by all")
    assert rows.fetchall() == [("usr_001", "pro"), ("usr_002", "free")]


@pytest.mark.parametrize("is_nested", [False, True])
def test_user_properties_of_google_become_profiles(
    tmp_path: Path, is_nested: bool
) -> None:
    found = export_shapes.events()
    value = {"string_value": "pro", "set_timestamp_micros": 17}
    pairs = [{"key": "plan", "value": value}]
    rows = []
    for row, event in zip(map(export_shapes.ga4, found), found, strict=True):
        more = {"list": [{"element": p} for p in pairs]} if is_nested else pairs
        rows.append({**row, "user_properties": more if event.user else None})
    home = take_home(tmp_path, {"g.json": export_shapes.lines_of(rows)})
    files = f"{home}/users-g-*.parquet"
    rows = duckdb.sql(f"select count(*), any_value(plan) from '{files}'")
    assert rows.fetchall() == [(30, "pro")]


def test_all_that_is_safe_of_a_file_of_people_is_taken(tmp_path: Path) -> None:
    people = b"user_id,plan,employees,email\nu1,pro,7,a@b.c\nu2,free,9,b@b.c\n"
    home = take_home(tmp_path, {"people.csv": people}, "--users")
    found = duckdb.sql(f"select user_id, plan, employees from '{home}/users.parquet'")
    assert found.fetchall() == [("u1", "pro", "7"), ("u2", "free", "9")]
    settings = (home / "settings.yml").read_text()
    assert "plan" in settings
    assert "employees" in settings
    assert "email" not in settings


def test_files_of_people_add_up_and_newer_ones_replace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def people(*ids: int, plan: str = "pro") -> bytes:
        rows = (f"u{n},{plan},{n}\n" for n in ids)
        return "".join(["user_id,plan,seats\n", *rows]).encode()

    def landed() -> list[tuple]:
        files = f"{tmp_path}/home/users*.parquet"
        query = f"select plan, list(user_id order by user_id) from '{files}'"
        return duckdb.sql(f"{query} group by 1 order by 1").fetchall()

    for name, content in (
        ("emea.csv", people(1, 2, 3, 4)),
        ("us.csv", people(5, 6, 7, plan="free")),
        ("emea.csv", people(2, 3, 4, 8, plan="team")),
    ):
        take_home(tmp_path, {name: content}, "--users")
    assert landed() == [
        ("free", ["u5", "u6", "u7"]),
        ("team", ["u2", "u3", "u4", "u8"]),
    ]
    output = " ".join(capsys.readouterr().out.split())
    assert "Other people than before: 0 of 4 people of" in output
    assert "A newer export of the same people: 3 of 4 people of" in output


def test_the_company_of_a_contact_stays_in_a_list(tmp_path: Path) -> None:
    rows = [
        f"{n},2026-01-0{1 + n % 9},{'2026-02-01' if n % 3 else ''},9{n % 4},{n % 2}\n"
        for n in range(1, 31)
    ]
    names = "Record ID", "Create Date", "Became a Customer Date"
    head = ",".join([*names, "Associated Company IDs", "Industry\n"])
    people = "".join([head, *rows]).encode()
    home = take_home(tmp_path, {"contacts.csv": people})
    files = f"{home}/users-*.parquet"
    rows = duckdb.sql(f"select count(distinct account_id) from '{files}'")
    assert rows.fetchall() == [(4,)]


def test_the_events_page_of_posthog_names_people(door: Door) -> None:
    device = "0190abcd-0000-7000-8000-00000000abcd"
    head = "event,person.distinct_ids.0,properties.$lib,timestamp"
    rows = [f"view,{who},web,2026-03-02T10:00:00Z" for who in ("u1", device)]
    door.take("\n".join([head, *rows, ""]))
    assert door.rows("user_id, anonymous_id") == [("u1", "u1"), (None, device)]
