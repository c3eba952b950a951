"""Mistakes in groups, bands and grades: what each score of a panel is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from pointwise.core.panel.reader import Mistake
from pointwise.core.panel.rows import Row, closest, cut_short
from pointwise.core.panel.schema import GRADED_SCORE, MAIN_SCORE

# What keeps a person in a band, and what makes a list of it: of intent only.
HOLDS = ("enter_at", "leave_at", "min_days")
LISTS = ("daily_capacity", "repeat_after_days")


def check_scores(
    groups: list[Row],
    bands: list[Row],
    grades: list[Row],
    settings: Mapping[str, Any],
) -> Iterator[Mistake]:
    """Yield scores that have no groups or no bands, and what is wrong with either.

    Each score has groups of rules, and bands for all that it may be.
    """
    for row in groups:
        if row.values["rule_group"] in ("base", "limit"):
            found = "'<rule_group>' is a reserved name"
            yield row.mistake("rule_group", found, "another name")
    of_groups = {row.values["score"] for row in groups}
    of_bands = {row.values["score"] for row in bands}
    if groups and None not in of_groups:
        found = f"no group is of the score {MAIN_SCORE}, which ranks people"
        yield groups[0].mistake("score", found, "blank in a group, for its score")
    yield from without(groups, of_bands, "band", "score_bands")
    yield from without(bands, of_groups, "group", "score_groups")
    for score in sorted(of_bands, key=str):
        of_score = [row for row in bands if row.values["score"] == score]
        yield from check_bands(of_score)
        yield from check_holds(of_score, has_record=has_record(settings))
    yield from check_grades(grades, bands)


def without(
    rows: list[Row], known: set[str | None], what: str, file: str
) -> Iterator[Mistake]:
    """Yield the first row of each score that another file has nothing of."""
    seen = {None, *known}
    for row in rows if known else ():
        score = row.values["score"]
        if score not in seen:
            seen.add(score)
            found = f"'<score>' has no {what} in {file}.csv"
            allowed = f"blank for {MAIN_SCORE}, or a score that has one"
            yield row.mistake("score", found, allowed)


def check_bands(bands: list[Row]) -> Iterator[Mistake]:
    """Yield bands of one score that leave low scores without one, or begin alike."""
    scores = [row.values["min_score"] for row in bands]
    for number, row in enumerate(bands):
        if scores[number] is not None and scores[number] in scores[:number]:
            found = "'<min_score>' is there twice"
            yield row.mistake("min_score", found, "a value that no other row has")
    if None in scores or not scores or min(scores) <= 1:
        return
    for row in bands:
        if row.values["min_score"] == min(scores):
            found = "gap in bands: scores below '<min_score>' have no band"
            yield row.mistake("min_score", found, "1 for the lowest band")


def has_record(settings: Mapping[str, Any]) -> bool:
    """Return whether published scores are recorded; settings may be bad ones."""
    modules = settings.get("modules")
    return not isinstance(modules, Mapping) or modules.get("history") is not False


def check_holds(bands: list[Row], *, has_record: bool) -> Iterator[Mistake]:
    """Yield what keeps people in bands of one score where it has no meaning."""
    known = [row for row in bands if row.values["min_score"] is not None]
    ordered = sorted(known, key=lambda row: row.values["min_score"])
    for row, above in zip_longest(ordered, ordered[1:]):
        is_main = row.values["score"] is None
        asked = HOLDS if is_main else (*HOLDS, *LISTS)
        given = [name for name in asked if row.texts[name] is not None]
        if not is_main or row is ordered[0]:
            where = "the lowest band" if is_main else "<score>"
            for name in given:
                yield row.mistake(
                    name, f"'<{name}>' has no meaning for {where}", "blank"
                )
            continue
        yield from check_edges(row, above)
        if given and "min_days" not in given:
            allowed = "for how many days the band holds, such as 14"
            yield row.mistake("min_days", f"is blank beside {given[0]}", allowed)
        elif given and not has_record:
            found = "'<min_days>' needs the module history, which records scores"
            yield row.mistake("min_days", found, "blank, or the module switched on")


def check_edges(row: Row, above: Row | None) -> Iterator[Mistake]:
    """Yield scores to enter or leave a band at that its neighbours do not allow."""
    begins, enter, leave = (
        row.values[n] for n in ("min_score", "enter_at", "leave_at")
    )
    if enter is not None and enter < begins:
        yield row.mistake(
            "enter_at", "'<enter_at>' is less than min_score", f"{begins} or more"
        )
    if enter is not None and above is not None and enter > above.values["min_score"]:
        found = "'<enter_at>' is more than the next band's min_score"
        yield row.mistake("enter_at", found, f"at most {above.values['min_score']}")
    if leave is not None and leave > begins:
        yield row.mistake(
            "leave_at", "'<leave_at>' is more than min_score", f"at most {begins}"
        )


def bands_of(bands: list[Row], score: str | None) -> list[str] | None:
    """Return the names of a score's bands; None if they are unknown."""
    of_score = [row for row in bands if row.values["score"] == score]
    return [row.values["band"] for row in of_score if row.values["band"]] or None


def check_grades(grades: list[Row], bands: list[Row]) -> Iterator[Mistake]:
    """Yield grades of bands that are not there, of the same cell, and cells without."""
    sides = {
        "fit_band": (GRADED_SCORE, bands_of(bands, GRADED_SCORE) or []),
        "intent_band": (MAIN_SCORE, bands_of(bands, None) or []),
    }
    cells: dict[tuple[str, str], Row] = {}
    is_sound = True
    if grades and not sides["fit_band"][1]:
        found = f"no band is of the score {GRADED_SCORE}, which grades are made of"
        yield Mistake("score_grades", None, None, found, "such bands, or no grades")
        return
    for row in grades:
        for column, (score, known) in sides.items():
            band = row.texts[column]
            if band is not None and band not in known:
                is_sound = False
                found = f"'<{column}>' is no band of the score {score}"
                near = f", such as {closest(known, band)}" if known else ""
                allowed = f"a band of {score} from score_bands.csv{near}"
                yield row.mistake(column, found, allowed)
        cell = (row.texts["fit_band"] or "", row.texts["intent_band"] or "")
        first = cells.setdefault(cell, row)
        if first is not row and all(cell):
            found = f"'<fit_band>' with <intent_band> has a grade in row {first.number}"
            yield row.mistake("fit_band", found, "each pair of bands once")
    for fit_band in sides["fit_band"][1] if grades and is_sound else ():
        for intent_band in sides["intent_band"][1]:
            if (fit_band, intent_band) not in cells:
                both = f"'{cut_short(fit_band)}' with {cut_short(intent_band)}"
                found, allowed = f"{both} has no grade", "a row for each pair of bands"
                yield Mistake("score_grades", None, None, found, allowed)
