"""Rules of accounts whose cells do not go together, or that are of nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from pointwise.core.panel.reader import Mistake
from pointwise.core.panel.rows import Row, closest, cut_short

# The cells that a row of each measure needs, and those that it may have besides.
NEEDED = {
    "best_people": ("people",),
    "further_people": ("points",),
    "rule_cap": ("applies_to", "max_points"),
    "attribute": ("applies_to", "equals", "points"),
    "not_a_company": ("equals",),
    "band": ("points",),
}
ALSO = {"best_people": ("half_life_days",), "further_people": ("max_points",)}
CELLS = ("applies_to", "equals", "people", "points", "max_points", "half_life_days")
ALLOWED = {
    "applies_to": "a name that the row applies to",
    "equals": "the text that it must be",
    "people": "a whole number from 1 to 1000",
    "points": "a whole number",
    "max_points": "a whole number from 0",
}
# Cells that distinguish the rows of a measure; two of the same would count twice.
IDENTIFYING = {
    "best_people": (),
    "further_people": (),
    "rule_cap": ("applies_to",),
    "attribute": ("applies_to", "equals"),
    "not_a_company": ("equals",),
    "band": ("points",),
}


def check_accounts(
    account_rules: list[Row],
    scoring_rules: list[Row],
    measures: Mapping[str | None, str | None],
) -> Iterator[Mistake]:
    """Yield what is wrong with rules of accounts, given measures by feature."""
    rules = [row.values["rule"] for row in scoring_rules if row.values["rule"]]
    attributes = [n for n, measure in measures.items() if n and measure == "attribute"]
    earlier: dict[tuple, Row] = {}
    for row in account_rules:
        yield from check_cells_of(row)
        if row.values["measure"] == "rule_cap":
            yield from check_known(row, ["*", *rules], "scoring_rules.csv")
        if row.values["measure"] == "attribute":
            yield from check_known(row, attributes, "the attributes of features.csv")
        yield from check_twin(row, earlier)
    yield from check_whole(account_rules)


def check_cells_of(row: Row) -> Iterator[Mistake]:
    """Yield cells that a row's measure lacks, or that say nothing beside it."""
    measure, points = row.values["measure"], row.values["points"]
    if measure not in NEEDED:
        return
    for name in CELLS:
        if name in NEEDED[measure]:
            if row.texts[name] is None:
                yield row.mistake(name, "is blank", ALLOWED[name])
        elif name not in ALSO.get(measure, ()) and row.texts[name] is not None:
            found = f"'<{name}>' has no meaning for <measure>"
            yield row.mistake(name, found, "blank")
    if row.values["account_rule"] == "limit":
        yield row.mistake("account_rule", "'limit' is a reserved name", "another name")
    if measure in ("further_people", "band") and points is not None and points < 0:
        yield row.mistake("points", "'<points>' is less than 0", "0 or more")


def check_known(row: Row, known: list[str], where: str) -> Iterator[Mistake]:
    """Yield a name that is not there; where nothing is, that is another mistake."""
    name = row.values["applies_to"]
    if name is not None and known not in ([], ["*"]) and name not in known:
        found = f"'{cut_short(name)}' is not in {where}"
        yield row.mistake("applies_to", found, f"such as {closest(known, name)}")


def check_twin(row: Row, earlier: dict[tuple, Row]) -> Iterator[Mistake]:
    """Yield a row that says the same as an earlier one; in `equals` case is none."""
    measure = row.values["measure"]
    if measure not in IDENTIFYING:
        return
    key_texts = (row.texts[name] for name in IDENTIFYING[measure])
    key = (measure, *(text and text.casefold() for text in key_texts))
    if key in earlier:
        found = f"'<measure>' stands in row {earlier[key].number} already"
        what = " and ".join(IDENTIFYING[measure])
        allowed = f"one row a {what}" if what else "one such row"
        yield row.mistake("measure", found, allowed)
    earlier.setdefault(key, row)


def check_whole(account_rules: list[Row]) -> Iterator[Mistake]:
    """Yield what a file with rules lacks: its best people, and a lowest band."""
    counts = Counter(row.values["measure"] for row in account_rules)
    if not account_rules or None in counts:
        return
    first = account_rules[0]
    if not counts["best_people"]:
        found = "no row is of best_people: no company would have a point"
        yield first.mistake("measure", found, "a row best_people")
    bands = [row for row in account_rules if row.values["measure"] == "band"]
    least = [row.values["points"] for row in bands if row.values["points"] is not None]
    if not bands:
        yield first.mistake("measure", "no row is a band", "a row band from 0 points")
    elif least and min(least) > 0:
        lowest = min(bands, key=lambda row: (row.values["points"] or 0, row.number))
        found = "gap in bands: scores below '<points>' have no band"
        yield lowest.mistake("points", found, "0 for the lowest band")
