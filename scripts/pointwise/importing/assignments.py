"""Land who was assigned to what by another tool, and report what of it can be used."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import duckdb
from rich.progress import Progress

from pointwise.core.errors import PointwiseError
from pointwise.core.home import PROJECT, panel_label, path_setting
from pointwise.core.panel.arm_names import arm_name
from pointwise.core.panel.checks import line_of, panel_mistakes
from pointwise.core.panel.experiments import arms_of
from pointwise.core.panel.schema import ARM_NAMES
from pointwise.core.panel.snapshot import panel_in, panel_rows
from pointwise.core.settings import vars_of_run
from pointwise.core.sql_text import file_text, sql_text
from pointwise.core.terminal import console, print_table
from pointwise.core.words import all_of, counted
from pointwise.importing.batches import Source
from pointwise.importing.columns import guess_column
from pointwise.importing.inputs import Input, inputs_in
from pointwise.importing.json_document import as_lines
from pointwise.importing.landing import landing_path, rejects_path
from pointwise.importing.newer import earlier_assignments, take_their_place
from pointwise.importing.one_file import (
    Landing,
    NoRowsError,
    Options,
    choose_readable_columns,
    land_file,
    look_at,
)
from pointwise.importing.summary import (
    Imported,
    print_reasons,
    print_shapes,
    print_warning,
    remedy_of,
    say,
)
from pointwise.importing.takes import plain
from pointwise.importing.text_blocks import content_hash, unless_gzip
from pointwise.importing.understood import EXAMPLES, Reason, is_nobody
from pointwise.importing.values import check_reading, connect, samples_of

KIND = "assignments"
# Columns that say what an id is of: LaunchDarkly, Statsig.
KINDS_OF_IDS = ("contextkind", "unittype")
REMEDIES = {
    "no id": "fix the rows, or name another column: --map id=COLUMN",
    "an id that is a placeholder": "such ids identify nobody: see the setting"
    " placeholder_ids",
    "no time of assignment": "say how times are written: --time-format FORMAT, or name"
    " another column: --map assigned_at=COLUMN",
    "no such experiment": "write a row of that name into experiments.csv of the panel,"
    " in small letters, digits and _ (New-checkout is new_checkout there), or name the"
    " experiment of all rows: --experiment NAME",
    "no arm": "the column is blank, or says a word for nothing, such as none",
    "an arm that nobody planned": "name it among the arms in experiments.csv"
    f" ({ARM_NAMES} there)",
    "two arms of one name": "a panel cannot distinguish them: give one another name in"
    " the file",
    "assigned before its start": "move start_date in experiments.csv, if it is wrong",
    "assigned after its end": "nobody joins later: move end_date in experiments.csv, if"
    " it is wrong and nobody is recorded yet",
    "one id in two arms": "none of these rows is used: an experiment has one arm a"
    " person",
}
NEXT = (
    "Next: `dbt build` records them as given, except what only it can see: who had a"
    " one-time outcome before, is in two arms under several ids or by an earlier file,"
    " is recorded in another arm, or was assigned after the last event. `pointwise"
    " experiment read` counts these, with the reason."
)


class Planned(NamedTuple):
    """An arm that experiments.csv plans, and when people may join the experiment."""

    experiment: str
    arm: str
    share: float
    start: str
    end: str


def import_assignments(files: Sequence[Path], options: Options) -> None:
    """Land files of assignments and print arms, shares and what is set aside.

    Raises PointwiseError if a file cannot be read, or nothing in it can be used: what
    it gave before stays then.
    """
    connection = connect()
    check_reading(connection, options.reading)
    planned = planned_arms()
    check_planned(connection, options.constants.get("experiment"), planned)
    imported, failures = [], []
    with TemporaryDirectory(prefix="pointwise-") as folder:
        for found in inputs_in(list(files), Path(folder)):
            try:
                if isinstance(found, PointwiseError):
                    failures.append(str(found))
                    continue
                file = as_lines(found, options.encoding, Path(folder))
                one = import_one(connection, file, options, planned, Path(folder))
                beside = {one.path, *(other.path for other in imported)}
                imported.append(one)
                for earlier in earlier_assignments(one.path, beside):
                    judged(connection, [earlier, one.path], planned)
                    take_their_place(connection, one.path, earlier)
            except NoRowsError as error:
                say(f"{error}: nothing to import.")
            except PointwiseError as error:
                failures.append(f"{error}{unless_gzip(found)}")
    if imported:
        print_assignments(connection, imported, planned)
    if failures:
        raise PointwiseError("; ".join(failures))


def import_one(
    connection: duckdb.DuckDBPyConnection,
    file: Input,
    options: Options,
    planned: list[Planned],
    folder: Path,
) -> Imported:
    """Land a file of assignments; without a row that can be used, leave all as it was.

    `folder` is for what the file gave before, while the new rows are looked at.
    """
    content = content_hash(file.path)
    source = look_at(file, options)
    check_one_experiment(file.shown, source, options)
    mapping = choose_readable_columns(connection, file, source, options, None)
    out = path_setting("POINTWISE_ASSIGNMENTS").parent
    path = landing_path(out, file.name, content, start=f"{KIND}-")
    landing = Landing(KIND, path, content)
    before = {
        there: shutil.copy2(there, folder / f"before-{number}")
        for number, there in enumerate((path, rejects_path(path)))
        if there.exists()
    }
    with Progress(disable=True) as progress:
        found = land_file(connection, file, source, mapping, landing, options, progress)
    reasons = judged(connection, [found.path], planned)
    if sum(reason.rows for reason in reasons) < found.landed:
        return found
    for there in (path, rejects_path(path)):
        there.unlink(missing_ok=True)
        if there in before:
            shutil.copy2(before[there], there)
    why = "; ".join(
        f"{counted(r.rows, 'row')}: {r.reason}, such as {r.examples[0]}"
        f" ({remedy_of(r, REMEDIES)})"
        for r in reasons
    )
    stays = " What it gave before stays." if before else ""
    raise PointwiseError(
        f"{file.shown}: no row can be used, so none has landed.{stays} {why}"
    )


def judged(
    connection: duckdb.DuckDBPyConnection,
    landed: list[Path],
    planned: list[Planned],
) -> list[Reason]:
    """Make the view `judged` of rows that have landed; return why some are of no use.

    It predicts what the model int_given_assignments does, as far as files and panel
    say.
    """
    paths = ", ".join(file_text(path) for path in landed)
    settings = vars_of_run(PROJECT, None)
    zone = sql_text(str(settings["time_zone"]))
    listed = ", ".join(
        f"({sql_text(p.experiment)}, {sql_text(p.arm)}, {p.share}::double,"
        f" {sql_text(p.start)}::date, {sql_text(p.end)}::date)"
        for p in planned
    )
    nothing = "(null::varchar, null::varchar, null::double, null::date, null::date)"
    columns = "plans(name, arm, share, start, ends)"
    plans = f"(values {listed or nothing}) as {columns}"
    connection.execute(
        "create or replace temp view judged as select given.*, plans.share,"
        " case when coalesce(given.id, '') = '' then 'no id'"
        f" when {is_nobody('given.id', settings)} then 'an id that is a placeholder'"
        " when unparsed is not null or assigned_at is null then 'no time of assignment'"
        f" when given.experiment is null or given.experiment not in (select name from"
        f" {plans} where name is not null)"
        " then 'no such experiment in experiments.csv'"
        " when given.arm is null then 'no arm'"
        " when plans.arm is null then 'an arm that nobody planned'"
        " when min(trim(given_arm)) over named <> max(trim(given_arm)) over named"
        " then 'two arms of one name'"
        " when day < plans.start then 'assigned before its start'"
        " when day > plans.ends then 'assigned after its end'"
        " when min(given.arm) over one <> max(given.arm) over one"
        " then 'one id in two arms' end as reason"
        f" from (select * replace ({arm_name('arm')} as arm,"
        f" {arm_name('experiment', 'experiment')} as experiment), arm as given_arm,"
        " experiment as given_experiment,"
        f" ((assigned_at at time zone 'UTC') at time zone {zone})::date as day"
        f" from read_parquet([{paths}], union_by_name = true, filename = true))"
        " as given left join"
        f" {plans} on given.experiment = plans.name and given.arm = plans.arm"
        " window one as (partition by given.experiment, given.id),"
        " named as (partition by filename, given.experiment, given.arm)"
    )
    rows = connection.execute(
        "select reason, count(*), list(concat_ws(', ', coalesce(id, 'no id'),"
        f" {as_given_and_planned('experiment')}, {as_given_and_planned('arm')},"
        " strftime(assigned_at, '%Y-%m-%d'), unparsed) order by id)"
        f"[:{EXAMPLES}] from judged where reason is not null"
        " group by 1 order by 2 desc, 1"
    ).fetchall()
    return [Reason(*row) for row in rows]


def say_kinds_of_ids(imported: list[Imported]) -> None:
    """Print, in bold, that ids of a file are not of people only, as of devices, too."""
    for file in imported:
        for column in file.source.columns:
            if plain(column) not in KINDS_OF_IDS:
                continue
            kinds = sorted({v.strip() for v in file.source.sample[column] if v} - {""})
            if len(kinds) > 1:
                say(
                    f"WARNING: by its column {column!r}, {file.file.name} has ids of"
                    f" {all_of(kinds)}, and each counts as a person: import the rows of"
                    " people only.",
                    style="bold red",
                )


def as_given_and_planned(name: str) -> str:
    """Return SQL for a name as a file has it and, if it differs, as a panel has it."""
    given = f"given_{name}"
    planned = f"case when {name} <> {given} then ' (' || {name} || ')' else '' end"
    return f"coalesce({given} || {planned}, 'no {name}')"


def print_assignments(
    connection: duckdb.DuckDBPyConnection,
    imported: list[Imported],
    planned: list[Planned],
) -> None:
    """Print what was understood, by experiment and arm, and what to do next."""
    print_shapes(imported, lambda f: samples_of(connection, f.source, f.mapping))
    say_kinds_of_ids(imported)
    reasons = judged(connection, [file.path for file in imported], planned)
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
    unread = sum(file.set_aside for file in imported)
    read = sum(file.landed for file in imported) + unread
    lost = unread + sum(reason.rows for reason in reasons)
    console.print()
    print_reasons(imported, read, lost, reasons, REMEDIES, used="usable")
    again = connection.execute(
        "select count(*) - count(distinct (experiment, id)) from judged"
        " where reason is null"
    ).fetchall()[0][0]
    if again:
        name = counted(again, "usable row names", "usable rows name")
        say(f"{name} a person again: the first row of each counts.")
    print_warning(read, lost)
    if read > lost:
        say(NEXT)


def check_one_experiment(name: str, source: Source, options: Options) -> None:
    """Raise PointwiseError where --experiment would take in rows of other experiments.

    The first lines decide. One name for all rows is only renamed.
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


def check_planned(
    connection: duckdb.DuckDBPyConnection, given: str | None, planned: list[Planned]
) -> None:
    """Raise PointwiseError if --experiment names none that the panel plans."""
    names = list(dict.fromkeys(arm.experiment for arm in planned))
    if given is None:
        return
    query = f"select {arm_name('$1::varchar', 'experiment')}"
    if connection.execute(query, [given]).fetchall()[0][0] not in names:
        raise PointwiseError(
            f"--experiment: there is no {given!r} in {panel_label()}/experiments.csv"
            f" (there: {', '.join(names) or 'none'}): give it a row there, or fix the"
            " name. Nothing has landed"
        )


def planned_arms() -> list[Planned]:
    """Return the arms that experiments.csv of the panel plans.

    Raises PointwiseError if it, or the metrics, have a mistake, which would stop the
    build.
    """
    folder = path_setting("POINTWISE_CONTROL")
    mistakes = [
        line_of(mistake, f"{panel_label()}/{mistake.file}.csv")
        for mistake in panel_mistakes(panel_in(folder), vars_of_run(PROJECT, None))
        if mistake.file in ("experiments", "experiment_metrics")
    ]
    if mistakes:
        raise PointwiseError("; ".join(mistakes))
    return [
        Planned(
            *(row["experiment"], arm, float(share)),
            *(str(row["start_date"]), str(row["end_date"])),
        )
        for row in panel_rows(folder, "experiments")
        for arm, share in arms_of(row["arms"])
    ]
