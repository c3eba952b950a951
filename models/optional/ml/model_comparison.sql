{{ config(schema="main", meta={"published_order": "population, model, figure"}) }}

-- One row per population, model and figure: every model on the same test examples, as
-- the training of the model in use found it. Empty as long as nothing was trained.
{{ read_model_file("comparison.json", {
    "population": "varchar", "model": "varchar", "figure": "varchar",
    "value": "double", "low": "double", "high": "double",
    "examples": "integer", "converted": "integer", "users": "integer",
}) }}
