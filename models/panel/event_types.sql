-- One row per event name of a source, as event_types.csv has it.
{{ panel_table() }}
