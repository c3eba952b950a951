"""One row per user who is no customer: the log-odds that the trained model predicts.

A Python model, because numpy and, if the model has trees, XGBoost do the arithmetic;
they are loaded only if there is a model. Users are scored in batches: memory does not
grow with their number.
"""

BATCH = 50_000


def model(dbt, session):
    inputs = dbt.ref("int_propensity_inputs")
    columns = [name for name in inputs.columns if name.startswith("input_")]
    model_file = inputs.project("model_file").limit(1).fetchall()
    if not model_file:
        return inputs.project("user_id, cast(null as double) as margin")
    import pyarrow as pa

    from pointwise.learning.artefact import installed_model

    trained = installed_model(model_file[0][0])
    batches = []
    for batch in inputs.to_arrow_reader(BATCH):
        margins = trained.margin(matrix(batch, columns))
        batches.append((batch.column("user_id"), pa.array(margins)))
    users, margins = zip(*batches, strict=True)
    return pa.table(
        {"user_id": pa.chunked_array(users), "margin": pa.chunked_array(margins)}
    )


def matrix(batch, columns):
    """Return the input columns of a batch as numbers, NULL as not a number."""
    import numpy as np

    numbers = [batch.column(name).to_numpy(zero_copy_only=False) for name in columns]
    return np.column_stack(numbers)
