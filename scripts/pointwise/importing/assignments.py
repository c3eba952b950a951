"""Land who was assigned to what by another tool, and tell what of it can be used."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from rich.progress import Progress

from pointwise.core.errors import PointwiseError
from pointwise.core.home import path_setting
from pointwise.core.panel.experiments import arms_of
from pointwise.core.panel.snapshot import panel_rows
from pointwise.core.sql_text import file_text, sql_text
from pointwise.core.terminal import console, print_table
from pointwise.importing.batches import Source
from pointwise.importing.columns import choose_columns, guess_column
from pointwise.importing.inputs import inputs_in
from pointwise.importing.json_document import as_lines
from pointwise.importing.landing import file_stem
from pointwise.importing.one_file import Landing, Options, land_file, look_at
from pointwise.importing.summary import (
    Imported,
    print_reasons,
    print_shapes,
    print_warning,
    say,
)
from pointwise.importing.text_blocks import content_hash
from pointwise.importing.understood import EXAMPLES, Reason
from pointwise.importing.values import check_reading, connect, samples_of

KIND = "assignments"
REMEDIES = {
    "no such experiment": "write a row of that name into experiments.csv of the panel",
    "no arm": "the column is blank, or says a word for nothing, such as none",
    "an arm that nobody planned": "name it among the arms in experiments.csv",
    "one id in two arms": "none of these rows is used: an experiment has one arm a"
    " person",
}


def import_assignments(files: Sequence[Path], options: Options) -> None:
    """Land files of assignments and print arms, shares and what is set aside.

    Raises PointwiseError if a file cannot be read, or nothing in it can be used.
    """
    connection = connect()
    check_reading(connection, options.reading)
    pattern = path_setting("POINTWISE_ASSIGNMENTS")
    imported, failures = [], []
    with TemporaryDirectory(prefix="pointwise-") as folder:
        for found in inputs_in(list(files), Path(folder)):
            try:
                if isinstance(found, PointwiseError):
                    raise found
                file = as_lines(found, options.encoding, Path(folder))
                content = content_hash(file.path)
                source = look_at(file, options)
                check_one_experiment(file.shown, source, options)
                mapping = choose_columns(
                    *(file.shown, source, KIND, options.told, options.constants, [])
                )
                name = f"assignments-{file_stem(file.name)}-{content[:16]}.parquet"
                landing = Landing(KIND, pattern.parent / name, content)
                with Progress(disable=True) as progress:
                    imported.append(
                        land_file(
                            *(connection, file, source, mapping, landing, options),
                            progress,
                        )
                    )
            except PointwiseError as error:
                failures.append(str(error))
    if imported:
        tell(connection, imported)
    if failures:
        raise PointwiseError("; ".join(failures))


def tell(connection: duckdb.DuckDBPyConnection, imported: list[Imported]) -> None:
    """Print what was understood, by experiment and arm, and what to do next."""
    print_shapes(imported, lambda f: samples_of(connection, f.source, f.mapping))
    paths = ", ".join(file_text(file.path) for file in imported)
    planned = planned_arms()
    listed = ", ".join(
        f"({sql_text(name)}, {sql_text(arm)}, {share}::double)"
        for name, arm, share in planned
    )
    plans = (
        f"(values {listed or '(null, null, null)'}) as plans(experiment, arm, share)"
    )
    connection.execute(
        "create or replace temp view judged as select given.*, plans.share,"
        " case when coalesce(given.id, '') = '' then 'no id'"
        " when unparsed is not null or assigned_at is null then 'no time of assignment'"
        " when given.experiment is null or given.experiment not in"
        f" (select experiment from {plans} where experiment is not null)"
        " then 'no such experiment in experiments.csv'"
        " when given.arm is null then 'no arm'"
        " when plans.arm is null then 'an arm that nobody planned'"
        " when min(given.arm) over one <> max(given.arm) over one"
        " then 'one id in two arms' end as reason"
        f" from read_parquet([{paths}]) as given left join {plans}"
        " on given.experiment = plans.experiment and given.arm = plans.arm"
        " window one as (partition by given.experiment, given.id)"
    )
    print_table(
        "Who was assigned",
        ("experiment", "arm", "people", "share", "planned", "from", "to"),
        connection.execute(
            "select experiment, arm, count(distinct id),"
            " format('{:.1f} %', 100.0 * count(distinct id)"
            "   / sum(count(distinct id)) over (partition by experiment)),"
            " format('{:.1f} %', 100.0 * any_value(share)),"
            " min(assigned_at)::date, max(assigned_at)::date"
            " from judged where reason is null group by experiment, arm order by 1, 2"
        ).fetchall(),
        right=("people", "share", "planned"),
    )
    reasons = connection.execute(
        "select reason, count(*), list(concat_ws(', ', experiment, id, arm, unparsed))"
        f"[:{EXAMPLES}] from judged where reason is not null group by 1 order by 2 desc"
    ).fetchall()
    unread = sum(file.set_aside for file in imported)
    read = sum(file.landed for file in imported) + unread
    lost = unread + sum(count for _, count, _ in reasons)
    console.print()
    found = [Reason(*row) for row in reasons]
    print_reasons(imported, read, lost, found, REMEDIES)
    print_warning(read, lost)
    if read > lost:
        say(
            "Next: `dbt build` records them as given, then `pointwise experiment read`."
        )


def check_one_experiment(name: str, source: Source, options: Options) -> None:
    """Raise PointwiseError where --experiment would take in rows of other experiments.

    Told from the first lines. One name for all rows is only renamed.
    """
    given = options.constants.get("experiment")
    if given is None:
        return
    for column in guess_column("experiment", source, KIND, set()):
        named = sorted({value for value in source.sample.get(column, []) if value})
        if len(named) > 1:
            raise PointwiseError(
                f"{name}: its column {column!r} names several experiments"
                f" ({', '.join(named[:EXAMPLES])}): leave out --experiment, which takes"
                f" all rows for {given}, or import the rows of one"
            )


def planned_arms() -> list[tuple[str, str, float]]:
    """Return the arms that experiments.csv of the panel plans, with their shares.

    Raises PointwiseError if it has a mistake, since no row would find its experiment.
    """
    return [
        (row["experiment"], arm, float(share))
        for row in panel_rows(path_setting("POINTWISE_CONTROL"), "experiments")
        for arm, share in arms_of(row["arms"])
    ]
