{# The CSV files as they are on disk: panel_file, content; NULL where it is not UTF-8.
   This is the only macro that reads them. It reads whole files because read_csv stops
   at the first broken line and loses count of a spreadsheet's rows. #}
{% macro control_panel_files() %}
    {% set folder = modules.re.sub("([*?\\[])", "[\\1]", control_panel_folder()) %}
    select
        parse_filename(filename, true) as panel_file,
        ltrim(try(decode(content)), chr(65279)) as content
    from read_blob({{ sql_text(folder ~ "/*.csv") }})
    where parse_filename(filename, true) in (select panel_file from panel_columns)
{% endmacro %}

{# The files cut into cells: panel_file, row_number as in a spreadsheet (the header is
   row 1), column_number, the cell as written, and its value: without quotation marks,
   NULL if blank. A cell is a quoted text, else all up to a comma or the line's end. #}
{% macro control_panel_cells(files) %}
    select
        panel_file,
        row_number,
        row_number() over (partition by panel_file, row_number order by position)
            as column_number,
        cell,
        case
            when cell like '"%"' and length(cell) > 1
                then nullif(replace(cell[2:-2], '""', '"'), '')
            else nullif(cell, '')
        end as value
    from (
        select
            panel_file,
            position,
            regexp_replace(token, '(,|\r\n|\n|\r)$', '') as cell,
            1 + coalesce(
                sum(case when right(token, 1) = ',' then 0 else 1 end) over (
                    partition by panel_file
                    order by position
                    rows between unbounded preceding and 1 preceding
                ),
                0
            ) as row_number
        from (
            select
                panel_file,
                unnest(tokens) as token,
                generate_subscripts(tokens, 1) as position
            from (
                select
                    panel_file,
                    regexp_extract_all(
                        concat(content, chr(10)),
                        '("(?:[^"]|"")*"|[^,\r\n]*)(,|\r\n|\n|\r)'
                    ) as tokens
                from {{ files }}
                where content is not null
            ) as cut_files
        ) as tokens
    ) as counted_tokens
{% endmacro %}

{# One row per CSV: the header it should have, the one it has, and its content. #}
{% macro control_panel_headers() %}
    select
        expected.panel_file,
        expected.column_names as expected_columns,
        found.column_names as found_columns,
        panel_files.panel_file is not null as is_there,
        panel_files.content
    from (
        select panel_file, list(column_name order by column_number) as column_names
        from panel_columns
        where panel_file <> 'dbt_project'
        group by panel_file
    ) as expected
    left join panel_files
        on expected.panel_file = panel_files.panel_file
    left join (
        select panel_file, list(value order by column_number) as column_names
        from file_cells
        where row_number = 1
        group by panel_file
    ) as found
        on expected.panel_file = found.panel_file
{% endmacro %}

{# Cells below a sound header with the name of their column, and the settings; rows that
   are blank throughout are left out. #}
{% macro control_panel_named_cells() %}
    select
        file_cells.panel_file,
        file_cells.row_number,
        headers.found_columns[file_cells.column_number] as column_name,
        file_cells.value
    from file_cells
    inner join headers
        on file_cells.panel_file = headers.panel_file
    where
        file_cells.row_number > 1
        and file_cells.column_number <= length(headers.found_columns)
        and file_cells.panel_file not in (select panel_file from header_mistakes)
    qualify
        count(file_cells.value) over (
            partition by file_cells.panel_file, file_cells.row_number
        ) > 0
    union all
    select
        'dbt_project' as panel_file,
        null as row_number,
        column_name,
        value
    from ({{ control_panel_settings_cells() }}) as settings
{% endmacro %}

{# The vars of dbt_project.yml, an entry of a list or a key of a mapping a cell. Numbers
   and switches stay as YAML writes them: the text "90" is not the number 90. #}
{% macro control_panel_settings_cells() %}
    select * from (
        values
        {% for setting, column in control_panel_settings().items() %}
        {% set value = var(setting, none) %}
        {% set entries = value if column["shape"] else [value] %}
        {% set literal = column["kind"] in ["whole", "switch"] %}
        {% for entry in entries if has_shape(value, column["shape"]) %}
        (
            '{{ setting }}',
            {{ "null" if entry is none else sql_text(tojson(entry) if literal else entry) }}
        ),
        {% endfor %}
        {% endfor %}
        (null, null)
    ) as settings (column_name, value)
{% endmacro %}

{# The cells of one file as a table: each column typed, NULL if it does not fit, and as
   it was written in <column>_text. #}
{% macro control_panel_rows(file, columns) %}
    {% set types = {"whole": "bigint", "number": "decimal(18, 4)"} %}
    {% set kinds = control_panel_kinds() %}
    select
        row_number
        {%- for name, column in columns.items() %},
        max(value) filter (where column_name = '{{ name }}') as {{ name }}_text,
        {%- if column["kind"] not in types %}
        {{ name }}_text as {{ name }}
        {%- else %}
        case
            when
                regexp_full_match({{ name }}_text, '{{ kinds[column["kind"]]["pattern"] }}')
                and try_cast({{ name }}_text as double) between
                {{ column.get("at_least", "-1e18") }} and {{ column.get("at_most", "1e18") }}
                then try_cast({{ name }}_text as {{ types[column["kind"]] }})
        end as {{ name }}
        {%- endif %}
        {%- endfor %}
    from cells
    where panel_file = '{{ file }}'
    group by row_number
{% endmacro %}
