"""Cases of test_control_panel: settings with mistakes, and the lines about them."""

# A mistake a line reads best in the tables below.
# ruff: noqa: E501

from __future__ import annotations

from panel_cases import NAME, REFUSED

# Settings that are wrong together, and the lines about them.
BAD_SETTINGS = {
    "outcome_event_typ": "paid",
    "event_columns": {"user": "visitor"},
    "user_columns": ["user_id"],
    "user_attributes": [
        "industry",
        "industry",
        "Job",
        "order",
        "company_name",
        "e_mail",
    ],
    "time_zone": "Europe/Zürich",
    "earliest_event_date": "2000-02-30",
    "max_id_length": 0,
    "as_of_date": "31.3.2026",
    "look_back_days": -1,
    "outcome_event_type": "subscribed",
    "outcome_is_repeatable": "false",
    "horizon_days": 14.5,
    "snapshot_every_days": None,
    "snapshot_count": True,
    "snapshot_dates": "2026-03-31",
    "backfill_dates": ["2026-02-30"],
    "snapshot_max_users": "50000",
    "experiment_tuning_users": 1,
    "leak_auc": 95,
    "top_band_min_share": "1 %",
    "top_band_max_share": None,
}
DAYS = "a whole number from 1 to 3650"
SETTING_MISTAKES = [
    "outcome_event_typ: is not a setting (allowed: one of those in"
    " dbt_project.yml; did you mean outcome_event_type?)",
    "event_columns: 'user' is not known (allowed: one of user_id, occurred_at, event_type,"
    " event_id, anonymous_id, received_at, session_id, page_path, duration_seconds,"
    " amount, channel, device, country, user_agent, unparsed)",
    'user_columns: ["user_id"] is not a mapping (allowed: a mapping such as {a: b}, or {})',
    f"user_attributes: 'Job' is not a plain name (allowed: {NAME})",
    f"user_attributes: 'company_name' may identify a person (allowed: {REFUSED})",
    f"user_attributes: 'e_mail' may identify a person (allowed: {REFUSED})",
    "user_attributes: 'industry' is there twice (allowed: a value that no other row has)",
    "user_attributes: 'order' is a reserved word of SQL (allowed: another name)",
    "time_zone: 'Europe/Zürich' is not a known time zone (allowed: a name such as Europe/Zurich)",
    "earliest_event_date: '2000-02-30' is not a date (allowed: a date such as 2026-03-31)",
    "max_id_length: '0' is less than 1 (allowed: a whole number from 1 to 1000)",
    "as_of_date: '31.3.2026' is not a date (allowed: a date such as 2026-03-31)",
    f"look_back_days: '-1' is less than 1 (allowed: {DAYS})",
    "outcome_event_type: 'subscribed' is not in event_types.csv (allowed: a name from"
    " event_types.csv, such as subscription_started; set it there or with --vars)",
    "outcome_is_repeatable: '\"false\"' is not known (allowed: one of true, false)",
    f"horizon_days: '14.5' is not a whole number (allowed: {DAYS})",
    f"snapshot_every_days: is blank (allowed: {DAYS})",
    "snapshot_count: 'true' is not a whole number (allowed: a whole number from 1 to 1000)",
    'snapshot_dates: "2026-03-31" is not a list (allowed: a list such as [a, b], or [])',
    "snapshot_max_users: '\"50000\"' is not a whole number (allowed: a whole number from 1 to"
    " 10000000)",
    "leak_auc: '95' is not a share (allowed: a number from 0 to 1)",
    "top_band_min_share: '1 %' is not a share (allowed: a number from 0 to 1)",
    "top_band_max_share: is blank (allowed: a number from 0 to 1)",
    "backfill_dates: '2026-02-30' is not a date (allowed: a date such as 2026-03-31)",
    "experiment_tuning_users: '1' is less than 2 (allowed: a whole number from 2 to 10000000)",
]
