"""The same scores with polars: lazy, streaming, one script.

    python bench/peer_polars.py EVENTS_FOLDER USERS_FILE PANEL_FOLDER OUT

It reads the control panel, as of the last day: usable rows, one of each event id a day,
features, rules, caps, three reasons, ranked, to Parquet. Simpler than Pointwise in two
ways that change no score of the default panel: of events over the daily limit it counts
as many as may count but sums the minutes of all, and it finds sessions before limits.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl


def daily_activity(events: pl.LazyFrame, panel: Path) -> pl.LazyFrame:
    """Return events, sessions and minutes by user, event type ('*' is any) and day."""
    types = pl.scan_csv(panel / "event_types.csv").select(
        pl.col("source_event").alias("event_type"), "max_per_day"
    )
    usable = (
        events.filter(pl.col("user_id").str.strip_chars().str.len_chars() > 0)
        .with_columns(day=pl.col("occurred_at").dt.date())
        .join(types, on="event_type")
        .select(
            "day", "event_id", "user_id", "event_type", "session_id", "max_per_day",
            minutes=pl.col("duration_seconds").fill_null(0) / 60,
        )
        .unique(["day", "event_id"], keep="any")
    )  # fmt: skip
    by_type = usable.group_by("user_id", "event_type", "day").agg(
        events=pl.len(),
        max_per_day=pl.col("max_per_day").first(),
        sessions=pl.col("session_id").n_unique(),
        minutes=pl.col("minutes").sum(),
    )
    limited = by_type.select(
        "user_id", "event_type", "day", "sessions", "minutes",
        events=pl.min_horizontal("events", "max_per_day"),
    )  # fmt: skip
    any_type = (
        usable.filter(pl.col("event_type") != "subscription_started")
        .group_by("user_id", "day")
        .agg(
            sessions=pl.col("session_id").n_unique(),
            minutes=pl.col("minutes").sum(),
            events=pl.len().cast(pl.Int64),
        )
        .select(
            "user_id", "day", "sessions", "minutes", "events",
            event_type=pl.lit("*"),
        )
    )  # fmt: skip
    return pl.concat([limited, any_type], how="diagonal_relaxed")


def feature_values(activity: pl.LazyFrame, panel: Path) -> pl.LazyFrame:
    """Return numbers by user and feature, each day weighted by its age."""
    catalogue = pl.scan_csv(panel / "features.csv").filter(
        pl.col("measure") != "attribute"
    )
    last_day = pl.col("day").max()
    aged = activity.with_columns(age=(last_day - pl.col("day")).dt.total_days())
    amount = (
        pl.when(pl.col("measure") == "events").then(pl.col("events"))
        .when(pl.col("measure") == "active_days").then(1)
        .when(pl.col("measure") == "sessions").then(pl.col("sessions"))
        .when(pl.col("measure") == "minutes").then(pl.col("minutes"))
        .otherwise(0)
    )  # fmt: skip
    halved = (
        (pl.lit(0.5) ** (pl.col("age") / pl.col("half_life_days")))
        .round(9)
        .fill_null(1)
    )
    return (
        aged.join(catalogue, on="event_type")
        .filter(pl.col("age") < pl.col("window_days"))
        .group_by("user_id", "feature", "measure")
        .agg(
            decayed=(amount * halved).sum(),
            plain=amount.sum(),
            last=pl.col("age").min(),
        )
        .select(
            "user_id", "feature",
            value=pl.when(pl.col("measure") == "days_since_last")
            .then(pl.col("last")).otherwise(pl.col("decayed")),
            shown=pl.when(pl.col("measure") == "days_since_last")
            .then(pl.col("last")).otherwise(pl.col("plain")),
        )
    )  # fmt: skip


def groups_of_intent(panel: Path) -> pl.LazyFrame:
    """Return the groups of the score that ranks people."""
    return pl.scan_csv(panel / "score_groups.csv").filter(pl.col("score").is_null())


def points(values: pl.LazyFrame, users: pl.LazyFrame, panel: Path) -> pl.LazyFrame:
    """Return the points of each rule by user."""
    # A column without a number would be taken for one of texts.
    numbers_of_rules = dict.fromkeys(("min_value", "max_value", "per"), pl.Float64)
    rules = pl.scan_csv(panel / "scoring_rules.csv", schema_overrides=numbers_of_rules)
    rules = rules.join(groups_of_intent(panel), on="rule_group", how="semi")
    texts = (
        users.unpivot(index="user_id", variable_name="feature", value_name="equals")
        .join(rules.filter(pl.col("equals").is_not_null()), on=["feature", "equals"])
        .select("user_id", "rule", "rule_group", "points", "reason", shown="equals")
    )
    # Weights have nine decimals, so a sum that is this near a whole number is one.
    times = (pl.col("value") / pl.col("per")).round(10).floor()
    given, most = pl.col("points") * times, pl.col("max_points")
    bounded = (
        pl.when(pl.col("points") < 0)
        .then(pl.max_horizontal(given, most))
        .otherwise(pl.min_horizontal(given, most))
    )
    numbers = (
        values.join(rules.filter(pl.col("equals").is_null()), on="feature")
        .filter(
            pl.col("min_value").is_null() | (pl.col("value") >= pl.col("min_value")),
            pl.col("max_value").is_null() | (pl.col("value") <= pl.col("max_value")),
        )
        .select(
            "user_id", "rule", "rule_group", "reason",
            points=pl.when(pl.col("per").is_null())
            .then(pl.col("points")).otherwise(bounded).cast(pl.Int64),
            shown=pl.col("shown").round(1).cast(pl.String),
        )
    )  # fmt: skip
    both = pl.concat([numbers, texts], how="diagonal_relaxed")
    return both.filter(pl.col("points") != 0)


def scores(
    contributions: pl.LazyFrame, everyone: pl.LazyFrame, panel: Path
) -> pl.LazyFrame:
    """Return a row per user, best first: score and the three largest reasons."""
    groups = groups_of_intent(panel).select("rule_group", "max_points")
    capped = (
        contributions.group_by("user_id", "rule_group")
        .agg(pl.col("points").sum())
        .join(groups, on="rule_group")
        .group_by("user_id")
        .agg(points=pl.min_horizontal("points", "max_points").sum())
    )
    reasons = (
        contributions.sort(
            pl.col("points").abs(), "points", "rule", descending=[True, True, False]
        )
        .group_by("user_id", maintain_order=True)
        .agg(
            reasons=pl.col("reason")
            .str.replace("{value}", pl.col("shown"), literal=True)
            .head(3)
        )
    )
    return (
        everyone.join(capped, on="user_id", how="left")
        .join(reasons, on="user_id", how="left")
        .select(
            "user_id",
            score=(pl.col("points").fill_null(0) + 1).clip(1, 100),
            **{
                f"reason_{n}": pl.col("reasons").list.get(n - 1, null_on_oob=True)
                for n in (1, 2, 3)
            },
        )
        .sort(["score", "user_id"], descending=[True, False])
        .with_row_index("rank", 1)
    )


def main(events: str, users_file: str, panel: str, out: str) -> None:
    """Read, score and write."""
    columns = (
        "event_id", "user_id", "occurred_at", "event_type", "session_id",
        "duration_seconds",
    )  # fmt: skip
    # Each day is used twice below: collected once, it is not computed twice.
    activity = daily_activity(
        pl.scan_parquet(f"{events}/*.parquet").select(columns), Path(panel)
    ).collect(engine="streaming")
    users = pl.scan_parquet(users_file)
    everyone = pl.concat(
        [activity.lazy().select("user_id"), users.select("user_id")]
    ).unique()
    contributions = points(
        feature_values(activity.lazy(), Path(panel)), users, Path(panel)
    ).collect(engine="streaming")
    scores(contributions.lazy(), everyone, Path(panel)).collect(
        engine="streaming"
    ).write_parquet(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
