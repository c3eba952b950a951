"""How each file of a source is read: settled per file, whatever lies beside it.

A file is described by its own footer, and the columns that are needed are really read,
once: what the build meets later was met here, and a file that cannot be read harms only
itself. Verdicts on files that have not changed are taken over from the last build.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import duckdb

from pointwise.core.sql_text import escaped, file_text, sql_name

NESTED = re.compile(r".*\]$|STRUCT|MAP|UNION|VARIANT", re.DOTALL)
NUMBER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|DOUBLE|FLOAT|DECIMAL")
TIME = re.compile(r"DATE|TIMESTAMP")
HIVE_KEY = re.compile(r"(?<=/)([^/=]+)=[^/]*(?=/)")
# Which types a column may have, by what is needed, and how that is called.
FITTING = {
    "varchar": (re.compile(rf"(?!{NESTED.pattern})"), "text"),
    "double": (
        re.compile(rf'{NUMBER.pattern}|VARCHAR|BLOB|BOOLEAN|"NULL"'),
        "a number",
    ),
    "timestamp": (
        re.compile(rf'{NUMBER.pattern}|{TIME.pattern}|VARCHAR|BLOB|"NULL"'),
        "a time",
    ),
}
# Numbers that are times from 2000 to 2099: seconds, milli-, micro- or nanoseconds.
EPOCHS = [(946684800 * 1000**n, 4102444800 * 1000**n) for n in range(4)]
NO_EPOCHS = (
    "{column} is {type} here, and no value is a time from 2000 to 2099 in seconds,"
    " milliseconds, microseconds or nanoseconds"
)


@dataclass(frozen=True)
class Column:
    """What the project needs: its name there, its type, and where it comes from."""

    name: str
    type: str
    expression: str | None = None  # over the file's columns; none: the column itself
    is_required: bool = False
    or_else: str | None = None  # another column that does where this one is missing


@dataclass(frozen=True)
class Plan:
    """How a file is read; files of one plan are read together."""

    types: dict[str, str | None]  # by canonical column: its type in the file, or none
    sources: dict[str, str]  # the file's columns that are needed, with types
    file_column: str  # names that the file's own columns leave free
    has_row_number: bool  # a column of the file is called file_row_number
    has_partitions: bool  # a folder's name=value is a column that is needed
    partitions: list[str]


@dataclass
class Verdict:
    """What is known of a file: why it cannot be read, or how it is."""

    file: str
    reason: str | None = None
    row_count: int | None = None
    plan: str | None = None  # JSON of a Plan


def judge(
    files: Iterable[str], columns: list[Column], reads_pages: bool = True
) -> list[Verdict]:
    """Describe files and read what is needed of them; return a verdict on each."""
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        connection.execute("set TimeZone = 'UTC'; set threads = 2")
        reader = Reader(connection, columns)
        verdicts = [reader.describe(file) for file in files]
        plans = defaultdict(list)
        for verdict in verdicts:
            if verdict.reason is None:
                plans[verdict.plan].append(verdict)
        for plan, of_plan in plans.items() if reads_pages else ():
            reader.read(Plan(**json.loads(plan)), of_plan)
        return verdicts


class Reader:
    """Looks at files through one connection; remembers what it learnt of schemas."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, columns: list[Column]
    ) -> None:
        self.connection = connection
        self.columns = columns
        self.types_of_schemas: dict[str, dict[str, str | None] | str] = {}

    def describe(self, file: str) -> Verdict:
        """Return how a file is read, by its footer, or why it cannot be."""
        verdict = Verdict(file)
        try:
            own = self.described("*", [file], has_partitions=False)
            verdict.row_count = self.connection.execute(
                "select num_rows from parquet_file_metadata(?)", [escaped(file)]
            ).fetchall()[0][0]
        except duckdb.Error as error:
            verdict.reason = first_line(error)
            return verdict
        keys = HIVE_KEY.findall(file)
        lower = {name.lower() for name in own}
        has_partitions = any(
            self.is_needed(key) and key.lower() not in lower for key in keys
        )
        if has_partitions:
            own |= dict.fromkeys(keys, "VARCHAR")
            lower |= {key.lower() for key in keys}
        sources = {name: own[name] for name in sorted(own) if self.is_needed(name)}
        try:
            types = self.types_of(own, file, has_partitions)
        except ValueError as error:
            verdict.reason = str(error)
            return verdict
        file_column = "pointwise_file"
        while file_column in lower:
            file_column += "_"
        plan = Plan(
            types=types,
            sources=sources,
            file_column=file_column,
            has_row_number="file_row_number" in lower,
            has_partitions=has_partitions,
            partitions=keys if has_partitions else [],
        )
        verdict.plan = json.dumps(asdict(plan))
        return verdict

    def is_needed(self, name: str) -> bool:
        """Whether a column of a file is read: by its name, or in an expression."""
        return any(
            name.lower() == column.name
            if column.expression is None
            else name.lower() in column.expression.lower()
            for column in self.columns
        )

    def types_of(
        self, own: dict[str, str], file: str, has_partitions: bool
    ) -> dict[str, str | None]:
        """Return each column's type in a file; ValueError if one is wrong."""
        schema = json.dumps([own, has_partitions])
        if schema not in self.types_of_schemas:
            try:
                found = self.types_anew(own, file, has_partitions)
            except ValueError as error:
                found = str(error)
            self.types_of_schemas[schema] = found
        if isinstance(found := self.types_of_schemas[schema], str):
            raise ValueError(found)
        return found

    def types_anew(
        self, own: dict[str, str], file: str, has_partitions: bool
    ) -> dict[str, str | None]:
        """Return the same, looking into the file where a column is mapped."""
        of_name = {name.lower(): data_type for name, data_type in own.items()}
        types: dict[str, str | None] = {}
        missing: dict[str, tuple[str | None, str]] = {}
        for column in self.columns:
            data_type = of_name.get(column.name)
            reason = f"there is no column {column.name}"
            if column.expression is not None:
                try:
                    data_type = next(
                        iter(
                            self.described(
                                f"({column.expression})", [file], has_partitions
                            ).values()
                        )
                    )
                except duckdb.Error as error:
                    data_type, reason = None, first_line(error)
            if data_type is None and column.is_required:
                missing[column.name] = column.or_else, reason
            fitting, needed = FITTING[column.type]
            if data_type is not None and not fitting.match(data_type):
                raise ValueError(
                    f"{column.name} is {data_type} here, where {needed} is needed"
                )
            types[column.name] = data_type
        for instead, reason in missing.values():
            if instead is None or types.get(instead) is None:
                raise ValueError(reason)
        return types

    def described(
        self, selected: str, files: list[str], has_partitions: bool
    ) -> dict[str, str]:
        """Return names and types of what is selected from files."""
        rows = self.connection.execute(
            f"describe select {selected} from {source(files, has_partitions)}"
        ).fetchall()
        return {name: data_type for name, data_type, *_ in rows}

    def read(self, plan: Plan, verdicts: list[Verdict]) -> None:
        """Read the needed columns of files, and say on each what that meets."""
        if plan.sources:
            self.read_pages(plan, verdicts)
        for column in self.columns:
            data_type = plan.types[column.name]
            is_time = column.is_required and column.type == "timestamp"
            if is_time and NUMBER.match(data_type):
                self.read_epochs(plan, column, verdicts)

    def read_pages(self, plan: Plan, verdicts: list[Verdict]) -> None:
        """Read every page; on an error look for the files that raise it."""
        # A hash needs every value; the sum of hashes overflows, and bits do not.
        hashes = ", ".join(f"bit_xor(hash({sql_name(name)}))" for name in plan.sources)
        files = [verdict.file for verdict in verdicts]
        try:
            self.connection.execute(
                f"select {hashes} from {source(files, plan.has_partitions)}"
            ).fetchall()
        except duckdb.Error as error:
            if len(verdicts) == 1:
                verdicts[0].reason = first_line(error)
                return
            middle = len(verdicts) // 2
            self.read_pages(plan, verdicts[:middle])
            self.read_pages(plan, verdicts[middle:])

    def read_epochs(self, plan: Plan, column: Column, verdicts: list[Verdict]) -> None:
        """Set aside files whose numbers are no times."""
        value = f"({column.expression or sql_name(column.name)})"
        is_time = " or ".join(f"{value} >= {a} and {value} < {b}" for a, b in EPOCHS)
        for verdict in verdicts:
            if verdict.reason is None:
                values, times = self.connection.execute(
                    f"select count({value}), count(*) filter ({is_time})"
                    f" from {source([verdict.file], plan.has_partitions)}"
                ).fetchall()[0]
                if values and not times:
                    verdict.reason = NO_EPOCHS.format(
                        column=column.name, type=plan.types[column.name]
                    )


def source(files: list[str], has_partitions: bool) -> str:
    """Return the SQL that reads files by their names."""
    listed = ", ".join(file_text(file) for file in files)
    options = f"hive_partitioning = {str(has_partitions).lower()}"
    if has_partitions:
        options += ", hive_types_autocast = false"
    return f"read_parquet([{listed}], {options})"


def first_line(error: Exception) -> str:
    """Return the first line of what an error says."""
    return str(error).strip().splitlines()[0]
