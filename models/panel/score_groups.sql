-- One row per group of rules, as score_groups.csv has it.
{{ panel_table() }}
