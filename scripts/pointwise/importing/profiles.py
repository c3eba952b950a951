"""What a preset's file says about people: identify calls, properties of persons.

Attributes are those that the setting `user_attributes` names; a folder whose settings
name none gets all that are safe to keep. What may identify a person is left out.
"""

import json
from collections.abc import Iterator
from re import fullmatch
from typing import NamedTuple

from pointwise.core.home import home, home_settings
from pointwise.core.identifying import identifies_person, identifying_values
from pointwise.core.sql_text import sql_name
from pointwise.importing.batches import Source
from pointwise.importing.columns import Mapping, snake_name, user_attributes
from pointwise.importing.presets import Preset
from pointwise.importing.takes import (
    Place,
    Take,
    conditions,
    find_place,
    is_pair,
    plain,
    read_take,
)

MOST_ATTRIBUTES = 40
MOST_VALUES = 200  # More different ones are texts or ids, unless they are numbers.
NEVER = ("user_id", "valid_from", "unparsed", "account_id", "id", "as_of_date", "score")


class Attribute(NamedTuple):
    """An attribute as it would be called, where it is, and its values in the sample."""

    name: str
    place: Place
    values: list[str]


def profile_mapping(
    source: Source,
    preset: Preset,
    kept: list[str],
    mapped: dict[str, str],
) -> Mapping | None:
    """Return the mapping of a file's profiles, or None if it has none."""
    profiles = preset.profiles or {}
    columns = preset.columns
    ids = [*columns.get("user_id", []), *columns.get("anonymous_id", [])]
    written = {
        "user_id": profiles.get("user_id") or ids,
        "valid_from": profiles.get("valid_from", columns.get("occurred_at", [])),
        "account_id": profiles.get("account_id", []),
    }
    if mapped.get("user_id"):
        written["user_id"] = [mapped["user_id"]]
    sources = {}
    for target, takes in written.items():
        found = tuple(t for take in takes if (t := read_take(source, take)))
        if found:
            sources[target] = found
    if "user_id" not in sources:
        return None
    for attribute in chosen(attributes_of(source, profiles), kept):
        sources.setdefault(attribute.name, ())
        sources[attribute.name] += (Take(attribute.place),)
    when = conditions(source, profiles.get("when", {}))
    if not set(sources) - {"user_id", "valid_from"}:
        return None
    return Mapping(sources, {}, set(), preset, frozenset(sources), when)


def with_all_attributes(mapping: Mapping, source: Source, kept: list[str]) -> Mapping:
    """Return the mapping of a file of people, with all that is safe to keep of them.

    Where settings name attributes, it is as it was.
    """
    if not takes_all():
        return mapping
    used = {*mapping.columns()}
    sources = dict(mapping.sources)
    others = (column for column in source.columns if column not in used)
    found = [
        Attribute(snake_name(c), Place(c), values_at(source, Place(c))) for c in others
    ]
    for attribute in chosen(found, kept):
        sources.setdefault(attribute.name, (Take(attribute.place),))
    people = Preset(
        "people", "columns found by their names", [], [], {}, None, [], "users"
    )
    return mapping._replace(sources=sources, preset=people)


def attributes_of(source: Source, profiles: dict) -> list[Attribute]:
    """Return everything in a file that is about a person, whatever it is."""
    found: list[Attribute] = []
    leave = profiles.get("leave", [])
    for inside in profiles.get("attributes", []):
        if inside == "*":
            keys = {column: Place(column) for column in source.columns}
        elif inside.endswith("[]"):
            keys = pairs_of(source, inside[:-2])
        else:
            keys = keys_of(source, inside)
        for key, place in keys.items():
            if not key.startswith("$") and not is_left(key, leave):
                found.append(
                    Attribute(snake_name(key), place, values_at(source, place))
                )
    return found


def is_left(key: str, leave: list[str]) -> bool:
    """Say if a preset leaves a key out, by its name or its plain name."""
    return any(
        fullmatch(pattern, name, flags=2)
        for pattern in leave
        for name in (key, plain(key))
    )


def keys_of(source: Source, outer: str) -> dict[str, Place]:
    """Return the keys of an object: columns of JSON lines, or of JSON in a cell."""
    start = outer + "."
    flat = [column for column in source.columns if column.startswith(start)]
    keys = {c.removeprefix(start): Place(c) for c in flat if "." not in c[len(start) :]}
    place = find_place(source, outer)
    if place and not keys:
        for text in source.sample[place.column]:
            for key in object_at(text, place.keys):
                keys.setdefault(key, Place(place.column, (*place.keys, key)))
    return keys


def object_at(text: str | None, keys: tuple[str, ...]) -> dict:
    """Return the object in a text of JSON, at some keys; an empty one if none is."""
    try:
        found = json.loads(text or "null")
    except (ValueError, RecursionError):
        return {}
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def pairs_of(source: Source, outer: str) -> dict[str, Place]:
    """Return the keys of a list of keys and values."""
    place, keys = find_place(source, outer), {}
    for text in source.sample[place.column] if place else ():
        for key, _ in pairs_in(text):
            keys.setdefault(key, Place(place.column, (*place.keys, f"[{key}]")))
    return keys


def pairs_in(text: str | None) -> Iterator[tuple[str, object]]:
    """Yield keys and values of a list of pairs, as JSON or as BigQuery's Parquet."""
    try:
        found = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return
    if isinstance(found, dict):
        found = [inner.get("element") for inner in found.get("list", [])]
    for pair in found if isinstance(found, list) else ():
        if isinstance(pair, dict) and isinstance(key := pair.get("key"), str):
            value = pair.get("value")
            if isinstance(value, dict):
                filled = (v for k, v in value.items() if k.endswith("_value"))
                value = next((v for v in filled if v is not None), None)
            yield key, value


def values_at(source: Source, place: Place) -> list[str]:
    """Return the sample's values at a place."""
    cells = source.sample[place.column]
    if not place.keys:
        found = cells
    elif is_pair(last := place.keys[-1]):
        pairs = (pair for cell in cells for pair in pairs_in(cell))
        found = [value for key, value in pairs if f"[{key}]" == last]
    else:
        found = [object_at(cell, place.keys[:-1]).get(last) for cell in cells]
    texts = (v if isinstance(v, str) else json.dumps(v) for v in found if v is not None)
    return list(texts)


def chosen(found: list[Attribute], kept: list[str]) -> list[Attribute]:
    """Return the attributes that are taken: as settings say, else all that are safe."""
    names = [snake_name(name) for name in kept]
    if not takes_all():
        names += user_attributes()
        return [a for a in found if a.name in names and is_safe(a)]
    safe = [a for a in found if a.name in names or (is_safe(a) and is_informative(a))]
    allowed = list(dict.fromkeys(attribute.name for attribute in safe))[
        :MOST_ATTRIBUTES
    ]
    return [attribute for attribute in safe if attribute.name in allowed]


def takes_all() -> bool:
    """Say if the settings leave open which attributes are used."""
    return home() is not None and "user_attributes" not in home_settings()


def is_safe(attribute: Attribute) -> bool:
    """Say if neither the name of an attribute nor its values identify a person."""
    return (
        bool(fullmatch(r"[a-z][a-z0-9_]{0,62}", attribute.name))
        and attribute.name not in NEVER
        and not identifies_person(attribute.name)
        and not identifying_values(attribute.name, set(attribute.values))
    )


def is_informative(attribute: Attribute) -> bool:
    """Say if an attribute could distinguish people: its values repeat."""
    different = {value for value in attribute.values if value.strip()}
    if any(value[:1] in "{[" for value in different):
        return False
    is_number = all(fullmatch(r"-?\d+([.]\d+)?", value) for value in different)
    return bool(different) and (is_number or len(different) <= MOST_VALUES)


def changes_only(query: str, attributes: list[str], has_time: bool) -> str:
    """Return a query for the rows of profiles that say something new."""
    names = ", ".join(sql_name(name) for name in attributes)
    order = ("valid_from nulls first, " if has_time else "") + names
    return (
        f"select * from ({query})"
        f" where coalesce({names}) is not null and user_id is not null"
        f" qualify row({names}) is distinct from lag(row({names})) over"
        f" (partition by user_id order by {order})"
        f" order by user_id, {order}"
    )
