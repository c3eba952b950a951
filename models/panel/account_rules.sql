-- One row per rule of companies, as account_rules.csv has it.
{{ panel_table() }}
