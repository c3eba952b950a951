"""The same events in the shapes in which tools export them, column names as documented.

Forty people: 30 are known, whose first visit was before they signed in; 10 never were.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import duckdb

from pointwise.importing.presets import known_presets

PATHS = ("/blog/post", "/pricing", "/app/board")
NAMES = ("Page viewed", "Page viewed", "Feature Used")


class Event(NamedTuple):
    """An event as every tool knows it."""

    id: str
    at: datetime
    user: str | None
    device: str
    name: str
    path: str

    @property
    def is_page(self) -> bool:
        """Whether it is a visit to a page."""
        return self.name == "Page viewed"

    @property
    def url(self) -> str:
        """The whole address."""
        return f"https://acme.com{self.path}?utm_source=google"

    @property
    def iso(self) -> str:
        """When, as JSON has it."""
        return self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @property
    def plain(self) -> str:
        """When, as warehouses print it."""
        return f"{self.at:%Y-%m-%d %H:%M:%S}.{self.at.microsecond:06}"


def events() -> list[Event]:
    """Return 120 events: three of each of forty people."""
    found = []
    for person in range(40):
        for step in range(3):
            at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(
                hours=7 * person + step, milliseconds=137 * step
            )
            user = f"usr_{person:03}" if person < 30 and step else None
            device = f"0190{person:04x}-0000-7000-8000-00000000{person:04x}"
            found.append(
                Event(f"e{person}-{step}", at, user, device, NAMES[step], PATHS[step])
            )
    return found


def csv_of(rows: list[dict], delimiter: str = ",", header: bool = True) -> bytes:
    """Return rows as CSV."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def lines_of(rows: list[dict]) -> bytes:
    """Return rows as JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def parquet_of(rows: list[dict]) -> bytes:
    """Return rows as Parquet, typed and nested as DuckDB reads the JSON."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "rows.json", Path(folder) / "rows.parquet"
        source.write_bytes(lines_of(rows))
        duckdb.sql(f"copy (from read_json('{source}')) to '{target}'")
        return target.read_bytes()


# -- PostHog --------------------------------------------------------------------------


def posthog(event: Event) -> dict:
    """Return an event as PostHog has it: who was identified says so."""
    return {
        "uuid": event.id,
        "event": "$pageview" if event.is_page else event.name,
        "properties": {
            "$current_url": event.url,
            "$pathname": event.path,
            "$device_id": event.device,
            "$is_identified": event.user is not None,
            "$session_id": f"s{event.device}",
        },
        "timestamp": event.at.isoformat(sep=" "),
        "team_id": 1,
        "distinct_id": event.user or event.device,
        "person_id": f"0190ffff-0000-7000-8000-{event.device[-12:]}",
        "person_properties": {"plan": "pro", "email": "a@b.c"} if event.user else {},
    }


def with_texts(row: dict) -> dict:
    """Return a row whose objects are JSON in a cell."""
    nested = (dict, list)
    return {k: json.dumps(v) if isinstance(v, nested) else v for k, v in row.items()}


def posthog_page(event: Event) -> dict:
    """Return an event as the CSV of PostHog's page of events has it."""
    row = posthog(event)
    properties = {f"properties.{k}": v for k, v in row.pop("properties").items()}
    return {
        k: row[k] for k in ("uuid", "event", "timestamp", "distinct_id")
    } | properties


SHOWN = "coalesce(person.properties.email, person.properties.name, {}distinct_id)"
URL = "coalesce(properties.$current_url, properties.$screen_name) -- Url / Screen"


def posthog_columns(event: Event, person: str) -> dict:
    """Return an event as its CSV of the columns shown: an expression names people."""
    row = posthog(event)
    who = {
        "id": {f"{PERSON}.{k}": row[v] for k, v in PERSON_KEYS.items()},
        "name": {SHOWN.format("person.properties.username, ") + " -- Person": None},
    }[person]
    who = {k: row["distinct_id"] if v is None else v for k, v in who.items()}
    return (
        {"event": row["event"]}
        | who
        | {
            URL: event.url,
            "properties.$lib": "web",
            "timestamp": row["timestamp"],
        }
    )


PERSON = "person_display_name -- Person"
PERSON_KEYS = {
    "display_name": "distinct_id",
    "id": "person_id",
    "distinct_id": "distinct_id",
}


# -- Segment and RudderStack ----------------------------------------------------------


def call(event: Event, more: dict | None = None) -> dict:
    """Return an event as a call of Segment: page calls have no event name."""
    row = {
        "anonymousId": event.device,
        "userId": event.user,
        "type": "page" if event.is_page else "track",
        "messageId": event.id,
        "originalTimestamp": event.iso,
        "receivedAt": event.iso,
        "timestamp": event.iso,
        "context": {"page": {"path": event.path, "url": event.url}},
        "properties": {"path": event.path} if event.is_page else {"feature": "x"},
    }
    return row | ({} if event.is_page else {"event": event.name}) | (more or {})


def identify(event: Event) -> dict:
    """Return the call that says who somebody is."""
    traits = {"plan": "pro", "email": "ann@acme.com", "employees": 12}
    row = call(event, {"type": "identify", "messageId": f"i{event.id}"})
    return {k: v for k, v in row.items() if k not in ("event", "properties")} | {
        "traits": traits
    }


def tracks(event: Event) -> dict:
    """Return a row of the table tracks."""
    return {
        "id": event.id,
        "anonymous_id": event.device,
        "user_id": event.user,
        "context_page_path": event.path,
        "event": event.name.lower().replace(" ", "_"),
        "event_text": event.name,
        "original_timestamp": event.plain,
        "received_at": event.plain,
        "timestamp": event.plain,
        "uuid_ts": event.plain,
    }


def pages(event: Event) -> dict:
    """Return a row of the table pages."""
    row = tracks(event)
    row = {k: v for k, v in row.items() if k not in ("event", "event_text")}
    return row | {"name": "Home", "path": event.path, "url": event.url, "title": "T"}


def identifies(event: Event) -> dict:
    """Return a row of the table identifies: a column a trait."""
    row = {k: v for k, v in tracks(event).items() if "event" not in k}
    return row | {"id": f"i{event.id}", "plan": "pro", "email": "ann@acme.com"}


# -- Snowplow, Google Analytics 4 -----------------------------------------------------


def snowplow(event: Event) -> dict:
    """Return an enriched event, all its columns in their order."""
    row = dict.fromkeys(known_presets()["snowplow"].header, "")
    schema = "iglu:com.acme/feature_used/jsonschema/1-0-0"
    data = {
        "schema": "iglu:x/unstruct_event/jsonschema/1-0-0",
        "data": {"schema": schema},
    }
    return row | {
        "app_id": "acme",
        "platform": "web",
        "collector_tstamp": event.plain,
        "derived_tstamp": event.plain,
        "event": "page_view" if event.is_page else "unstruct",
        "event_name": "page_view" if event.is_page else "feature_used",
        "event_id": event.id,
        "user_id": event.user or "",
        "domain_userid": event.device,
        "page_url": event.url,
        "page_urlpath": event.path,
        "unstruct_event": "" if event.is_page else json.dumps(data),
    }


def ga4(event: Event) -> dict:
    """Return an event as BigQuery has it."""
    params = [
        {"key": "ga_session_id", "value": {"int_value": "17"}},
        {"key": "page_location", "value": {"string_value": event.url}},
    ]
    return {
        "event_date": f"{event.at:%Y%m%d}",
        "event_timestamp": str(int(event.at.timestamp() * 1e6)),
        "event_name": "page_view" if event.is_page else "feature_used",
        "event_params": params,
        "user_id": event.user,
        "user_pseudo_id": event.device,
        "device": {"category": "desktop"},
        "geo": {"country": "Germany"},
    }


def ga4_flat(event: Event) -> dict:
    """Return the same with a column a parameter."""
    row = ga4(event)
    keys = ("event_date", "event_timestamp", "event_name", "user_id", "user_pseudo_id")
    return {k: row[k] for k in keys} | {
        "ga_session_id": 17,
        "page_location": event.url,
        "device_category": "desktop",
        "geo_country": "Germany",
    }


def ga4_list(event: Event) -> dict:
    """Return the same as Parquet files of BigQuery nest lists."""
    row = ga4(event)
    pairs = [{"element": pair} for pair in row["event_params"]]
    return row | {"event_params": {"list": pairs}}


# -- Mixpanel, Amplitude, HubSpot -----------------------------------------------------


def mixpanel(event: Event) -> dict:
    """Return an event of the raw export: times in seconds."""
    return {
        "event": event.name,
        "properties": {
            "time": int(event.at.timestamp()),
            "distinct_id": event.user or f"$device:{event.device}",
            "$device_id": event.device,
            "$insert_id": event.id,
            "$current_url": event.url,
            "mp_country_code": "DE",
        }
        | ({"$user_id": event.user} if event.user else {}),
    }


def mixpanel_row(event: Event) -> dict:
    """Return the same as a row of a table."""
    found = mixpanel(event)["properties"]
    return {"event": event.name, **{"$user_id": None}, **found}


def amplitude(event: Event) -> dict:
    """Return an event of the export."""
    return {
        "$insert_id": event.id,
        "amplitude_id": 1,
        "device_id": event.device,
        "user_id": event.user,
        "event_type": event.name,
        "event_time": event.plain,
        "server_received_time": event.plain,
        "session_id": -1,
        "country": "Germany",
        "event_properties": {"[Amplitude] Page Path": event.path},
        "user_properties": {"plan": "pro"} if event.user else {},
        "uuid": f"u{event.id}",
    }


def amplitude_zip(found: list[Event]) -> bytes:
    """Return the export: a gzipped file an hour, in a folder, in a zip archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for hour in range(3):
            rows = [amplitude(event) for event in found[hour::3]]
            archive.writestr(
                f"187520/187520_2026-03-01_{hour}#0.json.gz",
                gzip.compress(lines_of(rows)),
            )
    return packed.getvalue()


def hubspot(event: Event) -> dict:
    """Return an event of the events API: contacts only."""
    return {
        "objectType": "CONTACT",
        "objectId": event.user or event.device,
        "eventType": "e_visited_page" if event.is_page else "pe1_feature_used",
        "occurredAt": event.iso,
        "id": event.id,
        "properties": {"hs_url": event.url},
    }


def hubspot_row(event: Event) -> dict:
    """Return the same as a row of a CSV."""
    row = hubspot(event)
    return {
        "Event ID": row["id"],
        "Event Type": row["eventType"],
        "Object ID": row["objectId"],
        "Occurred At": row["occurredAt"],
        "hs_url": event.url,
    }


CONTACTS = (
    b"Record ID,First Name,Last Name,Email,Lifecycle Stage,Create Date,Industry\n"
    b"101,Ann,Lee,ann@acme.com,Lead,2026-01-02 10:00,Software\n"
    b"102,Bob,Kay,bob@acme.com,Customer,2026-01-03 10:00,Retail\n"
)


def shapes() -> dict[str, dict[str, bytes]]:
    """Return each shape as files by name; what is not a tool's is called plain."""
    found = events()
    known = [event for event in found if event.user]

    def each(make) -> list[dict]:  # noqa: ANN001
        return [make(event) for event in found]

    rudder = [call(event, {"rudderId": "r", "channel": "web"}) for event in found]
    page_rows = [pages(event) for event in found if event.is_page]
    track_rows = [tracks(event) for event in found if not event.is_page]
    identify_rows = [identifies(event) for event in known if event.is_page]
    plain = [
        {"user_id": e.user, "anonymous_id": e.device, "event": e.name, "time": e.iso}
        | {"id": e.id, "path": e.path}
        for e in found
    ]
    tables = {
        "tracks.csv": csv_of(track_rows),
        "pages.csv": csv_of(page_rows),
        "identifies.csv": csv_of(identify_rows),
    }
    return {
        "posthog": {"e.csv": csv_of([with_texts(posthog(e)) for e in found])},
        "posthog_page": {"e.csv": csv_of(each(posthog_page))},
        "posthog_shown": {"e.csv": csv_of([posthog_columns(e, "id") for e in found])},
        "posthog_named": {"e.csv": csv_of([posthog_columns(e, "name") for e in found])},
        "posthog_lines": {"e.jsonl": lines_of(each(posthog))},
        "posthog_parquet": {
            "e.parquet": parquet_of([with_texts(posthog(e)) for e in found])
        },
        "segment": {"s.json.gz": gzip.compress(lines_of(each(call)))},
        "rudderstack": {"r.jsonl": lines_of(rudder)},
        "warehouse_tracks": tables,
        "snowplow": {"tsv": csv_of(each(snowplow), "\t", header=False)},
        "snowplow_header": {"s.tsv": csv_of(each(snowplow), "\t")},
        "snowplow_parquet": {"s.parquet": parquet_of(each(snowplow))},
        "ga4_bigquery": {"g.json": lines_of(each(ga4))},
        "ga4_bigquery_csv": {"g.csv": csv_of([with_texts(ga4(e)) for e in found])},
        "ga4_bigquery_parquet": {"g.parquet": parquet_of(each(ga4_list))},
        "ga4_flat": {"g.csv": csv_of(each(ga4_flat))},
        "mixpanel": {"m.jsonl": lines_of(each(mixpanel))},
        "mixpanel_table": {"m.csv": csv_of(each(mixpanel_row))},
        "amplitude": {"a.zip": amplitude_zip(found)},
        "amplitude_csv": {"a.csv": csv_of([with_texts(amplitude(e)) for e in found])},
        "hubspot_events": {"h.jsonl": lines_of(each(hubspot))},
        "hubspot_events_csv": {"h.csv": csv_of(each(hubspot_row))},
        "plain": {"p.csv": csv_of(plain)},
        "plain_lines": {"p.jsonl": lines_of(plain)},
    }
