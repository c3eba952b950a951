"""Panels of several scores: what is wrong with groups, bands and grades is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from panel_cases import GOOD
from pointwise.core.panel import snapshot
from pointwise.core.panel.checks import line_of, panel_mistakes
from pointwise.core.panel.reader import files_in
from pointwise.core.settings import vars_of_run

PROJECT = Path(__file__).resolve().parent.parent.parent
# The good panel, whose group `fit` has a score of its own.
TWO = {
    **GOOD,
    "score_groups": [
        "rule_group,max_points,label,score",
        "web,20,Web,",
        "product,25,Product,intent",
        "fit,10,Fit,fit",
    ],
    "score_bands": [
        "band,min_score,action,score,enter_at,leave_at,min_days",
        "high,50,Call,,55,45,14",
        "low,1,Wait,intent,,,",
        "good,50,Like,fit,,,",
        "poor,1,Mind,fit,,,",
    ],
    "score_grades": [
        "grade,fit_band,intent_band,action",
        "A1,good,high,Call",
        "A2,good,low,Invite",
        "B1,poor,high,Send a link",
        "B2,poor,low,Wait",
    ],
}
A_SCORE = "blank for intent, or a score that has one"
# A file, its row that gives way to another one, and the line about it.
MISTAKES = [
    ("score_groups", 4, "fit,10,Fit,Fit 2",
     "score_groups.csv row 4: score: 'Fit 2' is not the name of a score (allowed: blank"
     " for intent, or a name such as fit: at most 63 small letters, digits and _,"
     " beginning with a letter)"),
    ("score_groups", 3, "product,25,Product,health",
     f"score_groups.csv row 3: score: 'health' has no band in score_bands.csv (allowed:"
     f" {A_SCORE})"),
    ("score_bands", 2, "high,50,Call,health,,,",
     f"score_bands.csv row 2: score: 'health' has no group in score_groups.csv"
     f" (allowed: {A_SCORE})"),
    ("score_bands", 5, "poor,50,Mind,fit,,,",
     "score_bands.csv row 5: min_score: '50' is there twice (allowed: a value that no"
     " other row has)"),
    ("score_bands", 5, "poor,2,Mind,fit,,,",
     "score_bands.csv row 5: min_score: gap in bands: scores below '2' have no band"
     " (allowed: 1 for the lowest band)"),
    ("score_bands", 2, "high,50,Call,,49,,14",
     "score_bands.csv row 2: enter_at: '49' is less than min_score (allowed: 50 or"
     " more)"),
    ("score_bands", 2, "high,50,Call,,,51,14",
     "score_bands.csv row 2: leave_at: '51' is more than min_score (allowed: at most"
     " 50)"),
    ("score_bands", 2, "high,50,Call,,55,45,",
     "score_bands.csv row 2: min_days: is blank beside enter_at (allowed: for how many"
     " days the band holds, such as 14)"),
    ("score_bands", 2, "high,50,Call,,55,45,0",
     "score_bands.csv row 2: min_days: '0' is less than 1 (allowed: a whole number from"
     " 1 to 365)"),
    ("score_bands", 3, "low,1,Wait,,,,14",
     "score_bands.csv row 3: min_days: '14' has no meaning for the lowest band"
     " (allowed: blank)"),
    ("score_bands", 4, "good,50,Like,fit,,,14",
     "score_bands.csv row 4: min_days: '14' has no meaning for fit (allowed: blank)"),
    ("score_bands", 1, "band,min_score,action,score,daily_capacity\ngood,20,A,fit,9",
     "score_bands.csv row 2: daily_capacity: '9' has no meaning for fit (allowed:"
     " blank)"),
    ("score_bands", 3, "warm,40,Write,,51,,7\nlow,1,Wait,,,,",
     "score_bands.csv row 3: enter_at: '51' is more than the next band's min_score"
     " (allowed: at most 50)"),
    ("score_grades", 2, "A1,godo,high,Call",
     "score_grades.csv row 2: fit_band: 'godo' is no band of the score fit (allowed: a"
     " band of fit from score_bands.csv, such as good)"),
    ("score_grades", 2, "A1,good,good,Call",
     "score_grades.csv row 2: intent_band: 'good' is no band of the score intent"
     " (allowed: a band of intent from score_bands.csv, such as low)"),
    ("score_grades", 3, "A2,good,high,Invite",
     "score_grades.csv row 3: fit_band: 'good' with high has a grade in row 2 (allowed:"
     " each pair of bands once)"),
    ("score_grades", 5, "B1,poor,low,Wait",
     "score_grades.csv row 5: grade: 'B1' is there twice (allowed: a value that no"
     " other row has)"),
    ("score_grades", 5, None,
     "score_grades.csv: 'poor' with low has no grade (allowed: a row for each pair of"
     " bands)"),
]  # fmt: skip


def written(folder: Path, tables: dict[str, list[str]]) -> Path:
    """Write a control panel's CSVs; return the folder."""
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def mistakes(folder: Path, settings: dict | None = None) -> list[str]:
    """Return the lines about a panel."""
    found = panel_mistakes(files_in(folder), vars_of_run(PROJECT, settings))
    return [line_of(mistake, f"{mistake.file}.csv") for mistake in found]


def test_a_panel_may_have_several_scores(tmp_path: Path) -> None:
    assert mistakes(written(tmp_path, TWO)) == []
    snapshot.begin(object())
    groups = snapshot.panel_rows(tmp_path, "score_groups")
    # Blank and `intent` are the same, so that both have one weights_version.
    assert [row["score"] for row in groups] == [None, None, "fit"]


@pytest.mark.parametrize(
    ("file", "row", "line", "message"),
    MISTAKES,
    ids=[message for *_, message in MISTAKES],
)
def test_a_mistake_in_scores_is_named(
    tmp_path: Path, file: str, row: int, line: str | None, message: str
) -> None:
    lines = [*TWO[file][: row - 1], *filter(None, [line]), *TWO[file][row:]]
    panel = written(tmp_path, {**TWO, file: lines})
    assert message in mistakes(panel)


def test_grades_need_a_score_of_fit(tmp_path: Path) -> None:
    tables = {name: [line for line in lines if "fit" not in line.split(",")]
              for name, lines in TWO.items() if name != "score_grades"}  # fmt: skip
    found = mistakes(written(tmp_path, {**TWO, **tables}))
    assert [line for line in found if line.startswith("score_grades")] == [
        "score_grades.csv: no band is of the score fit, which grades are made of"
        " (allowed: such bands, or no grades)"
    ]


def test_people_are_ranked_by_intent(tmp_path: Path) -> None:
    groups = [line.replace(",intent", ",fit") + "fit" * line.endswith(",")
              for line in TWO["score_groups"]]  # fmt: skip
    assert (
        "score_groups.csv row 2: score: no group is of the score intent, which ranks"
        " people (allowed: blank in a group, for its score)"
    ) in mistakes(written(tmp_path, {**TWO, "score_groups": groups}))


def test_bands_hold_by_what_was_published(tmp_path: Path) -> None:
    without = {"modules": {"history": False}}
    assert mistakes(written(tmp_path, TWO), without) == [
        "score_bands.csv row 2: min_days: '14' needs the module history, which records"
        " scores (allowed: blank, or the module switched on)"
    ]


def test_the_default_panel_has_a_score_of_fit_beside_intent() -> None:
    """Each asks the same of a company, by rules of its own; fit reaches 100."""
    assert mistakes(PROJECT / "seeds") == []
    snapshot.begin(object())
    tables = {
        name: snapshot.panel_rows(PROJECT / "seeds", name)
        for name in ("scoring_rules", "score_groups", "score_bands", "score_grades")
    }
    of_fit = {
        row["rule_group"]: row["max_points"]
        for row in tables["score_groups"]
        if row["score"] == "fit"
    }
    asked = {
        row["feature"] for row in tables["scoring_rules"] if row["rule_group"] in of_fit
    }
    assert asked == {"company_size", "industry", "country", "job_level"}
    assert sum(of_fit.values()) == 99  # And the point to begin with.
    assert [row["grade"] for row in tables["score_grades"]] == [
        f"{letter}{number}" for letter in "ABC" for number in (1, 2, 3)
    ]


def test_a_score_asks_the_same_once(tmp_path: Path) -> None:
    """Another score may ask it, too."""
    rules = (PROJECT / "seeds/scoring_rules.csv").read_text()
    shutil.copytree(PROJECT / "seeds", tmp_path, dirs_exist_ok=True)
    again = rules.replace("fit_gb,company,", "fit_gb,fit,")
    assert again != rules
    (tmp_path / "scoring_rules.csv").write_text(again)
    assert mistakes(tmp_path) == [
        "scoring_rules.csv row 34: rule: 'fit_gb' has the same conditions as"
        " 'country_gb' in row 25 (allowed: one rule a condition and score)"
    ]
