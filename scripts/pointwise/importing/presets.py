"""The shapes that known tools export: a YAML each in the folder `presets`.

A preset is recognised by columns that a file must have (`wants`; `a|b` is one of
them) and must not have (`without`). For each column of ours it says where the value is,
the first that is filled; for profiles, which rows say something about a person, and
where.
"""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from pointwise.core.errors import PointwiseError
from pointwise.importing.batches import Source
from pointwise.importing.takes import check_take, find_place, written_places

FOLDER = Path(__file__).with_name("presets")
AUTO, PLAIN, LEADS = "auto", "plain", "leads"
KEYS = ("title", "wants", "without", "header", "columns", "profiles", "kind")
PROFILE_KEYS = ("when", "user_id", "account_id", "valid_from", "attributes", "leave")


class Preset(NamedTuple):
    """How one tool's export is read."""

    name: str
    title: str
    wants: list[str]
    without: list[str]
    columns: dict[str, list[Any]]
    profiles: dict[str, Any] | None
    header: list[str]  # Column names of files that have none.
    kind: str  # "events", or "users" for files of profiles only.

    def places(self) -> list[str]:
        """Return every place that it reads, as written."""
        profiles = self.profiles or {}
        ways = [
            *self.columns.values(),
            *(profiles.get(n, []) for n in PROFILE_KEYS[1:4]),
        ]
        found = [
            place for way in ways for take in way for place in written_places(take)
        ]
        inside = [name for name in profiles.get("attributes", []) if name != "*"]
        return list(dict.fromkeys([*found, *profiles.get("when", {}), *inside]))


def read_preset(path: Path) -> Preset:
    """Return a preset; fail in one line if it is not written as one."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PointwiseError(f"--preset: {path} does not exist") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise PointwiseError(f"{path} cannot be read: {reason}") from None
    if not isinstance(found, dict) or not isinstance(found.get("columns"), dict):
        raise PointwiseError(f"{path} has no `columns:`")
    check_keys(f"{path}", found, KEYS)
    profiles = found.get("profiles")
    if profiles is not None:
        check_keys(f"{path}: profiles", profiles, PROFILE_KEYS)
        ways = {
            name: listed(profiles[name])
            for name in PROFILE_KEYS[1:]
            if name in profiles
        }
        profiles = {**profiles, **ways}
    columns = {target: listed(takes) for target, takes in found["columns"].items()}
    for target, takes in columns.items():
        for take in takes:
            check_take(f"{path}: {target}", take)
    return Preset(
        path.stem,
        found.get("title", path.stem),
        listed(found.get("wants", [])),
        listed(found.get("without", [])),
        columns,
        profiles,
        str(found.get("header", "")).split(),
        found.get("kind", "events"),
    )


def check_keys(where: str, found: dict, known: tuple[str, ...]) -> None:
    """Fail if there is a key that no preset has."""
    for key in found:
        if key not in known:
            raise PointwiseError(
                f"{where}: {key!r} is not known; there are: {', '.join(known)}"
            )


def listed(found: Any) -> list[Any]:  # noqa: ANN401
    """Return one or several as a list."""
    return found if isinstance(found, list) else [found]


@cache
def known_presets() -> dict[str, Preset]:
    """Return the presets of the project by name."""
    return {name: read_preset(FOLDER / f"{name}.yml") for name in preset_names()}


def preset_names() -> list[str]:
    """Return the names of the project's presets."""
    return sorted(path.stem for path in FOLDER.glob("*.yml"))


def named_preset(name: str) -> Preset | None:
    """Return the preset asked for, by name or file; None for plain files and lists."""
    if name in (PLAIN, LEADS):
        return None
    if name.endswith((".yml", ".yaml")):
        return read_preset(Path(name))
    if name in known_presets():
        return known_presets()[name]
    names = ", ".join([AUTO, PLAIN, LEADS, *known_presets()])
    raise PointwiseError(
        f"--preset: there is no {name!r}; there are: {names}, or a YAML file of yours"
    )


def fitting_preset(file: str, source: Source) -> Preset | None:
    """Return the preset whose columns the file has: of several the one that wants most.

    Raises PointwiseError if two want as much and would read the file differently.
    """
    fitting = [p for p in known_presets().values() if p.wants and fits(p, source)]
    if not fitting:
        return None
    most = max(len(preset.wants) for preset in fitting)
    best = [preset for preset in fitting if len(preset.wants) == most]
    if len(best) > 1:
        raise PointwiseError(
            f"{file} could be of {' or '.join(preset.title for preset in best)};"
            f" give --preset {' or --preset '.join(preset.name for preset in best)}"
        )
    others = [preset for preset in fitting if preset is not best[0]]
    if not others:
        return best[0]
    fits_too = ", ".join(f"--preset {preset.name}" for preset in others)
    return best[0]._replace(title=f"{best[0].title} (fits, too: {fits_too})")


def fits(preset: Preset, source: Source) -> bool:
    """Say if a file has all columns that a preset wants, each with some value."""
    return not any(is_there(source, name) for name in preset.without) and all(
        any(is_there(source, name) for name in wanted.split("|"))
        for wanted in preset.wants
    )


def is_there(source: Source, written: str) -> bool:
    """Say if a file has a place; in a cell of JSON the key must be in a row."""
    place = find_place(source, written)
    if place is None:
        return False
    return not place.keys or any(
        f'"{place.keys[-1].strip("[]")}"' in (value or "")
        for value in source.sample[place.column][:200]
    )


def preset_without_header(fields: int) -> Preset | None:
    """Return the preset of files without a header that have this number of fields."""
    for preset in known_presets().values():
        if preset.header and len(preset.header) == fields:
            return preset
    return None
