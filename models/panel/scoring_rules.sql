-- One row per rule, as scoring_rules.csv has it.
{{ panel_table() }}
