"""The project as dbt knows it keeps the house style: named, described, tested, layered.

A rule has one test. An exception has its reason, and goes when it is no longer one.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterable

import pytest

from conftest import BIN, PROJECT, Scratch, last_lines
from pointwise.core.settings import MODULES, OF_ONE_RUN, vars_of_run

LAYERS = [
    *("panel", "staging", "intermediate", "features", "outcomes", "scoring", "serving")
]
MOST_MODEL_LINES, MOST_MACRO_LINES = 80, 25
# Prefixes by folder; elsewhere marts have none and steps towards them `int`.
PREFIXES = {"staging": {"base", "stg"}, "intermediate": {"int"}, "serving": {"none"}}
# Patterns of names by data type.
NAMES_BY_TYPE = {
    "bool": r"^(?:is|has)_",
    "date": r"_date$",
    "timestamp": r"(?<!^enter)(?<!^leave)_at$",  # A band is entered at a score.
}

BY_KEY = "a view, grouped by its key"
# Models that have no key, and why.
WITHOUT_KEY = {
    **dict.fromkeys(("stg_links", "int_given_rows"), "rows as delivered, unusable too"),
    "base_events": "rows as delivered, repeated ones included",
    "stg_repeated_event_ids": "grouped by its key; to test it reads all files again",
    "int_activity_today": "a view: daily activity, whose key is tested, and persons",
    "int_duplicate_events": "a view of repeated events, whose key is tested",
    "int_current_scores": "a view of int_scores, whose key is tested, and its bands",
    "int_account_points": "a view; account_contributions has its rows, and a key",
    "int_predictions": "a view of user_propensity, whose key is tested",
    "int_recorded_predictions": "a view of the record, whose files have keys",
    "int_person_activity": "a view over tables whose keys are tested",
    "int_person_attributes": "a view that takes the last of its rows by its key",
    "int_link_sightings": "an id may be seen with a person in two ways",
    "int_experiment_accounts": "a view of the last attributes by key",
    "int_reached_bands": "a view, grouped by its key",
    "int_given_assignments": "the same, judged",
    **dict.fromkeys(("int_worklist_candidates", "int_worklist_offers"), BY_KEY),
    "int_experiment_metric_days": BY_KEY,
    "int_activity_bounds": "one row, empty dates where there is no event",
    "stg_events": "usable rows; one may repeat another, which the ledger counts",
}
# Marts without a contract, and why.
WITHOUT_CONTRACT = {
    "user_features": "its columns are the rows of features.csv",
    "training_examples": "the same, with label and score",
}


def none_of(wrong: Iterable[str]) -> None:
    """Fail with all that is wrong, a line each."""
    if lines := sorted(wrong):
        pytest.fail("\n".join([f"{len(lines)} to fix:", *lines]), pytrace=False)


def of_project(resources: dict[str, dict]) -> list[dict]:
    """Return the resources that are this project's own, by name."""
    own = (node for node in resources.values() if node["package_name"] == "pointwise")
    return sorted(own, key=lambda node: node["name"])


def nodes(manifest: dict, *kinds: str) -> list[dict]:
    """Return the project's nodes of these resource types, by name."""
    return [n for n in of_project(manifest["nodes"]) if n["resource_type"] in kinds]


def models(manifest: dict) -> list[dict]:
    """Return the project's models, by name."""
    return nodes(manifest, "model")


def is_function(model: dict) -> bool:
    """Whether the model is a table function, which dbt cannot test or contract."""
    return model["config"]["materialized"] == "table_function"


def layer(model: dict) -> str:
    """Return the folder in which a model lies: a layer, or an optional module."""
    return model["fqn"][-2]


def described(text: str | None) -> bool:
    """Whether a description says something: two words at the least."""
    return len((text or "").split()) >= 2


def data_tests(manifest: dict, model: dict) -> list[dict]:
    """Return the data tests that are attached to a model."""
    return [
        test
        for test in nodes(manifest, "test")
        if test.get("attached_node") == model["unique_id"]
    ]


def has_key(manifest: dict, model: dict) -> bool:
    """Whether a test or constraint holds the model's rows apart, and none is NULL."""
    constraints = [
        constraint["type"]
        for holder in (model, *model["columns"].values())
        for constraint in holder.get("constraints") or []
    ]
    if "primary_key" in constraints:
        return True
    found: dict[str, set[str]] = {"unique": set(), "not_null": set()}
    for test in data_tests(manifest, model):
        name = (test.get("test_metadata") or {}).get("name", "")
        if name in found:
            found[name].add(test["column_name"])
        elif "unique" in name:  # a generic test of ours over several columns
            return True
    return bool(found["unique"] & found["not_null"])


def macros(manifest: dict) -> list[dict]:
    """Return the project's macros, except what a dispatched one does per adapter."""
    own, of_adapter = of_project(manifest["macros"]), r"(?:default|duckdb|spark)__"
    return [macro for macro in own if not re.match(of_adapter, macro["name"])]


def macro_lines(macro: dict) -> int:
    """Return the number of lines of one macro, its begin and end included."""
    return len(macro["macro_sql"].strip().splitlines())


def macro_arguments(macro: dict) -> list[str]:
    """Return the names in a macro's signature."""
    if macro["name"].startswith("materialization_"):
        return []  # dbt calls it; what stands there are options
    pattern = r"(?:macro|test)\s+\w+\s*\((.*?)\)\s*-?%}"
    signature = re.search(pattern, macro["macro_sql"], re.S)
    text = re.sub(r"=\s*(\[.*?\]|\{.*?\}|\".*?\"|'.*?'|[^,]*)", "", signature.group(1))
    return [name.strip() for name in text.split(",") if name.strip()]


def test_every_node_is_described(manifest: dict) -> None:
    kinds = ("model", "seed", "snapshot", "analysis")
    resources = nodes(manifest, *kinds)
    for kind in ("sources", "exposures", "unit_tests"):
        resources += of_project(manifest[kind])
    resources += macros(manifest)
    # A generic test in YAML is described by its name; a query in tests/ is not.
    resources += [
        test for test in nodes(manifest, "test") if "test_metadata" not in test
    ]
    wrong = [
        f"{resource['resource_type']} {resource['name']}"
        for resource in resources
        if not described(resource["description"])
    ]
    none_of(wrong)


def test_every_column_and_argument_in_yaml_is_described(manifest: dict) -> None:
    holders = nodes(manifest, "model", "seed", "snapshot")
    wrong = [
        f"{holder['name']}.{name}"
        for holder in holders + of_project(manifest["sources"])
        for name, column in holder["columns"].items()
        if not described(column["description"])
    ]
    wrong += [
        f"{macro['name']}({argument['name']})"
        for macro in of_project(manifest["macros"])
        for argument in macro["arguments"]
        if not described(argument["description"])
    ]
    none_of(wrong)


def test_yaml_names_the_arguments_that_macros_have(manifest: dict) -> None:
    wrong = {
        macro["name"]: (documented, macro_arguments(macro))
        for macro in macros(manifest)
        if (documented := [argument["name"] for argument in macro["arguments"]])
        != macro_arguments(macro)
        and not macro["name"].startswith("test_")
    }
    none_of(f"{name}: {what}" for name, what in wrong.items())


def test_every_built_column_is_in_yaml_and_the_other_way_round(
    manifest: dict, built: Scratch
) -> None:
    in_warehouse: dict[str, set[str]] = {}
    for table, column in built.query(
        "select table_name, column_name from information_schema.columns"
    ):
        in_warehouse.setdefault(table, set()).add(column)
    wrong = []
    for node in nodes(manifest, "model", "seed"):
        in_yaml = set(node["columns"])
        columns = in_warehouse.get(node["name"], in_yaml)  # functions have none
        if node["name"] in WITHOUT_CONTRACT:
            columns = columns & in_yaml
        wrong += [f"{node['name']}.{name}: not in YAML" for name in columns - in_yaml]
        wrong += [f"{node['name']}.{name}: not there" for name in in_yaml - columns]
    none_of(wrong)


def test_every_model_has_a_key_that_is_tested(manifest: dict) -> None:
    without = {
        model["name"]
        for model in models(manifest)
        if not is_function(model)
        and model["config"]["materialized"] != "ephemeral"  # no table to test
        and not has_key(manifest, model)
    }
    none_of(without - set(WITHOUT_KEY))
    none_of(f"{name} is no exception any more" for name in set(WITHOUT_KEY) - without)


def test_marts_keep_a_contract(manifest: dict) -> None:
    without = {
        model["name"]
        for model in models(manifest)
        if model["schema"] == "main"
        and not is_function(model)
        and not model["config"]["contract"]["enforced"]
    }
    none_of(without - set(WITHOUT_CONTRACT))
    none_of(
        f"{name} is no exception any more" for name in set(WITHOUT_CONTRACT) - without
    )


def test_names_tell_layer_and_schema(manifest: dict) -> None:
    wrong = []
    for model in models(manifest):
        first_word = model["name"].split("_")[0]
        prefix = first_word if first_word in ("base", "stg", "int") else "none"
        if prefix not in PREFIXES.get(layer(model), {"none", "int"}):
            wrong.append(f"{model['name']} in {layer(model)}/")
        if (model["schema"] == "main") != (prefix == "none"):
            wrong.append(f"{model['name']} in schema {model['schema']}")
    none_of(wrong)


def test_no_two_nodes_share_a_name(manifest: dict) -> None:
    """With `--store-failures` each data test has a table by its name."""
    counts = Counter(node["name"].lower() for node in manifest["nodes"].values())
    none_of({name for name, count in counts.items() if count > 1})


def test_names_are_whole_words_in_lower_case(manifest: dict) -> None:
    named = [node["name"] for node in nodes(manifest, "model", "seed", "snapshot")]
    named += [macro["name"] for macro in of_project(manifest["macros"])]
    named += [
        column
        for node in nodes(manifest, "model", "seed")
        for column in node["columns"]
    ]
    abbreviated = re.compile(
        r"(?:^|_)(?:cnt|num|amt|qty|usr|evt|ts|dt|tmp|pct|avg|idx|cfg|val|calc|cat)(?:_|$)"
    )
    wrong = [
        name
        for name in named
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or abbreviated.search(name)
    ]
    none_of(wrong)


def test_names_tell_the_type(manifest: dict) -> None:
    wrong = []
    for model in models(manifest):
        for name, column in model["columns"].items():
            data_type = (column["data_type"] or "").lower()
            for typed, pattern in NAMES_BY_TYPE.items():
                matches = re.search(pattern, name) is not None
                if data_type and matches != data_type.startswith(typed):
                    wrong.append(f"{model['name']}.{name}: {data_type}")
    none_of(wrong)


def test_models_and_macros_are_short(manifest: dict) -> None:
    """Nor do the exceptions grow, or stay listed when they have become short."""
    wrong = {}
    for model in models(manifest):
        lines = (PROJECT / model["original_file_path"]).read_text().count("\n")
        if lines > MOST_MODEL_LINES:
            wrong[model["name"]] = lines
    for macro in of_project(manifest["macros"]):
        if macro_lines(macro) > MOST_MACRO_LINES:
            wrong[macro["name"]] = macro_lines(macro)
    none_of(f"{name}: {lines}" for name, lines in wrong.items())


def place(folder: str) -> int:
    """Return which layer may read which: an optional module is above all layers."""
    return LAYERS.index(folder) if folder in LAYERS else len(LAYERS)


def test_layers_flow_one_way(manifest: dict) -> None:
    """The core reads no optional module, and no module reads another."""
    folders = {model["unique_id"]: layer(model) for model in models(manifest)}
    assert set(folders.values()) == {*LAYERS, *MODULES}
    wrong = []
    for model in models(manifest):
        for parent in model["depends_on"]["nodes"]:
            above = folders.get(parent, LAYERS[0])
            is_higher = place(above) > place(layer(model))
            if is_higher or (above in MODULES and above != layer(model)):
                wrong.append(f"{model['name']} ({layer(model)}) reads {parent}")
    none_of(wrong)


def test_only_staging_reads_sources_and_files(manifest: dict) -> None:
    reads = re.compile(r"\bread_(?:parquet|csv|json|blob|text)\w*\s*\(|\bglob\s*\(")
    readers = {
        macro["unique_id"]
        for macro in of_project(manifest["macros"])
        if re.search(r"\bread_(event_files|users_file|model_file)$", macro["name"])
    }
    wrong = []
    for model in models(manifest):
        # A score of now is read when somebody asks, long after the build.
        if layer(model) == "staging" or model["name"] == "score_now":
            continue
        sources = [p for p in model["depends_on"]["nodes"] if p.startswith("source.")]
        macros = [
            name
            for name in model["depends_on"]["macros"]
            if name in readers
            # What the training writes is of the module ml alone.
            and not (layer(model) == "ml" and name.endswith(".read_model_file"))
        ]
        if sources or macros or reads.search(model["raw_code"]):
            wrong.append(model["name"])
    none_of(wrong)


def test_models_name_no_table_but_by_ref(manifest: dict) -> None:
    wrong = [
        model["name"]
        for model in models(manifest)
        if re.search(r"\b(?:from|join)\s+(?:main|internal)\.", model["raw_code"])
    ]
    none_of(wrong)


def test_models_begin_with_what_they_hold_then_their_inputs(manifest: dict) -> None:
    begins, ends = r"^\w+ as (?:\{\{ not_stored\(\) \}\} )?", r"\(.+\) \}\}\),?$"
    whole_input = re.compile(begins + r"\(select \* from \{\{ (?:ref|source)" + ends)
    wrong = []
    for model in models(manifest):
        if model["language"] != "sql":
            continue
        code = model["raw_code"]
        header = re.split(r"^(?:with|select)\b", code, maxsplit=1, flags=re.M)[0]
        if not re.search(r"^-- [A-Z]", header, re.M):
            wrong.append(f"{model['name']}: no comment that states the grain")
        steps_begun = False
        for line in code.splitlines():
            if re.search(r"\{\{ (?:ref|source)\(", line) and "depends_on" not in line:
                if not whole_input.match(line):
                    wrong.append(f"{model['name']}: {line.strip()}")
                elif steps_begun:
                    wrong.append(f"{model['name']}: an input after a step: {line}")
            elif re.match(r"^\w+ as \($", line):
                steps_begun = True
    none_of(wrong)


def test_unit_tests_are_sentences(manifest: dict) -> None:
    wrong = [
        test["name"]
        for test in of_project(manifest["unit_tests"])
        if len(test["name"].split("_")) < 4
    ]
    none_of(wrong)


def test_nothing_is_switched_off(manifest: dict) -> None:
    disabled = [
        node["name"]
        for versions in manifest["disabled"].values()
        for node in versions
        if node["package_name"] == "pointwise"
    ]
    none_of(disabled)


def test_every_published_mart_has_an_exposure(manifest: dict) -> None:
    published = {
        node["unique_id"]
        for node in nodes(manifest, "model", "seed")
        if node["config"]["meta"].get("published_order")
    }
    exposed = {
        parent
        for exposure in of_project(manifest["exposures"])
        for parent in exposure["depends_on"]["nodes"]
    }
    none_of(published - exposed)


def other_than(value: object) -> object:
    """Return another value for a var, of the same type."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case list():
            return [] if value else ["2020-02-20"]
        case dict():
            return {"user_id": "who"}
        case _:
            return "2020-02-20"


def test_no_setting_changes_the_parse_that_the_tests_share(scratch: Scratch) -> None:
    panel = shutil.copytree(PROJECT / "seeds", scratch.folder / "panel")
    with (panel / "score_bands.csv").open("a") as file:
        file.write("lowest,0,Wait\n")
    scratch.environment["POINTWISE_CONTROL"] = str(panel)
    given = vars_of_run(PROJECT, None)
    # A run with one of the others has a dbt of its own.
    settings = {n: other_than(v) for n, v in given.items() if n not in OF_ONE_RUN}
    more = ("--vars", json.dumps(settings))
    full = ("parse", *more, f"--target-path={scratch.folder / 'full'}")
    found = []
    for result, target in (
        (scratch.dbt("compile", "--select", "nothing", *more), "target"),
        (scratch.run(BIN / "dbt", "--log-level-file=none", *full), "full"),
    ):
        assert result.returncode == 0, last_lines(result)
        manifest = json.loads((scratch.folder / target / "manifest.json").read_text())
        resources = {}
        for kind in ("nodes", "sources", "exposures", "unit_tests", "macros"):
            resources |= manifest[kind]
        for resource in resources.values():
            del resource["created_at"]
        found.append(resources)
    assert found[0] == found[1]
