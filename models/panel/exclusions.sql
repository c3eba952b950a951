-- One row per exclusion, as exclusions.csv has it; none where there is no file.
{{ panel_table() }}
