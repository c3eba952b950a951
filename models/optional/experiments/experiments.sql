{{ config(schema="main") }}

-- One row per experiment, as experiments.csv of the control panel has it.
{{ panel_table() }}
