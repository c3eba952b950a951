{# What differs between engines, a macro a difference. Each is in the file of its engine as
   <engine>__<name>; one that an engine lacks ends the run by its name. #}

{# Whole days from one date to a later one. #}
{% macro days_between(from_date, to_date) %}
    {{- return(adapter.dispatch("days_between")(from_date, to_date)) -}}
{% endmacro %}

{# A date a number of days after another (before, where negative). #}
{% macro add_days(date, days) %}
    {{- return(adapter.dispatch("add_days")(date, days)) -}}
{% endmacro %}

{# The calendar day, in the project's time zone, of a time in UTC. #}
{% macro local_date(utc_time) %}
    {{- return(adapter.dispatch("local_date")(utc_time)) -}}
{% endmacro %}

{# Condition: a text is empty or holds nothing but white space of any kind. Most texts
   begin with a printable ASCII character, and need no closer look. #}
{% macro is_blank(expression) %}
    {{- return(adapter.dispatch("is_blank")(expression)) -}}
{% endmacro %}

{# Condition, for every row of the events: a text is one of a few. Not `in`, of which
   DuckDB makes a join that every reading of the events does, whatever it reads. #}
{% macro is_one_of(text, texts) %}
    {{- return(adapter.dispatch("is_one_of")(text, texts)) -}}
{% endmacro %}

{# A source expression read as a type, given its type in the source: NULL where that
   fails, or the source has no such column. What the same value is called in another file
   is no matter: 5, 5.0 and '5' are one id, and a time is a time by any unit. #}
{% macro read_as(expression, type, source_type="") %}
    {{- return(adapter.dispatch("read_as")(expression, type, source_type)) -}}
{% endmacro %}

{# Files that a path or pattern means: file, size_bytes, modified_at, and why a file is not
   read although it lies where others are. Contents are not read. #}
{% macro list_files(path) %}
    {{- return(adapter.dispatch("list_files")(path)) -}}
{% endmacro %}

{# Files of a query `files` (file), each with how it is read, a plan in JSON, or the reason
   why it cannot be, and its rows. Pages are read here, once, so that the build meets no
   broken one later. #}
{% macro judge_files(files, columns) %}
    {{- return(adapter.dispatch("judge_files")(files, columns)) -}}
{% endmacro %}

{# The rows of files that are read alike, all columns as they are there. The file and the
   row's number in it have names that the files' own columns leave free. #}
{% macro read_files(plan) %}
    {{- return(adapter.dispatch("read_files")(plan)) -}}
{% endmacro %}

{# The time of a row's file, from the times that `file_groups` found. It is
   looked up in a literal: a join with the list of files would keep conditions from
   reaching the files, so that every row were read whole. #}
{% macro file_modified_at(file, files) %}
    {{- return(adapter.dispatch("file_modified_at")(file, files)) -}}
{% endmacro %}

{# Rows of a file that scripts/train_propensity.py has written beside the model; no rows
   where there is none. `columns` are its columns and their types. #}
{% macro read_model_file(name, columns) %}
    {{- return(adapter.dispatch("read_model_file")(name, columns)) -}}
{% endmacro %}

{# A list of the rows of a group, each a struct of columns, in a given order. #}
{% macro list_of_rows(columns, order_by) %}
    {{- return(adapter.dispatch("list_of_rows")(columns, order_by)) -}}
{% endmacro %}

{# The items of a list, a row each. #}
{% macro unnested(list) %}
    {{- return(adapter.dispatch("unnested")(list)) -}}
{% endmacro %}

{# The lists of a group's rows, one after the other. #}
{% macro joined_lists(list) %}
    {{- return(adapter.dispatch("joined_lists")(list)) -}}
{% endmacro %}

{# How many items of a list are there before in it. #}
{% macro repeats_in(list) %}
    {{- return(adapter.dispatch("repeats_in")(list)) -}}
{% endmacro %}

{# How many different items both of two lists have that a third one lacks. A list that is
   NULL has none. #}
{% macro new_in_both(list, other, third) %}
    {{- return(adapter.dispatch("new_in_both")(list, other, third)) -}}
{% endmacro %}

{# Columns as a JSON object of texts. #}
{% macro as_json(columns) %}
    {{- return(adapter.dispatch("as_json")(columns)) -}}
{% endmacro %}

{# A value of a row of the source, to be kept beside those of other files unless these are
   of one kind: as it is, or as text. #}
{% macro raw_value(value, is_only) %}
    {{- return(adapter.dispatch("raw_value")(value, is_only)) -}}
{% endmacro %}

{# A fingerprint of the rows of a group that does not depend on their order: the same
   for the same set of texts. #}
{% macro fingerprint(expression) %}
    {{- return(adapter.dispatch("fingerprint")(expression)) -}}
{% endmacro %}

{# The n-th least row of a group by these columns, as a struct; the greatest of all if there
   are fewer. No sorting: a group keeps its n least rows only. #}
{% macro nth_least(columns, n) %}
    {{- return(adapter.dispatch("nth_least")(columns, n)) -}}
{% endmacro %}

{# Text of all rows, joined in a given order. #}
{% macro ordered_text(expression, order_by, separator=" ") %}
    {{- return(adapter.dispatch("ordered_text")(expression, order_by, separator)) -}}
{% endmacro %}

{# The whole numbers from 0 to below a limit, as rows of a column `number`. #}
{% macro whole_numbers(limit) %}
    {{- return(adapter.dispatch("whole_numbers")(limit)) -}}
{% endmacro %}

{# SQL that ends the query with a message, for tests that say in the build's output what
   is wrong. #}
{% macro raise_error(message) %}
    {{- return(adapter.dispatch("raise_error")(message)) -}}
{% endmacro %}

{# Condition: some part of a text is as a regular expression says. #}
{% macro matches(text, pattern) %}
    {{- return(adapter.dispatch("matches")(text, pattern)) -}}
{% endmacro %}

{# Condition that holds where `matches` does for some line of a text, and perhaps for
   more: lines are ruled out at once where that takes less time. #}
{% macro may_match_a_line(lines, pattern) %}
    {{- return(adapter.dispatch("may_match_a_line")(lines, pattern)) -}}
{% endmacro %}

{# A text with every part that is as a pattern says replaced; \1 is the first group. #}
{% macro replaced(text, pattern, by) %}
    {{- return(adapter.dispatch("replaced")(text, pattern, by)) -}}
{% endmacro %}

{# A struct of values by name. #}
{% macro struct_of(values) %}
    {{- return(adapter.dispatch("struct_of")(values)) -}}
{% endmacro %}

{# A list of values. #}
{% macro list_of(items) %}
    {{- return(adapter.dispatch("list_of")(items)) -}}
{% endmacro %}

{# A list of structs (attribute, value), both texts, of values by name. #}
{% macro names_and_values(values) %}
    {{- return(adapter.dispatch("names_and_values")(values)) -}}
{% endmacro %}

{# How many different values a window holds. #}
{% macro different_over(expression, window) %}
    {{- return(adapter.dispatch("different_over")(expression, window)) -}}
{% endmacro %}

{# What a CTE says that is read by several, each of few of its rows, so as not to be stored. #}
{% macro not_stored() %}
    {{- return(adapter.dispatch("not_stored")()) -}}
{% endmacro %}

{# A whole number of many digits, at least 0, by an even divisor: the nearest whole number. #}
{% macro rounded_quotient(number, divisor) %}
    {{- return(adapter.dispatch("rounded_quotient")(number, divisor)) -}}
{% endmacro %}

{# The values of a group, or of those of its rows for which a condition holds, as a sorted list. #}
{% macro sorted_list(expression, where=none) %}
    {{- return(adapter.dispatch("sorted_list")(expression, where)) -}}
{% endmacro %}

{# Rows of a file of the control panel, with their types by column. #}
{% macro panel_rows(asked, types) %}
    {{- return(adapter.dispatch("panel_rows")(asked, types)) -}}
{% endmacro %}

{# Query for the rows that a function of pointwise.sql_functions makes of whole relations. It
   gets each as a list of rows, or none, by its name, and settings by theirs. #}
{% macro rows_from_python(name, relations, columns, settings=[]) %}
    {{- return(adapter.dispatch("rows_from_python")(name, relations, columns, settings)) -}}
{% endmacro %}

{# The JSON that a function of pointwise.sql_functions answers. #}
{% macro answer_of_python(name, arguments) %}
    {{- return(adapter.dispatch("answer_of_python")(name, arguments)) -}}
{% endmacro %}

{# A hash of one value or several: the same for the same, else most likely another. #}
{% macro hash_of() %}
    {{- return(adapter.dispatch("hash_of")(varargs)) -}}
{% endmacro %}

{# The sum of the hashes of a group's rows, by these values or all of a relation, as in
   `events.*`, in any order. #}
{% macro sum_of_hashes() %}
    {{- return(adapter.dispatch("sum_of_hashes")(varargs)) -}}
{% endmacro %}

{# Hook: write what a model has loaded, and the version that did, beside the model. #}
{% macro write_loaded(inputs) %}
    {{- return(adapter.dispatch("write_loaded")(inputs)) -}}
{% endmacro %}

{# Before rows of what was touched are deleted: what an engine without transactions needs
   for knowing after a build that was ended that it was. #}
{% macro keep_touched(inputs, column) %}
    {{- return(adapter.dispatch("keep_touched")(inputs, column)) -}}
{% endmacro %}

{# Hook: delete the rows of this model for which a condition holds. #}
{% macro delete_where(condition) %}
    {{- return(adapter.dispatch("delete_where")(condition)) -}}
{% endmacro %}

{# The tables of what was loaded that this version of the project wrote. #}
{% macro tables_of_version() %}
    {{- return(adapter.dispatch("tables_of_version")()) -}}
{% endmacro %}

{# The rows of record files, to follow a query of their columns; those that a file lacks are NULL. #}
{% macro and_recorded(files, columns) %}
    {{- return(adapter.dispatch("and_recorded")(files, columns)) -}}
{% endmacro %}

{# The product of the values in a window; NULL where it is empty. #}
{% macro product_over(expression, window) %}
    {{- return(adapter.dispatch("product_over")(expression, window)) -}}
{% endmacro %}

{# The number that eight hexadecimal digits are. #}
{% macro number_of_hex(text) %}
    {{- return(adapter.dispatch("number_of_hex")(text)) -}}
{% endmacro %}

{# The whole number that is nearest, of two the even one; of decimals the one farther from 0. #}
{% macro nearest_whole(number) %}
    {{- return(adapter.dispatch("nearest_whole")(number)) -}}
{% endmacro %}

{# The column by whose values a table's files lie in folders of their own, on an engine that
   deletes rows by the folder. #}
{% macro partition_column(column) %}
    {{- return(adapter.dispatch("partition_column")(column)) -}}
{% endmacro %}

{# The rows of a file of links, as Python has described it. #}
{% macro rows_of_file(file) %}
    {{- return(adapter.dispatch("rows_of_file")(file)) -}}
{% endmacro %}

{# The type of a list of structs of these columns. #}
{% macro list_type(columns) %}
    {{- return(adapter.dispatch("list_type")(columns)) -}}
{% endmacro %}

{# A text as an SQL literal. #}
{% macro text_literal(text) %}
    {{- return(adapter.dispatch("text_literal")(text)) -}}
{% endmacro %}

{# An expression whose names are in double quotes, as the engine quotes names. #}
{% macro quoted(expression) %}
    {{- return(adapter.dispatch("quoted")(expression)) -}}
{% endmacro %}

{# How a model is kept that many read and few of whose rows each of them needs: as a view
   where an engine reads no more of its files than that, else as a `kind` of table. #}
{% macro view_or(kind) %}
    {{- return(adapter.dispatch("view_or")(kind)) -}}
{% endmacro %}

{# One column more, `<column>_key`, by which the files of a table lie in folders of their
   own, on an engine that deletes rows by the folder: a value may be no name of one. #}
{% macro key_of(column) %}
    {{- return(adapter.dispatch("key_of")(column)) -}}
{% endmacro %}

{# Columns and their types of the tables of this run that may have no file to say so, by the
   model's unique_id. #}
{% macro columns_built() %}
    {{- return(adapter.dispatch("columns_built")()) -}}
{% endmacro %}
