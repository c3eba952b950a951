-- One row per rule on machines, as bot_rules.csv has it; none where there is no file.
{{ panel_table() }}
