"""One row per event file: can it be read, and if not, why; how many rows has it.

A Python model, because SQL cannot catch the error that an unreadable file raises.
"""

import json
import re
from collections import Counter

# Reads a file as `base_event_rows` will, without fetching a row.
PROBE = "select {columns} from read_parquet({files}, union_by_name = true) limit 0"
ROWS = "select num_rows from parquet_file_metadata(?)"
# Lists as a relation of DuckDB's own: pyarrow or pandas take 0.4 s to load.
FOUND = """select unnest(cast(? as varchar[])) as file,
    unnest(cast(? as varchar[])) as reason, unnest(cast(? as bigint[])) as row_count"""
# Types that go together; text takes any of them but nested ones.
KINDS = {
    "nested": r".*\]$|STRUCT|MAP|UNION",
    "text": r"VARCHAR",
    "number": r"U?(TINY|SMALL|BIG|HUGE)?INT|INTEGER|UINTEGER|DOUBLE|FLOAT|DECIMAL|BOOL",
    "time": r"DATE|TIMESTAMP",
}


def model(dbt, session):
    files = dbt.ref("base_event_files")
    columns = "file, probe_columns, optional_columns"
    rows = files.project(columns).order("file").fetchall()
    names, probe_columns, optional = zip(*rows, strict=True) if rows else ((), (), ())

    def probe(names):
        listed = ", ".join("'" + name.replace("'", "''") + "'" for name in names)
        query = PROBE.format(columns=probe_columns[0], files=f"[{listed}]")
        session.execute(query).fetchall()

    def why_unreadable(name):
        try:
            probe([name])
        except Exception as error:  # whatever DuckDB says is the reason to record
            return str(error).strip().splitlines()[0]

    def types(name):
        columns = session.execute("describe from read_parquet(?)", [name]).fetchall()
        return dict(column[:2] for column in columns)

    def count_rows(name):
        try:
            return session.execute(ROWS, [name]).fetchall()[0][0]
        except Exception:
            return None

    try:
        probe(names)
        reasons = {}
    except Exception:
        reasons = {name: why_unreadable(name) for name in names}
    types_of_files = {name: types(name) for name in names if not reasons.get(name)}
    if types_of_files:
        reasons |= odd_ones_out(types_of_files, json.loads(optional[0]))
    found = [names, [*map(reasons.get, names)], [*map(count_rows, names)]]
    return files.join(session.sql(FOUND, params=found), "file").project(
        "* exclude (probe_columns, optional_columns), reason is null as is_readable"
    )


def odd_ones_out(types_of_files, optional_columns):
    """Return why files cannot be read together with the rest.

    Numbers and times, say, or lists and plain values do not go together in a column:
    the files with the kind that an optional column must have, or else that most have,
    text if in doubt, are kept.
    """
    reasons = {}
    columns = {column for types in types_of_files.values() for column in types}
    for column in sorted(columns):
        kinds = {
            name: kind(types[column])
            for name, types in types_of_files.items()
            if column in types
        }
        counts = Counter(kinds.values())
        usual = min(counts, key=lambda k: (-counts[k], k != "text", k == "nested", k))
        if column in optional_columns:
            usual = kind(optional_columns[column].upper())
        for name, found in kinds.items():
            goes_along = "text" in (found, usual) and "nested" not in (found, usual)
            if found != usual and not goes_along:
                data_type = types_of_files[name][column]
                reasons.setdefault(
                    name, f"{column} is {data_type} here, where a {usual} is needed"
                )
    return reasons


def kind(data_type):
    """Return the kind of a DuckDB type; a type of no kind is one of its own."""
    kinds = (name for name, types in KINDS.items() if re.match(types, data_type))
    return next(kinds, data_type)
