{{ config(schema="main", meta={"published_order": "model, hundredth"}) }}

-- One row per model and hundredth of the test examples, the highest predictions first:
-- what ROC, lift and calibration of every model are drawn from. Empty as long as
-- nothing was trained.
{{ read_model_file("curves.json", {
    "model": "varchar", "hundredth": "integer", "examples": "integer",
    "predicted_rate": "double", "conversion_rate": "double",
    "converted_share": "double", "others_share": "double",
}) }}
