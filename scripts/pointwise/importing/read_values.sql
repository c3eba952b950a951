-- How text becomes a value. What cannot be read is NULL; empty text is NULL too.

-- A local time is taken to be in the zone. Where clocks go forward, the times skipped
-- are read as if they had not (02:30 is 03:30); where they go back, the times that
-- happen twice are read as the second, in winter time.
create or replace macro in_zone(local_time, zone) as
    case
        when zone = 'UTC' then local_time
        else cast(timezone(zone, local_time) as timestamp)
    end;

-- Seconds, milliseconds, microseconds or nanoseconds since 1970, by magnitude:
-- below 10^11 seconds (the year 5138), below 10^14 milliseconds (from 1973 on), below
-- 10^17 microseconds.
create or replace macro whole_epoch(number) as
    case
        when abs(number) < 100000000000 then make_timestamp(number * 1000000)
        when abs(number) < 100000000000000 then make_timestamp(number * 1000)
        when abs(number) < 100000000000000000 then make_timestamp(number)
        else make_timestamp(number // 1000)
    end;

create or replace macro fractional_epoch(number) as
    make_timestamp(
        case
            when abs(number) < 1e11 then cast(round(number * 1e6) as bigint)
            when abs(number) < 1e14 then cast(round(number * 1e3) as bigint)
            when abs(number) < 1e17 then cast(round(number) as bigint)
            when abs(number) < 9e18 then cast(round(number / 1e3) as bigint)
        end
    );

create or replace macro read_trimmed_time(moment, zone) as
    case
        when moment = '' then null
        when regexp_full_match(
            moment,
            '\d{4}[-/]\d{1,2}[-/]\d{1,2}([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?'
        ) then in_zone(try_cast(moment as timestamp), zone)
        when regexp_full_match(
            moment,
            '\d{4}[-/]\d{1,2}[-/]\d{1,2}[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?'
            || ' ?([Zz]|UTC|GMT|[+-](0\d|1[0-5])(:?[0-5]\d)?)'
        ) then cast(
            try_cast(
                replace(
                    replace(
                        regexp_replace(moment, ' ?(?:[Zz]|UTC|GMT)$', 'Z'), ' +', '+'
                    ), ' -', '-'
                ) as timestamptz
            ) as timestamp
        )
        when regexp_full_match(moment, '(19|20)\d{6}(T?\d{6})?') then in_zone(
            try_strptime(moment, ['%Y%m%d', '%Y%m%d%H%M%S', '%Y%m%dT%H%M%S']), zone
        )
        when regexp_full_match(moment, '(19|20)\d{6}T\d{6}(Z|[+-](0\d|1[0-5])[0-5]\d)')
            then cast(try_cast(regexp_replace(
                moment, '(....)(..)(..)T(..)(..)(..)', '\1-\2-\3T\4:\5:\6'
            ) as timestamptz) as timestamp)
        -- dateHour and dateHourMinute of Google Analytics; as seconds and
        -- milliseconds since 1970 they would be of 2034 and 1976.
        when regexp_full_match(moment, '20\d{8}(\d\d)?')
            and try_strptime(moment, ['%Y%m%d%H', '%Y%m%d%H%M']) is not null
            then in_zone(try_strptime(moment, ['%Y%m%d%H', '%Y%m%d%H%M']), zone)
        when regexp_full_match(moment, '-?\d{1,19}')
            then whole_epoch(try_cast(moment as bigint))
        when regexp_full_match(moment, '-?\d{1,19}(\.\d*)?([eE]\+?\d+)?')
            then fractional_epoch(try_cast(moment as double))
    end;

create or replace macro read_time(content, zone) as
    read_trimmed_time(trim(content), zone);

create or replace macro read_finite(content) as
    case
        when regexp_full_match(
            content, '[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?'
        ) and isfinite(try_cast(content as double)) then try_cast(content as double)
    end;

create or replace macro read_number(content) as read_finite(trim(content));

-- A number without the currency beside it: $12, -€5, 12.50 EUR.
create or replace macro without_currency(content) as
    regexp_replace(
        trim(content),
        '^([+-]?)(?:(?:[$€£¥]|[A-Z]{3})[ \x{a0}\x{202f}]?)?([+-]?[0-9][0-9.,]*)'
        || '(?:[ \x{a0}\x{202f}]?(?:[$€£¥]|[A-Z]{3}))?$',
        '\1\2'
    );

-- 1,234.50 and 1234.5: commas between thousands.
create or replace macro read_thousands(content) as
    read_finite(
        case
            when regexp_full_match(content, '[+-]?\d{1,3}(,\d{3})+(\.\d*)?')
                then replace(content, ',', '')
            else content
        end
    );

create or replace macro read_amount(content) as
    read_thousands(without_currency(content));

-- 1.234,50 and 1234,5: a comma before the decimals, points between thousands.
create or replace macro read_comma_number(content) as
    case
        when regexp_full_match(
            trim(content), '[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d*)?'
        ) then read_finite(replace(replace(trim(content), '.', ''), ',', '.'))
    end;

-- A duration written 1:02:03 is hours, minutes and seconds.
create or replace macro read_clock(content) as
    case
        when regexp_full_match(trim(content), '\d{1,5}:[0-5]\d:[0-5]\d(\.\d+)?') then
            3600.0 * try_cast(split_part(trim(content), ':', 1) as integer)
            + 60.0 * try_cast(split_part(content, ':', 2) as integer)
            + try_cast(trim(split_part(content, ':', 3)) as double)
    end;

-- Whole numbers that passed through a spreadsheet or pandas lose their `.0`.
create or replace macro read_id(content) as
    case
        when ends_with(content, '.0') and regexp_full_match(content, '-?\d+\.0')
            then replace(content, '.0', '')
        when regexp_matches(content, '^[\[{]') and json_valid(content) then null
        else nullif(content, '')
    end;

create or replace macro hashed(content) as left(sha256(lower(trim(content))), 32);

-- What a JSON pointer leads to in a text of JSON; a text that is no JSON has nothing.
create or replace macro read_inside(content, pointer) as
    json_extract_string(try_cast(content as json), pointer);

-- The id of a company, of several in a list of JSON the first.
create or replace macro read_account(content) as
    read_id(
        case
            when starts_with(content, '[')
                then coalesce(read_inside(content, '$[0]'), content)
            else content
        end
    );

-- A value from a list of keys and values, as [{"key": k, "value": {"int_value": "1"}}]:
-- of a value of several types the one that is filled. Parquet files of BigQuery have
-- the list in an object.
create or replace macro pair_value(pair) as
    case
        when json_type(pair, '$.value') <> 'OBJECT' then json_extract_string(pair, '$.value')
        else coalesce(
            json_extract_string(pair, '$.value.string_value'),
            json_extract_string(pair, '$.value.int_value'),
            json_extract_string(pair, '$.value.double_value'),
            json_extract_string(pair, '$.value.float_value')
        )
    end;

create or replace macro pairs_of(content) as
    case
        when json_type(try_cast(content as json)) = 'ARRAY'
            then json_extract(try_cast(content as json), '$[*]')
        else json_extract(try_cast(content as json), '$.list[*].element')
    end;

create or replace macro read_pair(content, name) as
    pair_value(
        list_filter(
            pairs_of(content),
            lambda pair: json_extract_string(pair, '$.key') = name
        )[1]
    );

-- The path of a web address, without what is asked of it, which may name a person.
create or replace macro path_of(address) as
    case
        when regexp_matches(address, '^[a-zA-Z][a-zA-Z0-9+.-]*://') then
            coalesce(
                nullif(
                    regexp_extract(
                        address, '^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*([^?#]*)', 1
                    ), ''
                ), '/'
            )
        else nullif(regexp_replace(address, '[?#].*$', ''), '')
    end;
