{# A condition holds for every row; where it is NULL, it does not. #}
{% test satisfies(model, condition) %}
select *
from {{ model }}
where not coalesce({{ condition }}, false)
{% endtest %}
