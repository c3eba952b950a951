{{ config(schema="main") }}

-- One row per experiment and metric, as experiment_metrics.csv of the panel has it.
{{ panel_table() }}
