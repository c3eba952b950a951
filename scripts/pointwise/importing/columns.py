"""Which source column becomes which of the project's: told, or guessed by name."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from pointwise.core.errors import PointwiseError
from pointwise.core.home import PROJECT
from pointwise.core.identifying import identifies_person
from pointwise.core.settings import vars_of_run
from pointwise.importing.batches import Source

EVENT_COLUMNS = {
    "event_id": "varchar",
    "user_id": "varchar",
    "anonymous_id": "varchar",
    "occurred_at": "timestamp",
    "event_type": "varchar",
    "received_at": "timestamp",
    "session_id": "varchar",
    "page_path": "varchar",
    "duration_seconds": "double",
    "amount": "double",
    "channel": "varchar",
    "device": "varchar",
    "country": "varchar",
    "user_agent": "varchar",
}
REQUIRED = {
    "events": ("user_id", "occurred_at", "event_type"),
    "users": ("user_id",),
}

# Names that mean a column, surest first; compared without case, blanks and marks.
# What a name after the first `/` means is less sure, and gives way to one before it.
ALIASES = {
    "event_id": "eventid / messageid eventuuid uuid insertid / id",
    "user_id": "userid / user customerid uid distinctid memberid contactid subscriberid"
    " / customer client member",
    "anonymous_id": "anonymousid / visitorid clientid deviceid cookieid userpseudoid"
    " domainuserid / visitor",
    "user_agent": "useragent / ua",
    "occurred_at": "occurredat / timestamp eventtime eventtimestamp ts eventat"
    " derivedtstamp"
    " / time datetime date createdat eventdate eventdatetime",
    "event_type": "eventtype / event eventname / action activity eventaction type",
    "received_at": "receivedat / ingestedat loadedat servertime servertimestamp"
    " collectortstamp",
    "session_id": "sessionid / session visitid usersession gasessionid domainsessionid",
    "page_path": "pagepath pageurlpath / path page",
    "duration_seconds": "durationseconds / duration durationsec durationsecs timespent"
    " timespentseconds dwelltime",
    "amount": "amount / revenue ordervalue / value price total",
    "channel": "channel / trafficsource utmsource marketingchannel / source medium",
    "device": "device / devicetype devicecategory / platform",
    "country": "country / countrycode countryname geocountry",
    "valid_from": "validfrom / effectivefrom effectivedate",
    "account_id": "accountid / companyid organizationid organisationid"
    " / companydomain emaildomain",
}
USER_ID_IN_PROFILES = " id"

# Ids may be hashed, and values are looked at; events have names; rules on machines ask
# for the user agent, which no mart keeps.
MAY_BE_PERSONAL = ("user_id", "anonymous_id", "user_agent", "event_type", "account_id")


class Mapping(NamedTuple):
    """Target columns with their source column, or with a constant."""

    sources: dict[str, str]
    constants: dict[str, str]
    guessed: set[str]


def user_attributes() -> list[str]:
    """Return the profile columns that the project uses, the account first."""
    given = vars_of_run(PROJECT, None)["user_attributes"]
    return list(dict.fromkeys(["account_id", *given]))


def split_pairs(option: str, pairs: Iterable[str]) -> dict[str, str]:
    """Return `target=source` options as a dictionary."""
    result = {}
    for pair in pairs:
        target, equals, source = pair.partition("=")
        if not equals or not target.strip():
            raise PointwiseError(f"{option} {pair!r} is not of the form COLUMN=VALUE")
        if target.strip() in result:
            raise PointwiseError(f"{option} gives {target.strip()} twice")
        result[target.strip()] = source
    return result


def choose_columns(
    name: str,
    source: Source,
    kind: str,
    told: dict[str, str],
    constants: dict[str, str],
    kept: list[str],
) -> Mapping:
    """Return the mapping for a file: as told, else by name; or say what is missing."""
    targets = list(EVENT_COLUMNS)
    if kind == "users":
        targets = ["user_id", "valid_from", *user_attributes()]
    for target in [*told, *constants]:
        if target not in targets:
            raise PointwiseError(
                f"{target!r} is no column of {kind}; there are: {', '.join(targets)}"
            )
    sources = {
        target: find_column(name, source, column)
        for target, column in told.items()
        if column
    }
    for column in kept:
        target = snake_name(column) or column
        if target == "unparsed" or target in sources or target in constants:
            raise PointwiseError(f"--keep {column!r}: there is a {target} already")
        sources[target] = find_column(name, source, column)
    guessed, missing = set(), []
    for target in targets:
        if target in told or target in sources or target in constants:
            continue
        found = guess_column(target, source, kind, set(sources.values()))
        if target in REQUIRED[kind] and len(found) != 1:
            missing.append((target, found))
        elif found:
            sources[target] = found[0]
            guessed.add(target)
    check_missing(name, source, needed(missing, sources))
    check_sources(name, source, sources)
    return Mapping(sources, constants, guessed)


def needed(
    missing: list[tuple[str, list[str]]], sources: dict[str, str]
) -> list[tuple[str, list[str]]]:
    """Return what is missing; a user id is not, where there is an anonymous id."""
    if "anonymous_id" in sources:
        return [target for target in missing if target != ("user_id", [])]
    return missing


def check_missing(
    name: str, source: Source, missing: list[tuple[str, list[str]]]
) -> None:
    """Fail if required columns have no source column, or may have several.

    Args:
        name: the file.
        source: what is in it.
        missing: the targets in question, each with the columns that it could be.
    """
    if not missing:
        return
    told = [
        f"{target} could be {' or '.join(map(repr, found))}"
        if found
        else f"no column for {target}"
        for target, found in missing
    ]
    give = " ".join(f"--map {target}=COLUMN" for target, _ in missing)
    also = " (or --set event_type=NAME)" if "event_type" in dict(missing) else ""
    raise PointwiseError(
        f"{name}: {', '.join(told)} among {listed(source.columns)}; give {give}{also}"
    )


def check_sources(name: str, source: Source, sources: dict[str, str]) -> None:
    """Fail if a chosen column identifies a person, or is not the only one so named."""
    for target, column in sources.items():
        if target not in MAY_BE_PERSONAL and identifies_person(column):
            raise PointwiseError(
                f"{name}: column {column!r} may identify a person and is never"
                " imported; leave it out"
            )
        if column in source.duplicated:
            raise PointwiseError(
                f"{name}: the header has {column!r} more than once; rename one of them"
            )


def find_column(name: str, source: Source, column: str) -> str:
    """Return the source column of that name, or the only one that is nearly so."""
    if column in source.columns:
        return column
    near = [c for c in source.columns if plain(c) == plain(column)]
    if len(near) != 1:
        raise PointwiseError(
            f"{name}: no column {column!r} among {listed(source.columns)}"
        )
    return near[0]


def guess_column(target: str, source: Source, kind: str, taken: set[str]) -> list[str]:
    """Return the columns whose name means the target; several if equally likely."""
    names = ALIASES.get(target, plain(target))
    if target == "user_id" and kind == "users":
        names += USER_ID_IN_PROFILES
    free = [column for column in source.columns if column not in taken]
    filled = [column for column in free if any(source.sample[column])]
    for columns in (filled, free):
        for name_of in (plain, last_name):
            for tier in names.split("/"):
                found = [c for a in tier.split() for c in columns if name_of(c) == a]
                if target == "event_id":
                    # Deliveries repeat some events: a sure name need not be unique.
                    sure = "eventid" in tier
                    found = [c for c in found if are_ids(source.sample[c], sure)]
                if found:
                    return found
    return []


def would_be_guessed(columns: list[str], kind: str, mapping: Mapping) -> list[str]:
    """Return the new columns whose names mean a column that is not yet mapped."""
    source = Source(columns, {column: [None] for column in columns}, set(), None)
    targets = EVENT_COLUMNS if kind == "events" else ["valid_from", *user_attributes()]
    found = [
        guess_column(target, source, kind, set())
        for target in targets
        if target not in mapping.sources and target not in mapping.constants
    ]
    return sorted({names[0] for names in found if names})


def are_ids(values: list[str | None], may_repeat: bool) -> bool:
    """Say if values could be identifiers: all there, none twice, or few of them."""
    if not values or not all(values):
        return False
    different = len(set(values))
    return different == len(values) or (may_repeat and 2 * different > len(values))


def plain(name: str) -> str:
    """Return a column name in lower case, letters and digits only."""
    return re.sub(r"[\W_]", "", name).lower()


def last_name(column: str) -> str:
    """Return the plain name of a nested column without what it is nested in."""
    return plain(column.rpartition(".")[2])


def snake_name(name: str) -> str:
    """Return a name as a column of the project is written: like_this."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[\W_]+", "_", parted).strip("_").lower()


def listed(columns: list[str], limit: int = 30) -> str:
    """Return column names as text, not too long."""
    shown = ", ".join(columns[:limit])
    more = len(columns) - limit
    return shown + (f" and {more} more" if more > 0 else "")
