{{ config(schema="main") }}

-- One row per rule of companies, as account_rules.csv of the control panel has it.
{{ panel_table() }}
