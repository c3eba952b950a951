"""One row per event file: can it be read, and if not, why; how many rows has it.

A Python model, because SQL cannot catch the error that an unreadable file raises.
"""

# Reads a file as `base_event_rows` will, without fetching a row.
PROBE = "select {columns} from read_parquet({files}, union_by_name = true) limit 0"


def model(dbt, session):
    files = dbt.ref("base_event_files").order("file").df()
    probe_columns = files["probe_columns"].iloc[0] if len(files) else ""

    def probe(names):
        listed = ", ".join("'" + name.replace("'", "''") + "'" for name in names)
        session.execute(PROBE.format(columns=probe_columns, files=f"[{listed}]"))

    def why_unreadable(name):
        try:
            probe([name])
        except Exception as error:  # whatever DuckDB says is the reason to record
            return str(error).strip().splitlines()[0]

    def count_rows(name):
        try:
            query = "select num_rows from parquet_file_metadata(?)"
            return session.execute(query, [name]).fetchall()[0][0]
        except Exception:
            return None

    try:
        probe(files["file"])
        files["reason"] = None
    except Exception:
        files["reason"] = [why_unreadable(name) for name in files["file"]]
    files["reason"] = files["reason"].astype("string")
    files["row_count"] = [count_rows(name) for name in files["file"]]
    files["row_count"] = files["row_count"].astype("Int64")
    files["is_readable"] = files["reason"].isna()
    return files.drop(columns="probe_columns")
