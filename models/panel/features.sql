-- One row per feature, as features.csv has it.
{{ panel_table() }}
