"""The same scores with pandas; see peer_polars.py, step by step the same.

python bench/peer_pandas.py EVENTS_FOLDER USERS_FILE PANEL_FOLDER OUT
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

COLUMNS = [
    "event_id", "user_id", "occurred_at", "event_type", "session_id",
    "duration_seconds",
]  # fmt: skip


def daily_activity(events: pd.DataFrame, types: pd.DataFrame) -> pd.DataFrame:
    """Return events, sessions and minutes by user, event type ('*' is any) and day."""
    events = events[events["user_id"].fillna("").str.strip() != ""]
    events = events.merge(
        types[["source_event", "max_per_day"]].rename(
            columns={"source_event": "event_type"}
        ),
        on="event_type",
    )
    events["day"] = events["occurred_at"].dt.floor("D")
    events = events.drop_duplicates(["day", "event_id"])
    events["minutes"] = events["duration_seconds"].fillna(0) / 60
    sums = {
        "events": ("event_id", "size"),
        "sessions": ("session_id", "nunique"),
        "minutes": ("minutes", "sum"),
    }
    by_type = (
        events.groupby(["user_id", "event_type", "day"])
        .agg(**sums, max_per_day=("max_per_day", "first"))
        .reset_index()
    )
    by_type["events"] = by_type[["events", "max_per_day"]].min(axis=1)
    used = events[events["event_type"] != "subscription_started"]
    any_type = used.groupby(["user_id", "day"]).agg(**sums).reset_index()
    return pd.concat([by_type, any_type.assign(event_type="*")])


def feature_values(activity: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """Return numbers by user and feature, each day weighted by its age."""
    activity["age"] = (activity["day"].max() - activity["day"]).dt.days
    days = activity.merge(features[features["measure"] != "attribute"], on="event_type")
    days = days[days["age"] < days["window_days"]]
    amount = pd.Series(0.0, index=days.index)
    for measure in ("events", "sessions", "minutes"):
        amount = amount.mask(days["measure"] == measure, days[measure])
    days["plain"] = amount.mask(days["measure"] == "active_days", 1)
    days["decayed"] = days["plain"] * (
        0.5 ** (days["age"] / days["half_life_days"])
    ).round(9).fillna(1)
    values = (
        days.groupby(["user_id", "feature", "measure"])
        .agg(value=("decayed", "sum"), shown=("plain", "sum"), last=("age", "min"))
        .reset_index()
    )
    is_last = values["measure"] == "days_since_last"
    for column in ("value", "shown"):
        values[column] = values[column].mask(is_last, values["last"])
    return values


def points(
    values: pd.DataFrame, users: pd.DataFrame, rules: pd.DataFrame
) -> pd.DataFrame:
    """Return the points of each rule by user."""
    texts = users.melt("user_id", var_name="feature", value_name="equals").merge(
        rules[rules["equals"].notna()], on=["feature", "equals"]
    )
    texts["shown"] = texts["equals"]
    numbers = values.merge(rules[rules["equals"].isna()], on="feature")
    numbers = numbers[
        (numbers["min_value"].isna() | (numbers["value"] >= numbers["min_value"]))
        & (numbers["max_value"].isna() | (numbers["value"] <= numbers["max_value"]))
    ]
    # Weights have nine decimals, so a sum that is this near a whole number is one.
    times = (numbers["value"] / numbers["per"]).round(10) // 1
    both_bounds = pd.concat([numbers["points"] * times, numbers["max_points"]], axis=1)
    bounded = both_bounds.min(axis=1).where(
        numbers["points"] > 0, both_bounds.max(axis=1)
    )
    numbers["points"] = numbers["points"].where(numbers["per"].isna(), bounded)
    numbers["shown"] = numbers["shown"].round(1).astype(str)
    columns = ["user_id", "rule", "rule_group", "points", "reason", "shown"]
    both = pd.concat([numbers[columns], texts[columns]])
    return both[both["points"] != 0]


def scores(
    contributions: pd.DataFrame, everyone: pd.Series, groups: pd.DataFrame
) -> pd.DataFrame:
    """Return a row per user, best first: score and the three largest reasons."""
    sums = (
        contributions.groupby(["user_id", "rule_group"])["points"].sum().reset_index()
    )
    sums = sums.merge(groups[["rule_group", "max_points"]], on="rule_group")
    capped = sums[["points", "max_points"]].min(axis=1).groupby(sums["user_id"]).sum()
    ranked = pd.DataFrame({"user_id": everyone})
    ranked["score"] = (ranked["user_id"].map(capped).fillna(0) + 1).clip(1, 100)
    parts = contributions.assign(size=contributions["points"].abs()).sort_values(
        ["user_id", "size", "points", "rule"], ascending=[True, False, False, True]
    )
    parts["number"] = parts.groupby("user_id").cumcount() + 1
    parts = parts[parts["number"] <= 3]
    parts["reason"] = [
        reason.replace("{value}", shown)
        for reason, shown in zip(parts["reason"], parts["shown"], strict=True)
    ]
    reasons = parts.pivot(index="user_id", columns="number", values="reason")
    ranked = ranked.join(reasons.add_prefix("reason_"), on="user_id")
    ranked = ranked.sort_values(["score", "user_id"], ascending=[False, True])
    return ranked.assign(
        score=ranked["score"].astype(int), rank=range(1, len(ranked) + 1)
    )


def main(events: str, users_file: str, panel: str, out: str) -> None:
    """Read, score and write."""
    seeds = {path.stem: pd.read_csv(path) for path in Path(panel).glob("*.csv")}
    activity = daily_activity(
        pd.read_parquet(events, columns=COLUMNS), seeds["event_types"]
    )
    users = pd.read_parquet(users_file)
    everyone = pd.concat([activity["user_id"], users["user_id"]]).drop_duplicates()
    # Of intent, the score that ranks people.
    groups = seeds["score_groups"][seeds["score_groups"]["score"].isna()]
    rules = seeds["scoring_rules"].merge(groups[["rule_group"]])
    contributions = points(feature_values(activity, seeds["features"]), users, rules)
    scores(contributions, everyone, groups).to_parquet(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
