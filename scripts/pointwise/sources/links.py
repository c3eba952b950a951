"""How the files of POINTWISE_LINKS are read: who is who, as a CRM knows it.

Parquet or CSV with the columns id, person_id and known_from, in any order and case. A
file that cannot be read is named with the reason; the others count.
"""

from __future__ import annotations

import duckdb

from pointwise.core.sql_text import file_text, sql_name
from pointwise.sources.listing import files_of_run
from pointwise.sources.reading import first_line, source

COLUMNS = {"id": True, "person_id": True, "known_from": False}
KINDS = (".csv", ".tsv", ".txt")


def link_files(path: str, invocation_id: str) -> list[dict]:
    """Return each file with `rows`, SQL to read it from, and its columns' types.

    Where a file cannot be read, `reason` says why.
    """
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        return [
            look_at(connection, found.file, found.reason, COLUMNS)
            for found in files_of_run(path, invocation_id)
        ]


def look_at(
    connection: duckdb.DuckDBPyConnection,
    file: str,
    reason: str | None,
    needed: dict[str, bool],
) -> dict:
    """Read a file once, and return how it is read, or why it cannot be."""
    if file.lower().endswith(KINDS):
        rows = f"read_csv({file_text(file)}, header = true, all_varchar = true)"
    elif reason:
        return {"file": file, "reason": reason}
    else:
        rows = source([file], has_partitions=False)
    try:
        described = connection.execute(f"describe from {rows}").fetchall()
        own = {name.strip().lower(): (name, kind) for name, kind, *_ in described}
        if lacking := [name for name in needed if needed[name] and name not in own]:
            reason = f"there is no column {lacking[0]}"
            return {"file": file, "reason": reason}
        names = {name: sql_name(own[name][0]) for name in needed if name in own}
        if file.lower().endswith(KINDS):
            names = {
                name: text_of_csv(connection, rows, column)
                for name, column in names.items()
            }
        columns = {
            name: {"expression": names[name], "type": own[name][1]}
            if name in names
            else None
            for name in needed
        }
        hashes = ", ".join(
            f"bit_xor(hash({column['expression']}))"
            for column in columns.values()
            if column
        )
        connection.execute(f"select {hashes} from {rows}").fetchall()
    except duckdb.Error as error:
        return {"file": file, "reason": first_line(error)}
    return {"file": file, "reason": None, "rows": rows, "columns": columns}


def text_of_csv(connection: duckdb.DuckDBPyConnection, rows: str, column: str) -> str:
    """Return SQL for what a column of a CSV says.

    Spaces around a text mean nothing. Where each value is a whole number with `.0`, as
    pandas writes a column of numbers with a gap, the `.0` means nothing either.
    """
    text = f"nullif(trim({column}), '')"
    [(are_floats,)] = connection.execute(
        rf"select bool_and(regexp_full_match({text}, '\d+\.0')) from {rows}"
    ).fetchall()
    return f"left({text}, -2)" if are_floats else text
