"""What the engines write in two ways gives the same values, hostile ones among them.

Each macro of macros/engines that is an expression, by itself: what CI can afford of the
comparison that bench/engines.py makes of whole worlds.
"""

from __future__ import annotations

import json
import re
from ast import literal_eval
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow
import pyarrow.parquet
import pytest
import yaml
from jinja2 import Environment
from pyspark.sql import SparkSession

PROJECT = Path(__file__).resolve().parents[2]
SOURCES = (
    *("engines/duckdb", "engines/spark", "engines/engines"),
    *("sources/nothing", "sources/sql_text", "sources/link_rows", "scoring/times_in"),
    "features/windows",
)
TEXTS = [
    *("", " ", "\t\n", "\u00a0\u2003x", "\x1c\x85", "a", " a ", "O'Brien", "a\\b"),
    *("\\", "null", "NULL ", "n/a", "None", "-", "5", "5.0", " 5 ", "5d", "5f", "1e3"),
    *("+7", ".5", "5.", "-0", "inf", "-Infinity", "nan", "0x10", "1_000", "1__0"),
    "1,5",
    *("٣", "true", "9223372036854775807", "9223372036854775808", "1e400", "2026"),
    *("12:30", "2026-13-01", "2026-01-02", "2026-1-2", " 2026-01-02", "2026-01-02 "),
    *("2026-01-02 03:04:05.678901", "2026-01-02 03:04:05 ", "2026-01-02T03:04:05Z"),
    *("2026-01-02 03:04:05+02:00", "2026-01-02T23:59:59-0330", "1767322800"),
    *("1767322800123", "1767322800.5", "1767322800123456789", "946684799", "1e1_0"),
    *("Straße", "😀 z1", "ab ab", "{}", "$1", "%_", '"', "a,b", "new\nline"),
    *("ÉCOLE", "\r\u2028\u212a"),
]
DOUBLES = [
    *(0.0, -0.0, 1.0, 5.5, 0.1, 1e-5, 1e15, 9007199254740993.0, 1e16, 1e300, -2.5, 2.5),
    *(float("nan"), float("inf"), 1767322800.0, 1767322800123.0, 1767322800.25),
    # Of which binary and decimal digits are rounded to different sides.
    *(0.00015, 0.02465, -0.02465, 720670700000.0001),
]
TIMES = [
    *("2026-03-29 00:59:59", "2026-03-29 01:00:00", "2026-10-25 00:30:00"),
    *("2024-02-29 23:30:00", "1999-12-31 23:59:59", "2026-01-01 10:00:00"),
]
LISTED = re.compile(
    r"{% macro spellings_of_nothing.*?return\((.*?)\) }}\s*{% endmacro %}", re.DOTALL
)
# Names of files: what means others in a pattern, and what divides several.
NAMES = [
    *("x*.parquet", "xy.parquet", "?.parquet", "[x]/a.parquet", "x/[1],{b}.parquet"),
    *("a\\b.parquet", "a'b `c`.parquet", "ü+%20.parquet"),
]
# In nanoseconds, at which microsecond is the nearest half on the way.
NANOSECONDS = [0, 1767322800123456789, 1500, 499, -500, -1500, -1499, None]
ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York"),
    *("Asia/Kolkata", "Pacific/Kiritimati"),
)
BYTES = [
    b"",
    b"plain 5",
    b" 5.0 ",
    "\u00c9t\u00e9".encode(),
    b"\xff\x00'",
    b'a"\\b\n',
    None,
]
LISTS = [["a", "b", "a"], [], ["b"], ["a", "b", "c"], None, ["c", "c", "c"]]


class Macros:
    """The macros as an engine has them."""

    def __init__(self, engine: str, zone: str = "UTC") -> None:
        settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
        settings |= {"time_zone": zone, **settings["quarantine"]}
        text = "".join((PROJECT / f"macros/{name}.sql").read_text() for name in SOURCES)
        # Of plain Jinja a macro gives text; this one gives a list.
        before, spellings, after = LISTED.split(text)
        self.engine = engine
        self.module = (
            Environment(extensions=["jinja2.ext.do"])
            .from_string(
                before + after,
                globals={
                    "adapter": SimpleNamespace(dispatch=self.dispatch),
                    "is_incremental": lambda: False,
                    "modules": SimpleNamespace(re=re),
                    "return": lambda value: value,
                    "spellings_of_nothing": lambda: literal_eval(spellings),
                    "tojson": json.dumps,
                    "var": settings.__getitem__,
                    "zip": zip,
                },
            )
            .module
        )

    def dispatch(self, name: str) -> Any:  # noqa: ANN401
        """Return the engine's macro; fails by its name if there is none."""
        return getattr(self.module, f"{self.engine}__{name}")

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self.module, name)


def of_texts(macros: Macros) -> dict[str, str]:
    """Return expressions of `text`."""
    time = macros.read_as("text", "timestamp", "VARCHAR")
    types = ("double", "decimal(18, 4)", "varchar")
    return {
        "is_blank": macros.is_blank("text"),
        "is_one_of": macros.is_one_of("text", ["a\\b", "O'Brien", "5"]),
        "is_one_of_words": macros.is_one_of("text", ["a", "$1 "]),
        "matches": macros.matches("text", "'^[a-z]+ |[0-9]$'"),
        "matches letters": macros.matches("text", "'(?i)école|^.{2}k'"),
        "replaced": macros.replaced("text", "([a-z])b", "\\1-"),
        "something": macros.something("text"),
        "as_json": macros.as_json({"one": "text", "two": "n"}),
        **{f"as {kind}": macros.read_as("text", kind, "VARCHAR") for kind in types},
        # As macros/sources/user_rows.sql has it: infinity is no time.
        "as timestamp": f"case when year({time}) between 2 and 9998 then {time} end",
        **{f"literal {n}": macros.text_literal(each) for n, each in enumerate(TEXTS)},
    }


def of_numbers(macros: Macros) -> dict[str, str]:
    """Return expressions of `number`, a double, and `n`."""
    types = ("timestamp", "double", "decimal(18, 4)", "varchar")
    return {
        **{f"as {kind}": macros.read_as("number", kind, "DOUBLE") for kind in types},
        "raw_value": macros.raw_value("number", is_only=False),
        "as time of whole": macros.read_as(
            "cast(n as bigint) * 1767322800", "timestamp", "BIGINT"
        ),
        "raw_value of decimal": macros.raw_value(
            "cast((n - 2) / 1e9 as decimal(38, 9))", is_only=False
        ),
        "rounded_quotient": macros.rounded_quotient("n * 7777777777777", 1000000),
        "rounded_quotient below zero": macros.rounded_quotient("7 - n * 11", 60),
        # Of thirteen decimals nine are kept: 0.0671470644996 is nearer to …064.
        "weighted": f"(select cast({macros.feature_quantity('day', 'day')} * weight"
        " as decimal(28, 9)) from (select 'amount' as measure, 1 as events,"
        " 1 as active_days, 1 as sessions, 0 as continued_sessions,"
        " true as is_first_day, cast(0 as decimal(28, 4)) as seconds,"
        " cast(0.0846 as decimal(28, 4)) as amount,"
        " cast(0.793700526 as decimal(10, 9)) as weight) as day)",
        "text of decimal": macros.read_as(
            "cast(n / 1e9 as decimal(38, 9))", "varchar", "DECIMAL(38,9)"
        ),
        "text of wide decimal": macros.read_as(
            "cast(concat(n, '234567890123456.5') as decimal(38, 9))",
            "varchar",
            "DECIMAL(38,9)",
        ),
        "nearest_whole": macros.nearest_whole("cast(n as double) / 2"),
        "number_of_hex": macros.number_of_hex("'7fffff0a'"),
        "times_in": macros.times_in(
            "cast(n as decimal(18, 4))", "cast(3 as decimal(18, 4))"
        ),
        "different_over": macros.different_over("n % 3", "(partition by n % 2)"),
        "product_over": macros.product_over("n", "(partition by n % 4)"),
    }


def of_times(macros: Macros) -> dict[str, str]:
    """Return expressions of `time`, among them of days in the project's time zone."""
    day = macros.local_date("time")
    return {
        "local_date": day,
        "days_between": macros.days_between(day, "date '2026-06-30'"),
        "add_days": macros.add_days(day, "n - 40"),
        "as timestamp": macros.read_as("time", "timestamp", "TIMESTAMP"),
        "raw_value": macros.raw_value("time", is_only=False),
        # With a zone, as one column of a file may have it.
        "raw_value_in_zone": macros.raw_value("zoned", is_only=False),
        "text_in_zone": macros.read_as("zoned", "varchar", "TIMESTAMP WITH TIME ZONE"),
    }


def of_bytes(macros: Macros) -> dict[str, str]:
    """Return expressions of `bytes`."""
    return {
        "raw_value": macros.raw_value("bytes", is_only=False),
        "as varchar": macros.read_as("bytes", "varchar", "BLOB"),
        "as double": macros.read_as("bytes", "double", "BLOB"),
    }


def of_lists(macros: Macros) -> dict[str, str]:
    """Return expressions of `list` and `other`."""
    third = macros.list_of(["'a'", "'z'"])
    return {
        "repeats_in": macros.repeats_in("list"),
        "new_in_both": macros.new_in_both("list", "other", third),
    }


def of_groups(macros: Macros) -> dict[str, str]:
    """Return expressions of a group of rows: `n`, `text`, `list`."""
    return {
        "sorted_list": macros.sorted_list("text"),
        "sorted_list_where": macros.sorted_list("n", "n > 5"),
        "ordered_text": macros.ordered_text("text", "n", "|"),
    }


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    """A session with what profiles.yml says that the models rely on."""
    outputs = yaml.safe_load((PROJECT / "profiles.yml").read_text())["pointwise"]
    settings = outputs["outputs"]["spark"]["server_side_parameters"]
    builder = SparkSession.builder
    for name, value in settings.items():
        if "{{" not in value:
            builder = builder.config(name, value)
    session = builder.config("spark.master", "local[1]").getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def rows(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Rows for both engines, a file of Parquet; `rows` for Spark."""
    file = str(tmp_path_factory.mktemp("rows") / "rows.parquet")
    values = [
        [
            each[n % len(each)]
            for each in (TEXTS, DOUBLES, TIMES, LISTS, LISTS[1:], TIMES, BYTES)
        ]
        for n in range(len(TEXTS))
    ]
    with duckdb.connect() as connection:
        connection.execute(
            "set time zone 'UTC';"
            "create table rows (n integer, text varchar, number double,"
            " time timestamp, list varchar[], other varchar[],"
            " zoned timestamptz, bytes blob)"
        )
        connection.executemany(
            "insert into rows values (?, ?, ?, ?, ?, ?, ?, ?)",
            [(n, *each) for n, each in enumerate(values)],
        )
        connection.execute(f"copy rows to '{file}' (format parquet)")
    spark.read.parquet(file).createOrReplaceTempView("rows")
    return file


def differing(
    spark: SparkSession, file: str, queries: dict[str, dict[str, str]], after: str
) -> dict[str, list]:
    """Return what the engines say otherwise, by column: DuckDB's value and Spark's."""
    texts = {
        engine: ", ".join(f"{value} as c{n}" for n, value in enumerate(each.values()))
        for engine, each in queries.items()
    }
    with duckdb.connect() as connection:
        connection.execute(f"set time zone 'UTC'; create view rows as from '{file}'")
        ours = connection.execute(f"select {texts['duckdb']} {after}").fetchall()
    theirs = spark.sql(f"select {texts['spark']} {after}").collect()
    found = {}
    for name, one, other in zip(
        queries["spark"],
        zip(*ours, strict=True),
        zip(*theirs, strict=True),
        strict=True,
    ):
        cells = [pair for pair in zip(one, other, strict=True) if differ(pair)]
        found |= {name: cells} if cells else {}
    return found


def differ(pair: tuple) -> bool:
    """Return whether two values differ; NaN is NaN, and -0.0 is 0.0."""
    one, other = pair
    return one != other and repr(one) != repr(other)


@pytest.mark.parametrize(
    ("columns", "after"),
    [
        (of_texts, "from rows order by n"),
        (of_numbers, "from rows order by n"),
        (of_lists, "from rows order by n"),
        (of_bytes, "from rows order by n"),
        (of_groups, "from rows group by n % 7 order by n % 7"),
    ],
)
def test_both_engines_say_the_same(
    spark: SparkSession,
    rows: str,
    columns: Callable[[Macros], dict[str, str]],
    after: str,
) -> None:
    queries = {engine: columns(Macros(engine)) for engine in ("duckdb", "spark")}
    assert differing(spark, rows, queries, after) == {}


def test_days_begin_where_the_project_says(spark: SparkSession, rows: str) -> None:
    for zone in ZONES:
        queries = {each: of_times(Macros(each, zone)) for each in ("duckdb", "spark")}
        after = "from rows order by n"
        assert differing(spark, rows, queries, after) == {}, zone


def plan_of(files: list[Path], **sources: str) -> dict[str, Any]:
    """Return a plan of reading.py, as of columns that are there by their names."""
    return {
        **{"files": [str(file) for file in files], "sources": sources},
        **{"partitions": [], "file_column": "file", "has_row_number": False},
    }


@pytest.mark.parametrize("names", [NAMES, *([name] for name in NAMES)])
def test_a_file_is_read_whatever_its_name_means(
    spark: SparkSession, tmp_path: Path, names: list[str]
) -> None:
    """All that are asked for, once each, and no other that lies beside them."""
    for name in NAMES:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        pyarrow.parquet.write_table(pyarrow.table({"name": [name]}), file)
    plan = plan_of([tmp_path / name for name in names], name="VARCHAR")
    found = spark.sql(f"select name, file from {Macros('spark').read_files(plan)}")
    assert sorted(map(tuple, found.collect())) == sorted(
        (name, str(tmp_path / name)) for name in names
    )


@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
def test_times_in_nanoseconds_are_times(
    spark: SparkSession, tmp_path: Path, zone: str | None
) -> None:
    """As pandas writes them, beside a column of them that nobody asked for."""
    file = tmp_path / "a.parquet"
    times = pyarrow.array(NANOSECONDS, pyarrow.timestamp("ns", zone))
    table = pyarrow.table({"t": times, "n": range(len(times)), "other": times})
    pyarrow.parquet.write_table(table, file)
    with duckdb.connect() as connection:
        connection.execute(f"set time zone 'UTC'; create view rows as from '{file}'")
        kind = connection.execute("select typeof(t) from rows limit 1").fetchall()[0][0]
        read = "cast(t as timestamptz) as timestamp" if zone else "t as timestamp"
        ours = connection.execute(f"select cast({read}) from rows order by n")
        expected = [time for (time,) in ours.fetchall()]
    macros = Macros("spark")
    time = macros.read_as("t", "timestamp", kind)
    plan = plan_of([file], t=kind)
    found = spark.sql(f"select {time} from {macros.read_files(plan)} order by n")
    assert [time for (time,) in found.collect()] == expected


def test_a_walk_ends_in_a_circle(spark: SparkSession) -> None:
    """A step is a job of Spark's: links in a circle took as many as an id may have."""
    links = {"a": "b", "b": "c", "c": "d", "d": "b", "self": "self", "x": "y", "y": "z"}
    rows = [("2026-01-01", *link) for link in links.items()]
    pointers = spark.createDataFrame(
        rows, "as_of_date string, user_id string, person_id string"
    )
    pointers.createOrReplaceTempView("pointers")
    walks = Macros("spark").walks_of_links("pointers", "walks")
    found = spark.sql(
        f"with recursive walks as ({walks}) select user_id, person_id, steps from walks"
    ).collect()
    ends = {row.user_id: row.person_id for row in found if row.person_id not in links}
    assert ends == {"x": "z", "y": "z"}
    assert max(row.steps for row in found) < 10
