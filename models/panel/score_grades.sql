-- One row per grade, as score_grades.csv has it; none where there is no file.
{{ panel_table() }}
