-- No feature alone ranks converters before others almost perfectly: one that does knows
-- what came later. Its interval, not only its value, must lie beyond the bound. Columns
-- of profiles without a date are suspected sooner, and so is what no other feature is
-- near. The build stops and names them, and columns that nobody has any more today.
{% set leak_auc = var("leak_auc") %}
with

feature_signals as (select * from {{ ref("feature_signals") }}),

features as (select * from {{ ref("features") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

person_attributes as (select * from {{ ref("int_person_attributes") }}),

examples as (select * from {{ ref("training_examples") }}),

persons as (select * from {{ ref("int_user_as_of_dates") }}),

undated as (
    select features.feature
    from features
    inner join user_attributes
        on features.feature = user_attributes.attribute
    where features.measure in ('attribute', 'number')
    group by features.feature
    having bool_or(user_attributes.valid_from is null)
),

signals as (
    select
        *,
        as_of_date is null as is_of_all,
        greatest(auc, 1 - auc) as strength,
        greatest(lower_auc, 1 - upper_auc) as lower_strength
    from feature_signals
    where conversions >= 20 and feature <> 'score'
),

others as (
    select coalesce(max(strength), 0.5) as best_strength
    from signals
    where is_of_all and strength < {{ leak_auc }} - 0.07
),

too_good as (
    select
        signals.feature,
        concat('AUC ', cast(cast(max(signals.strength) as decimal(4, 3)) as varchar))
            as found
    from signals
    cross join others
    left join undated
        on signals.feature = undated.feature
    where
        signals.lower_strength > {{ leak_auc }}
        or (
            signals.is_of_all
            and signals.lower_strength > {{ leak_auc }} - 0.1
            and (
                signals.strength > {{ leak_auc }}
                or (
                    undated.feature is not null
                    and signals.strength > {{ leak_auc }} - 0.05
                )
                or (
                    signals.strength > {{ leak_auc }} - 0.07
                    and signals.strength > others.best_strength + 0.07
                    and signals.lower_strength > others.best_strength
                )
            )
        )
    group by signals.feature
),

-- Who was open at a snapshot, and who is now.
open_persons as (
    select
        user_id,
        as_of_date,
        false as is_now
    from examples
    union all
    select
        user_id,
        as_of_date,
        true as is_now
    from persons
    where is_scoring_date and has_activity and not is_customer
),

everyone as (
    select
        count(*) filter (where is_now) as open_now,
        count(*) filter (where not is_now) as open_then
    from open_persons
),

filled as (
    select
        undated.feature,
        count(*) filter (where open_persons.is_now) as open_now,
        count(*) filter (where not open_persons.is_now) as open_then
    from open_persons
    inner join person_attributes
        on open_persons.user_id = person_attributes.user_id
        and open_persons.as_of_date = person_attributes.as_of_date
    inner join undated
        on person_attributes.attribute = undated.feature
    group by undated.feature
),

absent as (
    select
        filled.feature,
        'nobody who is open has it' as found
    from filled
    cross join everyone
    where
        filled.open_now * 200 <= everyone.open_now
        and filled.open_now * 20
        <= filled.open_then * everyone.open_now / everyone.open_then
        and filled.open_then * everyone.open_now >= 10 * everyone.open_then
),

leaks as (
    select * from too_good
    union all
    select absent.* from absent
    anti join too_good
        on absent.feature = too_good.feature
),

named as (
    select
        feature,
        concat(feature, ' (', found, ')') as leak
    from leaks
),

verdict as (
    select
        count(*) as leaks,
        concat(
            'these features give the outcome away: ',
            {{ ordered_text("leak", order_by="feature", separator=", ") }},
            '. Alone they rank converters above others better than leak_auc allows,',
            ' {{ leak_auc }}, or better than the others come near: most likely they',
            ' know what came after the as-of date, as a profile column without',
            ' valid_from may.',
            ' Take them out of features.csv, or date them.'
        ) as message
    from named
)

-- In the condition, since dbt only counts rows and would not look at a column.
select message
from verdict
where case when leaks > 0 then {{ raise_error("message") }} is null else false end
