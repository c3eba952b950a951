"""One row per explained user and column of the model: what it adds to the log-odds.

Exact SHAP values: a user's rows, with the one without a column, sum to the margin. Of
trees it takes a hundred times as long as the margin alone, so not everybody has it.
"""


def model(dbt, session):
    inputs = dbt.ref("int_propensity_inputs")
    chosen = dbt.ref("int_users_to_explain").project("user_id")
    rows = inputs.join(chosen, "user_id").order("user_id")
    columns = [name for name in inputs.columns if name.startswith("input_")]
    if not rows.limit(1).fetchall():
        return rows.project(
            "user_id, cast(null as bigint) as input_number,"
            " cast(null as double) as log_odds"
        )
    import numpy as np
    import pyarrow as pa

    from pointwise.learning.artefact import installed_model

    rows = rows.to_arrow_table()
    trained = installed_model(rows.column("model_file")[0].as_py())
    numbers = np.column_stack([rows.column(name).to_numpy() for name in columns])
    effects = trained.effects(numbers)
    width = effects.shape[1]
    return pa.table(
        {
            "user_id": np.repeat(rows.column("user_id").to_numpy(), width),
            # From 1; the last is what the model says about everybody.
            "input_number": np.tile(np.arange(1, width + 1), len(effects)),
            "log_odds": effects.ravel(),
        }
    )
