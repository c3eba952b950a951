-- One row per experiment, as experiments.csv has it.
{{ panel_table() }}
