-- One row per band of scores, as score_bands.csv has it.
{{ panel_table() }}
