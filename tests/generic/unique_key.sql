{# These columns together identify a row: no two rows are the same in them, and none is
   NULL except those that may be; NULLs count as the same. #}
{% test unique_key(model, columns, may_be_null=[]) %}
select
    {{ columns | join(", ") }},
    count(*) as copies
from {{ model }}
group by {{ columns | join(", ") }}
having
    count(*) > 1
    {%- for column in columns if column not in may_be_null %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
