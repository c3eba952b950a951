"""Which source column becomes which of the project's: named, or guessed."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from pointwise.core.errors import PointwiseError
from pointwise.core.home import PROJECT, path_setting
from pointwise.core.identifying import identifies_person
from pointwise.core.panel.snapshot import panel_rows
from pointwise.core.settings import vars_of_run
from pointwise.importing.batches import Source
from pointwise.importing.presets import Preset
from pointwise.importing.takes import Place, Take, find_place, plain, read_take

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
ASSIGNMENT_COLUMNS = ("experiment", "id", "arm", "assigned_at")
REQUIRED = {
    "events": ("user_id", "occurred_at", "event_type"),
    "users": ("user_id",),
    "assignments": ASSIGNMENT_COLUMNS,
}

# Names that mean a column, most certain first; compared without case, blanks and marks.
# What a name after the first `/` means is less sure, and gives way to one before it;
# `a&b` is a column a in a file that has a column b (Statsig).
ALIASES = {
    "event_id": "eventid / messageid eventuuid uuid insertid / id",
    "user_id": "userid / user customerid uid distinctid memberid contactid subscriberid"
    " / customer client member",
    "anonymous_id": "anonymousid / visitorid clientid deviceid cookieid userpseudoid"
    " domainuserid / visitor",
    "user_agent": "useragent / ua",
    "occurred_at": "occurredat / timestamp eventtime eventtimestamp ts eventat"
    " derivedtstamp"
    " / time datetime date createdat eventdate eventdatetime"
    " / orderdate invoicedate purchasedate transactiondate visitdate ordertime"
    " purchasetime transactiontime starttime startedat",
    "event_type": "eventtype / event eventname / action activity eventaction type",
    "received_at": "receivedat / ingestedat loadedat servertime servertimestamp"
    " collectortstamp",
    "session_id": "sessionid / session visitid usersession gasessionid domainsessionid",
    "page_path": "pagepath pageurlpath / path page",
    "duration_seconds": "durationseconds / duration durationsec durationsecs timespent"
    " timespentseconds dwelltime",
    "amount": "amount / revenue ordervalue ordertotal orderamount totalamount"
    " / value price total / spend spent sales",
    "channel": "channel / trafficsource utmsource marketingchannel / source medium",
    "device": "device / devicetype devicecategory / platform",
    "country": "country / countrycode countryname geocountry",
    "experiment": "experiment experimentname experimentid / flag featureflag flagkey"
    " experimentkey campaign test / experimentflagkey / name&experimentgroup",
    "id": "id userid distinctid customerid uid / user anonymousid deviceid contactid"
    " / contextkey / unitid / visitorid / stableid / subject / subjectid / subjectkey",
    "arm": "arm variant variation / group armname variantname variationname bucket"
    " treatment value / groupname / experimentgroup / experimentvariant"
    " / variationvalue / featureflagresponse / variationkey / variationid / variantid"
    " / variatecombination",
    "assigned_at": "assignedat assignmenttime exposedat exposuretime firstexposure"
    " firstexposureat firstexposureutc firstexposuretime"
    " / timestamp enrolledat time date occurredat sentat createdat"
    " / eventtime / eventtimestamp / creationdate / sendtime",
    "valid_from": "validfrom / effectivefrom effectivedate",
    "account_id": "accountid / companyid organizationid organisationid"
    " / companydomain emaildomain",
}
USER_ID_IN_PROFILES = " id"

# Ids may be hashed, and values are looked at; events have names; rules on machines ask
# for the user agent, which no mart keeps.
MAY_BE_PERSONAL = (
    *("user_id", "anonymous_id", "event_type", "account_id", "user_agent"),
    *("id", "arm", "experiment"),
)


# What an import writes beside: rows, and numbers, that could not be read.
RESERVED = ("unparsed", "unread_amount", "unread_duration_seconds")
PARTS = 3  # Of the people of a list without dates; the last is held out.


class Moment(NamedTuple):
    """An event that a row of a list of leads holds: its name, and where its time is."""

    name: str
    take: Take
    plus_days: int = 0
    latest: str = ""  # A day that the days added do not lead beyond.
    part: int | None = None  # Of people, by a hash of their ids; None: all.
    is_shown: bool = True  # False: nothing that a person did, or to be set aside.
    only_on: str = ""  # Of rows of this day only; else of all.


class Mapping(NamedTuple):
    """Target columns with where they are taken from, or with a constant."""

    sources: dict[str, tuple[Take, ...]]
    constants: dict[str, str]
    guessed: set[str]
    preset: Preset | None = None
    preset_targets: frozenset[str] = frozenset()
    when: tuple[tuple[Place, str], ...] = ()  # Rows that are taken; all if empty.
    moments: tuple[Moment, ...] = ()  # Of a list of leads: its events.
    leads: Any = None  # What the list was taken for: leads.LeadList.
    whole: tuple[str, ...] = ()  # What identifies events without an id: all columns.
    role: str = ""  # Rows that land once more are other events in each role.

    def only_used(self) -> "Mapping":
        """Return the same without columns that only identify events."""
        return self._replace(whole=())

    def columns(self) -> list[str]:
        """Return the columns of the file that are read, each once."""
        takes = [take for takes in self.sources.values() for take in takes]
        takes += [moment.take for moment in self.moments]
        places = [place for take in takes for place in take.places()]
        places += [place for place, _ in self.when]
        return list(dict.fromkeys([*(place.column for place in places), *self.whole]))


def user_attributes() -> list[str]:
    """Return the profile columns that the project uses, the account first."""
    given = vars_of_run(PROJECT, None)["user_attributes"]
    return list(dict.fromkeys(["account_id", *given]))


def covariates() -> list[str]:
    """Return the columns of assignments that metrics of experiments have as covariates.

    Raises PointwiseError if experiment_metrics.csv of the panel has a mistake.
    """
    rows = panel_rows(path_setting("POINTWISE_CONTROL"), "experiment_metrics")
    return sorted({row["covariate"] for row in rows if row["covariate"]})


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
    mapped: dict[str, str],
    constants: dict[str, str],
    kept: list[str],
    preset: Preset | None = None,
    properties: Iterable[str] = (),
) -> Mapping:
    """Return the mapping for a file: as named, else by preset, else by name.

    Properties are taken along where the file has them: by their name, or as a key.

    Raises PointwiseError if something is missing, or could be several things.
    """
    targets = targets_of(kind)
    for target in [*mapped, *constants]:
        if target not in targets:
            raise PointwiseError(
                f"{target!r} is no column of {kind}; there are: {', '.join(targets)}"
            )
    sources = named_columns(name, source, mapped, constants, kept)
    given = preset.columns if preset and kind == "events" else {}
    by_preset = set()
    for target, written in given.items():
        if target not in (*mapped, *sources, *constants):
            takes = (read_take(source, take) for take in written)
            if found := tuple(take for take in takes if take):
                sources[target] = found
                by_preset.add(target)
    for name_of_property in properties if kind == "events" else ():
        takes = find_property(source, name_of_property)
        if takes and name_of_property not in (*sources, *constants, *targets):
            sources[name_of_property] = takes
    left = {target for target, written in given.items() if not written}
    settled = {*mapped, *sources, *constants, *left}
    open_targets = [target for target in targets if target not in settled]
    guessed = guess_columns(name, source, kind, open_targets, sources)
    mapping = Mapping(sources, constants, guessed, preset, frozenset(by_preset))
    check_sources(name, source, mapping)
    return mapping


def named_columns(
    name: str,
    source: Source,
    mapped: dict[str, str],
    constants: dict[str, str],
    kept: list[str],
) -> dict[str, tuple[Take, ...]]:
    """Return where columns are taken from that --map and --keep name."""
    sources = {
        target: (Take(find_column(name, source, column)),)
        for target, column in mapped.items()
        if column
    }
    for column in kept:
        target = snake_name(column) or column
        if target in RESERVED or target in sources or target in constants:
            raise PointwiseError(f"--keep {column!r}: there is a {target} already")
        sources[target] = (Take(find_column(name, source, column)),)
    return sources


def guess_columns(
    name: str,
    source: Source,
    kind: str,
    targets: list[str],
    sources: dict[str, tuple[Take, ...]],
) -> set[str]:
    """Add the columns whose names mean these targets to `sources`; return those found.

    Raises PointwiseError if one that is needed is missing, or could be several.
    """
    guessed, missing = set(), []
    for target in targets:
        found = guess_column(target, source, kind, taken(sources))
        if target in REQUIRED[kind] and len(found) != 1:
            missing.append((target, found))
        elif found:
            sources[target] = (Take(Place(found[0])),)
            guessed.add(target)
    check_missing(name, source, needed(missing, sources))
    return guessed


def targets_of(kind: str) -> list[str]:
    """Return the columns that a file of a kind may become."""
    if kind == "assignments":
        return [*ASSIGNMENT_COLUMNS, "account_id", *covariates()]
    if kind == "users":
        return ["user_id", "valid_from", *user_attributes()]
    return list(EVENT_COLUMNS)


# Where tools keep what an event says about itself.
PROPERTY_PLACES = (
    *("{}", "properties.{}", "properties.${}", "event_properties.{}"),
    *(
        "event_params[{}]",
        "event_params[page_{}]",
        "params_{}",
        "context.page.{}",
        "context_page_{}",
        "page_{}",
    ),
)


def find_property(source: Source, name: str) -> tuple[Take, ...]:
    """Return where a file may have a property of events."""
    places = (find_place(source, place.format(name)) for place in PROPERTY_PLACES)
    return tuple(Take(place) for place in places if place)


def taken(sources: dict[str, tuple[Take, ...]]) -> set[str]:
    """Return the columns from which values are taken whole."""
    return {
        take.place.column
        for takes in sources.values()
        for take in takes
        if take.place and not take.place.keys
    }


def needed(
    missing: list[tuple[str, list[str]]], sources: dict[str, tuple[Take, ...]]
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
    asks = [
        f"{target} could be {' or '.join(map(repr, found))}"
        if found
        else f"no column for {target}"
        for target, found in missing
    ]
    give = " ".join(f"--map {target}=COLUMN" for target, _ in missing)
    also = " (or --set event_type=NAME)" if "event_type" in dict(missing) else ""
    also += " (or --experiment NAME)" if "experiment" in dict(missing) else ""
    if {"occurred_at", "event_type"} <= {*dict(missing)}:
        also += "; of a list of leads name the outcome: --outcome COLUMN[=VALUE]"
    raise PointwiseError(
        f"{name}: {', '.join(asks)} among {listed(source.columns)}; give {give}{also}"
    )


def check_sources(name: str, source: Source, mapping: Mapping) -> None:
    """Fail if a chosen column identifies a person, or is not the only one so named."""
    for target, takes in mapping.sources.items():
        for place in [take.place for take in takes if take.place]:
            written = str(place)
            if target not in MAY_BE_PERSONAL and identifies_person(written):
                if target in mapping.preset_targets:
                    continue
                raise PointwiseError(
                    f"{name}: column {written!r} may identify a person and is never"
                    " imported; leave it out"
                )
            if place.column in source.duplicated:
                raise PointwiseError(
                    f"{name}: the header has {place.column!r} more than once; rename"
                    " one of them"
                )


def find_column(name: str, source: Source, column: str) -> Place:
    """Return where the file has a column, or a key in one, of that or nearly that name.

    Raises PointwiseError if it is not there.
    """
    place = find_place(source, column)
    if place is None:
        raise PointwiseError(
            f"{name}: no column {column!r} among {listed(source.columns)}"
        )
    return place


def guess_column(target: str, source: Source, kind: str, taken: set[str]) -> list[str]:
    """Return the columns whose name means the target; several if equally likely."""
    names = ALIASES.get(target, plain(target))
    if target == "user_id" and kind == "users":
        names += USER_ID_IN_PROFILES
    free = [column for column in source.columns if column not in taken]
    filled = [column for column in free if any(source.sample[column])]
    there = {plain(column) for column in source.columns}
    for columns in (filled, free):
        for name_of in (plain, last_name):
            for tier in names.split("/"):
                wanted = [alias.partition("&") for alias in tier.split()]
                means = [one for one, _, beside in wanted if {beside} <= there | {""}]
                found = [c for a in means for c in columns if name_of(c) == a]
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
