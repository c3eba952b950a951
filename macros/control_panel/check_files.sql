{# Files that are not a CSV with any of the columns they should have. #}
{% macro check_files() %}
    select
        panel_file,
        cast(null as bigint) as row_number,
        cast(null as varchar) as column_name,
        case
            when not is_there then 'the file is missing'
            when content is null then 'the file is not UTF-8 text'
            when regexp_full_match(content, '[\s,]*') then 'the file is empty'
            when found_columns[1] like '%;%' then 'the cells are separated by semicolons'
            when found_columns[1] like concat('%', chr(9), '%')
                then 'the cells are separated by tabs'
            else 'the first row is not the header'
        end as found,
        case
            when is_there and content is null then 'a file saved as CSV UTF-8'
            else concat(
                'a CSV file that begins with the row ',
                array_to_string(expected_columns, ',')
            )
        end as allowed
    from headers
    where not coalesce(list_has_any(expected_columns, found_columns), false)
{% endmacro %}

{# Columns that are missing, unknown, without a name or there twice. #}
{% macro check_headers() %}
    select
        panel_file,
        1 as row_number,
        cast(null as varchar) as column_name,
        unnest(list_concat(
            [
                concat('column ''', name, ''' is missing')
                for name in expected_columns if not list_contains(found_columns, name)
            ],
            [
                case
                    when name is null then concat('column ', number, ' has no name')
                    when list_contains(expected_columns, name)
                        then concat('column ''', name, ''' is there twice')
                    else concat('column ''', name, ''' is not known')
                end
                for name, number in found_columns
                if name is null
                    or not list_contains(expected_columns, name)
                    or list_contains(found_columns[:number - 1], name)
            ]
        )) as found,
        concat('the columns ', array_to_string(expected_columns, ', ')) as allowed
    from headers
    where list_has_any(expected_columns, found_columns)
{% endmacro %}

{# Rows with too few or too many cells, rows of commas only, files without rows, and
   quotation marks that are not closed. #}
{% macro check_rows() %}
    select
        file_rows.panel_file,
        file_rows.row_number,
        cast(null as varchar) as column_name,
        case
            when file_rows.row_number = 1 then 'there is no row below the header'
            when file_rows.filled_cells = 0 then 'the row is empty'
            when file_rows.stray_quotes > 0
                then 'a quotation mark is not closed or not doubled'
            else concat('the row has ', file_rows.cells, ' cell(s)')
        end as found,
        case
            when file_rows.row_number = 1 then 'at least one row'
            when file_rows.filled_cells = 0 then 'rows with something in them'
            when file_rows.stray_quotes > 0 then 'cells such as "He said ""yes"", twice"'
            else concat(
                length(headers.found_columns),
                ', one a column; a cell with a comma in it needs "quotation marks"'
            )
        end as allowed
    from (
        select
            panel_file,
            row_number,
            count(*) as cells,
            count(value) as filled_cells,
            sum(count(value)) over (partition by panel_file) - count(value)
                as filled_cells_elsewhere,
            count(*) filter (
                where cell like '%"%' and not regexp_full_match(cell, '"([^"]|"")*"')
            ) as stray_quotes
        from file_cells
        group by panel_file, row_number
    ) as file_rows
    inner join headers
        on file_rows.panel_file = headers.panel_file
    where
        file_rows.panel_file not in (select panel_file from header_mistakes)
        and case
            when file_rows.row_number = 1
                then file_rows.filled_cells_elsewhere = 0 and file_rows.panel_file <> 'experiments'
            -- A blank line is a row of one blank cell, and does no harm.
            when file_rows.filled_cells = 0 then file_rows.cells > 1
            else
                file_rows.stray_quotes > 0
                or file_rows.cells <> length(headers.found_columns)
        end
{% endmacro %}
