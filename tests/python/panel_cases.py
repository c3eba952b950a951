"""Cases of test_control_panel: panels with mistakes, and the lines about them.

A panel is a dict of tables; each case breaks a good one.
"""

# A mistake a line reads best in the tables below.
# ruff: noqa: E501

from __future__ import annotations

# A panel with every form of rule, and nothing wrong. Row 1 is the header.
GOOD = {
    "event_types": [
        "source_event,event_type,max_per_day,description,property,pattern",
        "view,page_view,3,A page,,",
        "Pricing Viewed,pricing_view,1,Pricing,,",
        "pricing_v2,pricing_view,1,Pricing too,path,^/v2",
        "used,feature_used,,Use,,",
        "paid,subscription_started,,The outcome,,",
        "chat,chat_started,9,A chat,,",
    ],
    "features": [
        "feature,event_type,measure,window_days,half_life_days,unit,description",
        "views_14d,page_view,events,14,,views,Views",
        "pricing_30d,pricing_view,events,30,14,days,Pricing",
        "active_days_7d,*,active_days,7,,days,Active",
        "days_since_use,feature_used,days_since_last,30,,days,Last use",
        "spent,feature_used,amount,30,,,Amount",
        "minutes_30d,feature_used,minutes,30,,,Minutes",
        "industry,,attribute,,,,Industry",
    ],
    "scoring_rules": [
        "rule,rule_group,feature,min_value,max_value,equals,points,per,max_points,reason,next_step",
        "viewed,web,views_14d,,,,1,2,6,Viewed {value} page(s),another page",
        "pricing,web,pricing_30d,1.5,,,5,,,Pricing,",
        "active,web,active_days_7d,2,7,,4,,,Active,",
        "used,product,days_since_use,,,,10,,,Used,",
        "spent,product,spent,,-1,,-5,,,Refunds,",
        "finance,fit,industry,,,Finance,2,,,Works in {value},",
    ],
    "score_groups": [
        "rule_group,max_points,label,pick_best,resets",
        "web,20,Web,,",
        "product,25,Product,no,feature_used",
        "fit,10,Fit,yes,",
        "contact,0,Contact,TRUE,",
    ],
    "score_bands": [
        "band,min_score,action",
        "high,50,Call",
        "medium,25,Write",
        "low,1,Wait",
    ],
    "experiments": [
        "experiment,status,start_date,end_date,bands,feature,min_value,max_value,equals,arms,stratify_by,outcome_event_type,horizon_days,minimum_effect,description,assign_by",
        "call,running,2026-01-01,2026-03-01,,,,,,control:0.5|call:0.5,,subscription_started,,0.05,Call them,account",
        "mail,planned,2026-01-01,2026-01-01,,views_14d,1,,,control:1/3|short:1/3|long:1/3,industry,subscription_started,7,0.05,,",
        "retail,ended,2026-01-01,2026-01-01,,industry,,,Retail,none:.9|ad:0.1,,subscription_started,,0.05,,person",
    ],
    "experiment_metrics": [
        "experiment,metric,kind,event_types,role,numerator,denominator,winsorise_share,covariate,description",
        "retail,spend,amount,subscription_started,primary,,,0.99,past_spend,What they pay",
        "retail,looks,count,pricing_view|subscription_started,secondary,,,,,",
        "retail,spend_a_look,ratio,,secondary,spend,looks,,,",
        "retail,active,converted,*,exploratory,,,,,",
    ],
    "bot_rules": [
        "rule,kind,threshold,event_types,after_event,pattern,status,description",
        "crawler,user_agent,,,,,on,On the list",
        "monitor,user_agent,,,,^Our monitor,off,Our own",
        "fast,events_per_minute,60,page_view|pricing_view,,,on,",
        "haste,seconds_after,10,page_view,sent,,on,",
    ],
    "exclusions": [
        "exclusion,attribute,equals,pattern,reason",
        "staff,industry,Ourselves,,Works here",
        "tests,user_id,,^test[-_],Test account",
    ],
}

PROPERTY = "path, title, channel, device, country, or a property that the import kept"
NAME = "at most 63 small letters, digits and _, beginning with a letter"
ARMS = (
    "arms such as control:0.5|call:0.5, or with shares such as 1/3; the control first;"
    " names have at most 63 small letters, digits and _, beginning with a letter, so"
    " that Control is control, Variant B is variant_b and 1 is arm_1"
)
REFUSED = (
    "attributes other than names, addresses, e-mail, phone numbers and IP addresses"
)

# fmt: off
# file, row, the cells changed, the column blamed, what was found, what is allowed.
CELL_MISTAKES = [
    # -- event_types
    ("event_types", 2, {"source_event": ""}, "source_event", "is blank", "some text"),
    ("event_types", 3, {"source_event": "view"}, "source_event", "'view' is there twice", "a value that no other row has"),
    ("event_types", 2, {"property": "path", "pattern": ""}, "pattern", "is blank beside a property", "a regular expression such as ^/pricing, or no property"),
    ("event_types", 2, {"property": "", "pattern": "^/a"}, "property", "is blank beside a pattern", PROPERTY),
    ("event_types", 2, {"property": "user_id", "pattern": "^u"}, "property", "'user_id' is no property", PROPERTY),
    ("event_types", 2, {"property": "email", "pattern": "^u"}, "property", "'email' may identify a person", PROPERTY),
    ("event_types", 2, {"property": "path", "pattern": "("}, "pattern", "'(' is not a regular expression (missing ): ()", "a regular expression such as ^test[-_]"),
    ("event_types", 2, {"property": "path", "pattern": ".*"}, "pattern", "'.*' matches any text", "a regular expression such as ^test[-_]"),
    ("event_types", 3, {"source_event": "view", "property": "path", "pattern": "^/a"}, "pattern", "'^/a' never counts: row 2 takes all view", "a place before row 2"),
    ("event_types", 2, {"source_event": "view "}, "source_event", "'view ' has spaces around it", "no spaces before or after"),
    ("event_types", 2, {"description": "'A page'"}, "description", "''A page'' has apostrophes around it", "none, or quotation marks"),
    ("event_types", 2, {"description": "A\npage"}, "description", "'A?page' has line breaks or control characters in it", "a single line of text"),
    ("event_types", 7, {"event_type": "Used"}, "event_type", "'Used' is not a plain name", NAME),
    ("event_types", 7, {"event_type": "*"}, "event_type", "'*' is not a plain name", NAME),
    ("event_types", 7, {"event_type": ""}, "event_type", "is blank", NAME),
    ("event_types", 7, {"max_per_day": "0"}, "max_per_day", "'0' is less than 1", "a whole number from 1 to 100000"),
    ("event_types", 7, {"max_per_day": "2.5"}, "max_per_day", "'2.5' is not a whole number", "a whole number from 1 to 100000"),
    ("event_types", 7, {"max_per_day": "99999999999999999999"}, "max_per_day", "'99999999999999999999' is not a whole number", "a whole number from 1 to 100000"),
    ("event_types", 4, {"max_per_day": "2"}, "max_per_day", "'2' differs from row 3, also 'pricing_view'", "'1', the same in all rows of an event type"),
    ("event_types", 4, {"max_per_day": ""}, "max_per_day", "'' differs from row 3, also 'pricing_view'", "'1', the same in all rows of an event type"),
    # -- features
    ("features", 7, {"feature": "spent"}, "feature", "'spent' is there twice", "a value that no other row has"),
    ("features", 7, {"feature": "1st"}, "feature", "'1st' is not a plain name", NAME),
    ("features", 7, {"feature": "a" * 64}, "feature", f"'{'a' * 60}…' is not a plain name", NAME),
    ("features", 7, {"feature": "select"}, "feature", "'select' is a reserved word of SQL", "another name"),
    ("features", 7, {"feature": "user_id"}, "feature", "'user_id' is the name of another column", "another name"),
    ("features", 7, {"feature": "score"}, "feature", "'score' is the name of another column", "another name"),
    ("features", 7, {"measure": "event"}, "measure", "'event' is not known", "one of events, active_days, sessions, minutes, amount, days_since_last, attribute, number"),
    ("features", 7, {"event_type": "feature_use"}, "event_type", "'feature_use' is not in event_types.csv", "a name from event_types.csv, such as feature_used"),
    ("features", 7, {"event_type": ""}, "event_type", "is blank", "an event type, or * for any"),
    ("features", 8, {"event_type": "page_view"}, "event_type", "'page_view' has no meaning for an attribute", "blank"),
    ("features", 7, {"event_type": "subscription_started"}, "event_type", "'subscription_started' is the outcome, which happens once", "another event type, or the setting outcome_is_repeatable: true"),
    ("features", 7, {"window_days": ""}, "window_days", "is blank", "a whole number from 1 to 90"),
    ("features", 7, {"window_days": "a week"}, "window_days", "'a week' is not a whole number", "a whole number from 1"),
    ("features", 7, {"window_days": "91"}, "window_days", "'91' is more than the setting look_back_days", "a whole number from 1 to 90"),
    ("features", 8, {"window_days": "30"}, "window_days", "'30' has no meaning for an attribute", "blank"),
    ("features", 3, {"half_life_days": "0"}, "half_life_days", "'0' is less than 1", "a whole number from 1 to 3650"),
    ("features", 5, {"half_life_days": "7"}, "half_life_days", "'7' has no meaning for days_since_last", "blank, or measure events, minutes or amount"),
    # -- scoring_rules
    ("scoring_rules", 3, {"rule": ""}, "rule", "is blank", NAME),
    ("scoring_rules", 4, {"rule": "pricing"}, "rule", "'pricing' is there twice", "a value that no other row has"),
    ("scoring_rules", 3, {"rule": "base"}, "rule", "'base' is a reserved name", "another name"),
    ("scoring_rules", 3, {"rule_group": "webb"}, "rule_group", "'webb' is not in score_groups.csv", "a name from score_groups.csv, such as web"),
    ("scoring_rules", 3, {"feature": "pricing_30"}, "feature", "'pricing_30' is not in features.csv", "a name from features.csv, such as pricing_30d"),
    ("scoring_rules", 3, {"min_value": "1,5"}, "min_value", "'1,5' is not a number", "a number such as 2 or 0.25"),
    ("scoring_rules", 3, {"min_value": "1e3"}, "min_value", "'1e3' is not a number", "a number such as 2 or 0.25"),
    ("scoring_rules", 3, {"min_value": "inf"}, "min_value", "'inf' is not a number", "a number such as 2 or 0.25"),
    ("scoring_rules", 3, {"min_value": "1.00001"}, "min_value", "'1.00001' has too many digits", "13 digits before the point, 4 after it"),
    ("scoring_rules", 6, {"max_value": "10000000000000"}, "max_value", "'10000000000000' has too many digits", "13 digits before the point, 4 after it"),
    ("scoring_rules", 2, {"points": "ten"}, "points", "'ten' is not a whole number", "a whole number from -1000 to 1000"),
    ("scoring_rules", 2, {"points": "10.5"}, "points", "'10.5' is not a whole number", "a whole number from -1000 to 1000"),
    ("scoring_rules", 2, {"points": ""}, "points", "is blank", "a whole number from -1000 to 1000"),
    ("scoring_rules", 2, {"points": "1001"}, "points", "'1001' is more than 1000", "a whole number from -1000 to 1000"),
    ("scoring_rules", 4, {"min_value": "5", "max_value": "3"}, "min_value", "'5' is more than max_value", "at most 3"),
    ("scoring_rules", 4, {"equals": "3"}, "equals", "'3' is compared with a number", "blank; min_value and max_value are for numbers"),
    ("scoring_rules", 7, {"equals": ""}, "equals", "is blank", "the text that the attribute must be"),
    ("scoring_rules", 7, {"min_value": "1"}, "min_value", "'1' has no meaning for an attribute", "blank"),
    ("scoring_rules", 7, {"max_value": "1"}, "max_value", "'1' has no meaning for an attribute", "blank"),
    ("scoring_rules", 7, {"per": "1"}, "per", "'1' has no meaning for an attribute", "blank"),
    ("scoring_rules", 2, {"per": "0"}, "per", "'0' is not above 0", "a number above 0"),
    ("scoring_rules", 4, {"max_points": "5"}, "max_points", "'5' bounds nothing, as per is blank", "blank without per"),
    ("scoring_rules", 2, {"max_points": "-6"}, "max_points", "'-6' has another sign than points", "a whole number with the sign of '1'"),
    ("scoring_rules", 2, {"max_points": "0"}, "max_points", "'0' has another sign than points", "a whole number with the sign of '1'"),
    ("scoring_rules", 2, {"reason": ""}, "reason", "is blank", "some text"),
    ("scoring_rules", 2, {"reason": "Viewed {pages}"}, "reason", "'Viewed {pages}' has curly brackets", "curly brackets only as {value}"),
    ("scoring_rules", 6, {"next_step": "a refund"}, "next_step", "'a refund' would cost points", "blank where points are negative"),
    ("scoring_rules", 4, {"feature": "pricing_30d", "min_value": "1.50", "max_value": ""}, "rule", "'active' has the same conditions as 'pricing' in row 3", "one rule a condition and score"),
    # -- rules that can never fire, or fire for everybody
    ("scoring_rules", 4, {"min_value": "8", "max_value": ""}, "min_value", "'8' can never be reached", "at most 7, the most that active_days_7d can be"),
    ("scoring_rules", 5, {"min_value": "30"}, "min_value", "'30' can never be reached", "at most 29, the most that days_since_use can be"),
    # 3 a day for 14 days
    ("scoring_rules", 2, {"per": "", "max_points": "", "min_value": "43"}, "min_value", "'43' can never be reached", "at most 42, the most that views_14d can be"),
    # 1 a day for 30 days, each counting half after 14: 16.014… in all
    ("scoring_rules", 3, {"min_value": "16.1"}, "min_value", "'16.1' can never be reached", "at most 16.014315998, the most that pricing_30d can be"),
    ("scoring_rules", 4, {"min_value": "", "max_value": "-1"}, "max_value", "'-1' can never be met", "at least 0, the least that active_days_7d can be"),
    ("scoring_rules", 4, {"min_value": "2.2", "max_value": "2.8"}, "max_value", "no whole number lies between '2.2' and '2.8'", "a range with a whole number in it, as active_days_7d is whole"),
    ("scoring_rules", 2, {"per": "43"}, "per", "'43' can never be reached", "at most 42, the most that views_14d can be in this rule"),
    ("scoring_rules", 4, {"per": "3.5", "max_value": "3"}, "per", "'3.5' can never be reached", "at most 3, the most that active_days_7d can be in this rule"),
    ("scoring_rules", 4, {"min_value": "", "max_value": ""}, "min_value", "the rule would give its points to everybody", "a min_value above 0, a max_value or per"),
    ("scoring_rules", 4, {"min_value": "0"}, "min_value", "the rule would give its points to everybody", "a min_value above 0, a max_value or per"),
    ("scoring_rules", 6, {"max_value": ""}, "min_value", "the rule would give its points to everybody", "a min_value above 0, a max_value or per"),
    # -- score_groups
    ("score_groups", 5, {"rule_group": "fit"}, "rule_group", "'fit' is there twice", "a value that no other row has"),
    ("score_groups", 5, {"rule_group": "limit"}, "rule_group", "'limit' is a reserved name", "another name"),
    ("score_groups", 5, {"rule_group": "cap:fit"}, "rule_group", "'cap:fit' is not a plain name", NAME),
    ("score_groups", 2, {"max_points": "-1"}, "max_points", "'-1' is less than 0", "a whole number from 0 to 1000"),
    ("score_groups", 2, {"label": ""}, "label", "is blank", "some text"),
    ("score_groups", 2, {"pick_best": "best"}, "pick_best", "'best' is neither yes nor no", "yes, no or blank"),
    ("score_groups", 2, {"pick_best": "1"}, "pick_best", "'1' is neither yes nor no", "yes, no or blank"),
    ("score_groups", 2, {"resets": "chat_started|chats"}, "resets", "'chats' is not in event_types.csv", "event types such as chat_started, with | between them"),
    # -- score_bands
    ("score_bands", 2, {"band": ""}, "band", "is blank", "some text"),
    ("score_bands", 3, {"band": "high"}, "band", "'high' is there twice", "a value that no other row has"),
    ("score_bands", 2, {"min_score": "101"}, "min_score", "'101' is more than 100", "a whole number from 1 to 100"),
    ("score_bands", 3, {"min_score": "50"}, "min_score", "'50' is there twice", "a value that no other row has"),
    ("score_bands", 4, {"min_score": "10"}, "min_score", "gap in bands: scores below '10' have no band", "1 for the lowest band"),
    ("score_bands", 3, {"action": ""}, "action", "is blank", "some text"),
    # -- experiments
    ("experiments", 3, {"experiment": "call"}, "experiment", "'call' is there twice", "a value that no other row has"),
    ("experiments", 2, {"experiment": "Call us"}, "experiment", "'Call us' is not a plain name", NAME),
    ("experiments", 2, {"status": "on"}, "status", "'on' is not known", "one of planned, running, ended"),
    ("experiments", 2, {"end_date": "2025-12-31"}, "end_date", "'2025-12-31' is before start_date", "a date from 2026-01-01"),
    ("experiments", 2, {"end_date": "soon"}, "end_date", "'soon' is not a date", "a date such as 2026-03-31"),
    ("experiments", 2, {"bands": "high|hot"}, "bands", "'hot' is not in score_bands.csv", "bands from score_bands.csv such as high|medium, or blank for all"),
    ("experiments", 2, {"feature": "view_14d", "min_value": "1"}, "feature", "'view_14d' is not in features.csv", "a name from features.csv, such as views_14d"),
    ("experiments", 2, {"min_value": "1"}, "feature", "is blank, yet the row has a condition", "the feature that the condition is on"),
    ("experiments", 3, {"min_value": ""}, "min_value", "is blank, as is max_value: the rule would be met by everybody", "a min_value or a max_value"),
    ("experiments", 3, {"max_value": "0"}, "min_value", "'1' is more than max_value", "at most 0"),
    ("experiments", 3, {"equals": "1"}, "equals", "'1' is compared with a number", "blank; min_value and max_value are for numbers"),
    ("experiments", 4, {"equals": ""}, "equals", "is blank", "the text that the attribute must be"),
    ("experiments", 4, {"min_value": "1"}, "min_value", "a range has no meaning for an attribute", "blank; the text goes to equals"),
    ("experiments", 2, {"arms": "control:0.5|call:0.4"}, "arms", "the shares of 'control:0.5|call:0.4' sum to 0.9", "shares that sum to 1; thirds are 1/3"),
    ("experiments", 2, {"arms": "control:2/3|call:2/3"}, "arms", "the shares of 'control:2/3|call:2/3' sum to 1.3333", "shares that sum to 1; thirds are 1/3"),
    ("experiments", 2, {"arms": "control:0.999|call:0.001"}, "arms", "the shares of 'control:0.999|call:0.001' fit no block of up to 100 users", "shares such as 0.5, 0.25, 0.05 or 1/3"),
    ("experiments", 2, {"arms": "call:0.5|call:0.5"}, "arms", "'call:0.5|call:0.5' names an arm twice", "arms with names of their own"),
    ("experiments", 2, {"arms": "control|call"}, "arms", "'control|call' is not a list of arms and their shares", ARMS),
    ("experiments", 2, {"arms": "call:1.0"}, "arms", "'call:1.0' is not a list of arms and their shares", ARMS),
    ("experiments", 2, {"stratify_by": "views_14d"}, "stratify_by", "'views_14d' is a number", "blank, or a feature that is an attribute; users are split evenly by score anyway"),
    ("experiments", 2, {"outcome_event_type": "bought"}, "outcome_event_type", "'bought' is not in event_types.csv", "a name from event_types.csv, such as chat_started"),
    ("experiments", 2, {"horizon_days": "0"}, "horizon_days", "'0' is less than 1", "a whole number from 1 to 3650"),
    # -- bot_rules
    ("bot_rules", 3, {"rule": "crawler"}, "rule", "'crawler' is there twice", "a value that no other row has"),
    ("bot_rules", 4, {"kind": "events_per_hour"}, "kind", "'events_per_hour' is not known", "one of user_agent, http_library, events_per_minute, events_per_day, hours_without_pause, seconds_after, links_per_second"),
    ("bot_rules", 4, {"status": "yes"}, "status", "'yes' is not known", "one of on, off"),
    ("bot_rules", 4, {"threshold": ""}, "threshold", "is blank", "for events_per_minute, a whole number from 1 to 10000"),
    ("bot_rules", 4, {"threshold": "many"}, "threshold", "'many' is not a whole number", "a whole number from 1"),
    ("bot_rules", 4, {"threshold": "0"}, "threshold", "'0' is less than 1", "a whole number from 1"),
    ("bot_rules", 4, {"threshold": "20000"}, "threshold", "'20000' is more than 10000", "for events_per_minute, a whole number from 1 to 10000"),
    ("bot_rules", 4, {"kind": "hours_without_pause", "threshold": "24"}, "threshold", "'24' is more than 23", "for hours_without_pause, a whole number from 1 to 23"),
    ("bot_rules", 2, {"threshold": "5"}, "threshold", "'5' has no meaning for user_agent", "blank"),
    ("bot_rules", 4, {"event_types": "page_view|page"}, "event_types", "'page' is not in event_types.csv", "event types such as page_view, with | between them"),
    ("bot_rules", 5, {"event_types": ""}, "event_types", "is blank", "the event types that are judged, such as email_opened|email_clicked"),
    ("bot_rules", 5, {"after_event": ""}, "after_event", "is blank", "the event after which it is too soon, such as email_sent"),
    ("bot_rules", 4, {"after_event": "sent"}, "after_event", "'sent' has no meaning for events_per_minute", "blank"),
    ("bot_rules", 4, {"pattern": "bot"}, "pattern", "'bot' has no meaning for events_per_minute", "blank"),
    ("bot_rules", 3, {"pattern": "bot("}, "pattern", "'bot(' is not a regular expression (missing ): bot()", "a regular expression such as ^test[-_]"),
    ("bot_rules", 3, {"pattern": "bot|"}, "pattern", "'bot|' matches any text", "a regular expression such as ^test[-_]"),
    # -- exclusions
    ("exclusions", 2, {"attribute": "email"}, "attribute", "'email' is not in the setting user_attributes", "user_id, or one of country, city, industry, company_size, job_level, device, company_type, do_not_contact"),
    ("exclusions", 2, {"reason": ""}, "reason", "is blank", "some text"),
    ("exclusions", 2, {"equals": ""}, "equals", "is blank, as is pattern: the exclusion would hold for everybody", "a text, or a pattern"),
    ("exclusions", 2, {"pattern": "x"}, "pattern", "'x' is there beside equals", "blank, or equals blank"),
    ("exclusions", 3, {"pattern": "[a-"}, "pattern", "'[a-' is not a regular expression (missing ]: [a-)", "a regular expression such as ^test[-_]"),
    ("exclusions", 3, {"pattern": ".*"}, "pattern", "'.*' matches any text", "a regular expression such as ^test[-_]"),
    ("experiments", 2, {"assign_by": "team"}, "assign_by", "'team' is not known", "one of person, account"),
    # -- experiment_metrics
    ("experiment_metrics", 5, {"experiment": "retails"}, "experiment", "'retails' is not in experiments.csv", "a name from experiments.csv, such as retail"),
    ("experiment_metrics", 5, {"metric": "spend_a_look"}, "metric", "'spend_a_look' is in row 4, too", "another name"),
    ("experiment_metrics", 5, {"metric": "outcome"}, "metric", "'outcome' is the outcome of the experiment", "another name"),
    ("experiment_metrics", 3, {"kind": "sum"}, "kind", "'sum' is not known", "one of converted, count, amount, ratio"),
    ("experiment_metrics", 3, {"event_types": ""}, "event_types", "is blank", "event types of event_types.csv such as order|refund, or * for any"),
    ("experiment_metrics", 3, {"event_types": "pricing_view|chats"}, "event_types", "'chats' is not in event_types.csv", "a name from event_types.csv, such as chat_started, or * for any"),
    ("experiment_metrics", 4, {"event_types": "*"}, "event_types", "'*' has no meaning for ratio", "blank"),
    ("experiment_metrics", 4, {"denominator": ""}, "denominator", "is blank", "the name of another metric of the experiment"),
    ("experiment_metrics", 4, {"denominator": "pages"}, "denominator", "'pages' is no metric of retail", "the name of another metric of the experiment"),
    ("experiment_metrics", 4, {"denominator": "spend_a_look"}, "denominator", "'spend_a_look' is a ratio itself", "a metric that is not a ratio"),
    ("experiment_metrics", 3, {"role": "primary"}, "role", "row 2 is primary in retail already", "secondary or exploratory"),
    ("experiment_metrics", 2, {"winsorise_share": "99"}, "winsorise_share", "'99' is not from 0.5 to less than 1", "a share such as 0.999: larger values count as the one there"),
    ("experiment_metrics", 5, {"winsorise_share": "0.9"}, "winsorise_share", "'0.9' has no meaning for converted", "blank"),
    ("experiment_metrics", 4, {"covariate": "age"}, "covariate", "'age' has no meaning for ratio", "blank"),
    ("experiments", 2, {"minimum_effect": "5"}, "minimum_effect", "'5' is not between 0 and 1", "a difference of two rates: 0.02 is two more of a hundred users"),
]
# fmt: on

BANDS = "band,min_score,action"
BANDS_FILE = f"a CSV file that begins with the row {BANDS}"
BANDS_COLUMNS = "the columns band, min_score, action"
BANDS_CELLS = '3, one a column; a cell with a comma in it needs "quotation marks"'
QUOTES = 'cells such as "He said ""yes"", twice"'

# What score_bands.csv holds (None: there is no such file), and the lines about it.
FILE_MISTAKES = {
    "missing": (
        None,
        [f"score_bands.csv: the file is missing (allowed: {BANDS_FILE})"],
    ),
    "zero bytes": (
        b"",
        [f"score_bands.csv: the file is empty (allowed: {BANDS_FILE})"],
    ),
    "blank lines": (
        b"\n\n,,\n",
        [f"score_bands.csv: the file is empty (allowed: {BANDS_FILE})"],
    ),
    "header only": (
        BANDS.encode(),
        [
            "score_bands.csv row 1: there is no row below the header (allowed: at least one row)"
        ],
    ),
    "no header": (
        b"high,50,Call\nlow,1,Wait\n",
        [f"score_bands.csv: the first row is not the header (allowed: {BANDS_FILE})"],
    ),
    "a title above the header": (
        b"Bands of 2026,,\nband,min_score,action\nlow,1,Wait\n",
        [f"score_bands.csv: the first row is not the header (allowed: {BANDS_FILE})"],
    ),
    "rows in one cell": (
        b'"band,min_score,action";;\r\n"low,1,Wait";;\r\n',
        [f"score_bands.csv: the first row is not the header (allowed: {BANDS_FILE})"],
    ),
    "code page of a Macintosh": (
        BANDS.encode() + "\nlow,1,Zürich\n".encode("mac-roman"),
        [
            "score_bands.csv: the file is not UTF-8 text (allowed: a file saved as CSV UTF-8)"
        ],
    ),
    "half a character": (
        f"{BANDS}\nlow,1,Wait\n".encode("utf-16")[:-1],
        [
            "score_bands.csv: the file is not UTF-8 text (allowed: a file saved as CSV UTF-8)"
        ],
    ),
    "a thousand or one": (
        b"band;min_score;action\nlow;1.000;Wait\n",
        [
            "score_bands.csv row 2: min_score: '1.000' may be 1000 or 1.000 (allowed: a whole number from 1 to 100)"
        ],
    ),
    "misspelt column": (
        b"band,minscore,action\nlow,1,Wait\n",
        [
            f"score_bands.csv row 1: column 'min_score' is missing (allowed: {BANDS_COLUMNS})",
            f"score_bands.csv row 1: column 'minscore' is not known (allowed: {BANDS_COLUMNS})",
        ],
    ),
    "missing column": (
        b"band,min_score\nlow,1\n",
        [
            f"score_bands.csv row 1: column 'action' is missing (allowed: {BANDS_COLUMNS})"
        ],
    ),
    "extra column": (
        b"band,min_score,action,note\nlow,1,Wait,x\n",
        [
            f"score_bands.csv row 1: column 'note' is not known (allowed: {BANDS_COLUMNS})"
        ],
    ),
    "duplicate column": (
        b"band,min_score,action,band\nlow,1,Wait,x\n",
        [
            f"score_bands.csv row 1: column 'band' is there twice (allowed: {BANDS_COLUMNS})"
        ],
    ),
    "nameless column": (
        b"band,min_score,action,\nlow,1,Wait,x\n",
        [f"score_bands.csv row 1: column 4 has no name (allowed: {BANDS_COLUMNS})"],
    ),
    "too many cells": (
        b"band,min_score,action\nlow,1,Wait, or write\n",
        [f"score_bands.csv row 2: the row has 4 cell(s) (allowed: {BANDS_CELLS})"],
    ),
    "a comma too many in one row": (
        b"band,min_score,action\nhigh,50,Call\nlow,1,Wait,\n",
        [f"score_bands.csv row 3: the row has 4 cell(s) (allowed: {BANDS_CELLS})"],
    ),
    "too few cells": (
        b"band,min_score,action\nhigh,50,Call\nlow,1\n",
        [
            f"score_bands.csv row 3: the row has 2 cell(s) (allowed: {BANDS_CELLS})",
        ],
    ),
    "commas only": (
        b"band,min_score,action\n,,\nlow,1,Wait\n",
        [
            "score_bands.csv row 2: the row is empty (allowed: rows with something in them)"
        ],
    ),
    "unclosed quotes": (
        b'band,min_score,action\nhigh,50,"Call\nlow,1,"Wait"\n',
        [
            "score_bands.csv row 2: a quotation mark is not closed or not doubled"
            f" (allowed: {QUOTES})"
        ],
    ),
    "NUL": (
        b"band,min_score,action\nhigh,50,Ca\x00ll\nlow,1,Wait\n",
        [
            "score_bands.csv row 2: action: 'Ca?ll' has line breaks or control characters in"
            " it (allowed: a single line of text)"
        ],
    ),
}

# Files that look odd and are right.
HARMLESS_FILES = {
    "byte order mark": b"\xef\xbb\xbfband,min_score,action\nlow,1,Wait\n",
    "carriage returns": b"band,min_score,action\r\nhigh,50,Call\r\nlow,1,Wait\r\n",
    "blank lines": b"band,min_score,action\n\nhigh,50,Call\n\nlow,1,Wait\n\n\n",
    "no last line end": b"band,min_score,action\nlow,1,Wait",
    "quotes": b'"band","min_score","action"\n"low","1","Say ""hello"", then wait"\n',
    "other order of columns": b"action,band,min_score\nWait,low,1\n",
    "spaces around headers": b" band , min_score,action \nlow,1,Wait\n",
    "semicolons": b"band;min_score;action\r\nhigh;50;Call\r\nlow;1;Wait\r\n",
    "sep line": b"sep=;\r\nband;min_score;action\r\nlow;1;Wait\r\n",
    "tabs": b"band\tmin_score\taction\nlow\t1\tWait\n",
    "windows-1252": BANDS.encode() + "\nlow,1,Zürich: “warten”\n".encode("cp1252"),
    "utf-16": f"{BANDS}\nlow,1,Zürich\n".encode("utf-16"),
    "utf-16 without a mark": f"{BANDS}\nlow,1,Zürich\n".encode("utf-16-le"),
    "empty rows below": b"band,min_score,action\r\nlow,1,Wait\r\n,,\r\n , ,\r\n,,\r\n",
    "a comma after each row": b"band,min_score,action\nhigh,50,Call,\nlow,1,Wait,\n",
    "empty columns beside": b"band,min_score,action,,\nhigh,50,Call,,\nlow,1,Wait\n",
    "point and zero": b"band,min_score,action\nhigh,50.0,Call\nlow,1.00,Wait\n",
    "comma and zero": b"band;min_score;action\nhigh;50,0;Call\nlow;1;Wait\n",
    "emoji and right-to-left": "band,min_score,action\n🔥,1,שלום '; drop table x; --\n".encode(),
}
