{{ config(schema="main", meta={"published_order": "user_id, feature"}) }}

-- One row per explained user and feature that moves the user's log-odds, in the words
-- of the rule that fired on the feature, else of the feature. They sum to the margin.
with

log_odds as (select * from {{ ref("int_propensity_log_odds") }}),

propensity as (select * from {{ ref("user_propensity") }}),

features as (select * from {{ ref("features") }}),

feature_values as (select * from {{ ref("user_feature_values") }}),

rules as (select * from {{ ref("scoring_rules") }}),

rule_contributions as (select * from {{ ref("score_contributions") }}),

strongest_rules as (
    select
        rule_contributions.user_id,
        rules.feature,
        rule_contributions.rule,
        rule_contributions.reason,
        row_number() over (
            partition by rule_contributions.user_id, rules.feature
            order by
                rule_contributions.score_name <> 'intent',
                abs(rule_contributions.points) desc, rule_contributions.rule
        ) as place
    from rule_contributions
    inner join propensity
        on rule_contributions.user_id = propensity.user_id
        and rule_contributions.as_of_date = propensity.as_of_date
    inner join rules
        on rule_contributions.rule = rules.rule
)

select
    log_odds.user_id,
    propensity.as_of_date,
    log_odds.feature,
    strongest_rules.rule,
    log_odds.log_odds,
    case
        when log_odds.feature = 'base' then 'What is true of users on the whole'
        when strongest_rules.rule is not null then strongest_rules.reason
        else concat(features.description, ': ', coalesce(
            feature_values.text_value,
            {{ display_number("feature_values.undecayed_value") }},
            case features.measure
                when 'attribute' then 'unknown'
                when 'number' then 'unknown'
                when 'days_since_last' then 'never'
                else '0'
            end
        ))
    end as reason
from log_odds
inner join propensity
    on log_odds.user_id = propensity.user_id
left join features
    on log_odds.feature = features.feature
left join feature_values
    on log_odds.user_id = feature_values.user_id
    and log_odds.feature = feature_values.feature
    and propensity.as_of_date = feature_values.as_of_date
left join strongest_rules
    on log_odds.user_id = strongest_rules.user_id
    and log_odds.feature = strongest_rules.feature
    and strongest_rules.place = 1
