{# Standard error of an area under the ROC curve, after J. A. Hanley and B. J. McNeil,
   "The meaning and use of the area under a receiver operating characteristic (ROC)
   curve", Radiology 143 (1982), 29-36. #}
{% macro auc_error(auc, conversions, users) -%}
    sqrt(greatest(
        (
            {{ auc }} * (1 - {{ auc }})
            + ({{ conversions }} - 1) * ({{ auc }} / (2 - {{ auc }}) - {{ auc }} * {{ auc }})
            + ({{ users }} - {{ conversions }} - 1) * (
                2 * {{ auc }} * {{ auc }} / (1 + {{ auc }}) - {{ auc }} * {{ auc }}
            )
        ) / nullif(cast({{ conversions }} as double) * ({{ users }} - {{ conversions }}), 0),
        0
    ))
{%- endmacro %}
