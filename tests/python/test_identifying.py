"""Attributes that identify people are refused, by name and by value; others are not."""

# Cases read best in lines of their own.

from __future__ import annotations

import duckdb
import pytest

from conftest import Scratch, last_lines, write_event
from pointwise.core.identifying import (
    WORTH_A_LOOK,
    identifies_person,
    identifying_values,
    kind_of_identifier,
)

NAMES = [
    *(
        "name",
        "first_name",
        "LastName",
        "full name",
        "fullName",
        "user_name",
        "surname",
    ),
    *(
        "e-mail",
        "EMail",
        "userEmail",
        "email_address",
        "work_email_2",
        "mail",
        "E Mail",
    ),
    *("phone", "phone_numbers", "mobilePhone", "mobile", "telephone", "tel", "fax"),
    *(
        "home_address",
        "address2",
        "street",
        "zip",
        "Zip Code",
        "postcode",
        "postal_code",
    ),
    *(
        "ip",
        "client_ip",
        "IPAddress",
        "ipv6",
        "ssn",
        "Social Security",
        "socialSecurity",
    ),
    *("national_id", "passport_no", "tax_id", "date_of_birth", "DateOfBirth", "dob"),
    *(
        "birthday",
        "birthdate",
        "year of birth",
        "iban",
        "creditCardNumber",
        "user_agent",
    ),
    *("User Agent", "password", "company_name", "Vorname", "Telefon", "PLZ"),
]
OTHER_NAMES = [
    *(
        "country",
        "city",
        "industry",
        "company_size",
        "job_level",
        "device",
        "trip_count",
    ),
    *(
        "campaign_name",
        "countryname",
        "event name",
        "descriptor",
        "tip",
        "zipper",
        "plan",
    ),
    *("shipping_method", "telemetry", "mobility", "membership_level", "has_phone"),
    *("is_email_verified", "recipe", "relationship", "large_mailings", "cellar"),
]
VALUES = {
    "an e-mail address": ["a@b.co", "ask jane.doe+x@mail.example.org first", "Ü@ü.de"],
    "a phone number": [
        *("+41 44 123 45 67", "+14155552671", "(415) 555-2671", "415.555.2671"),
        *("415-555-2671", "044 123 45 67", "0041441234567", "030/1234567-89"),
    ],
    "an IBAN": ["DE89370400440532013000", "gb82 west 1234 5698 7654 32"],
    "an IP address": ["192.168.1.10", "10.0.0.1:8080", "2001:db8::1", "203.0.113.0/24"],
}
OTHER_VALUES = [
    *("51-200", "1,000-5,000", "1000-5000", "10000-50000", "1001+", "1 000 - 5 000"),
    *(
        "2026-01-31",
        "31.01.2026",
        "01/02/2026",
        "10:30:00",
        "8001 Zürich",
        "75001 Paris",
    ),
    *("1.2.3", "119.0.6045.105", "0.9.1.2", "v2.0.1.3-rc1", "00123456", "12345678"),
    *("5551234567", "1700000000", "$1,000,000", "10.000.000", "SW1A 1AA", "24/7"),
    *(
        "DE00370400440532013000",
        "AB12CDEFGHIJKLMNO",
        "@home",
        "R&D @ scale",
        "2020-2024",
    ),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_identifies_a_person_is_refused(name: str) -> None:
    assert identifies_person(name)


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_another_name_is_not(name: str) -> None:
    assert not identifies_person(name)


@pytest.mark.parametrize(
    ("kind", "value"), [(kind, v) for kind, values in VALUES.items() for v in values]
)
def test_a_value_that_identifies_a_person_is_known(kind: str, value: str) -> None:
    assert kind_of_identifier(value) == kind
    query = "select regexp_matches($1, $2, 's')"
    assert duckdb.sql(query, params=[value, WORTH_A_LOOK]).fetchall() == [(True,)]


@pytest.mark.parametrize("value", OTHER_VALUES)
def test_another_value_is_not(value: str) -> None:
    assert kind_of_identifier(value) is None


def test_four_numbers_may_be_a_version() -> None:
    assert kind_of_identifier("10.0.0.1", "app_version") is None
    assert kind_of_identifier("10.0.0.1", "site") == "an IP address"


def test_ten_digits_are_phone_numbers_if_nearly_all_values_are_like_that() -> None:
    numbers = [f"415555{i:04}" for i in range(20)]
    found = identifying_values("reference", numbers)
    assert (found["kind"], found["count"]) == ("a phone number", 20)
    assert identifying_values("revenue", [*numbers, *map(str, range(20))]) is None


def test_the_build_stops_at_a_value_and_does_not_show_it(scratch: Scratch) -> None:
    write_event(scratch)
    duckdb.sql(
        "copy (select 'u' || i as user_id, 'Software' as industry,"
        " if(i = 2, 'jane@example.org', 'London') as city from range(4) as t(i))"
        f" to '{scratch.folder}/users.parquet'"
    )
    selection = ("-s", "+stg_user_attributes", "--exclude-resource-type", "unit_test")
    result = scratch.dbt("build", *selection)
    assert result.returncode == 1
    assert (
        "user_attributes: 'city' may identify a person: 1 value(s) look like an e-mail"
        f" address, such as 'ja…' of user 'u2' in {scratch.folder}/users.parquet; take"
        " it out of user_attributes"
    ) in result.stdout, last_lines(result)
    assert "jane@" not in result.stdout


def test_the_import_stops_at_a_value_and_leaves_nothing(scratch: Scratch) -> None:
    people = scratch.folder / "people.csv"
    people.write_text(
        "user_id,city,industry\nu1,London,Software\nu2,+41 44 123 45 67,\n"
    )
    result = scratch.pointwise("import", str(people), "--users")
    assert result.returncode == 1
    assert (
        "'city' may identify a person: 1 value(s) look like a phone number, such as"
        " '+4…' in row 2; leave the column out"
    ) in result.stderr, last_lines(result)
    assert not (scratch.folder / "users.parquet").exists()
