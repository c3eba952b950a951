"""What another control panel would do: asked of users, and of past dates.

Nothing is scored before somebody edits: until then, answers come from what is
published, and the features are loaded meanwhile.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pandas as pd
import streamlit as st

from pointwise.learning.gain import Gain, gain
from pointwise.page import data
from pointwise.page.panel_files import FileEdits, Panel
from pointwise.page.rescore import Rescoring

# Above this number of users a sample of about as many is scored.
MOST_USERS = 100_000
SAMPLED_USERS = 25_000
# The same for users at past dates.
MOST_EXAMPLES = 30_000
Frozen = tuple[tuple[str, tuple], ...]
REPLICATES = 200
LOADING = ThreadPoolExecutor(max_workers=1)
SCORING = ThreadPoolExecutor(max_workers=2)

EDITED = """
    create or replace temp table both_scores as
    select user_id, published.rank, published.score as before,
        published.band as band_before, edited.score as after,
        edited.band as band_after, published.fit_score as fit_before,
        edited.fit_score as fit_after, published.fit_band as fit_band_before,
        edited.fit_band as fit_band_after
    from published_scores as published
    inner join main.user_scores as edited using (user_id)
"""
NOT_EDITED = """
    create or replace temp table both_scores as
    select user_id, rank, score as before, band as band_before, score as after,
        band as band_after, fit_score as fit_before, fit_score as fit_after,
        fit_band as fit_band_before, fit_band as fit_band_after
    from user_scores where {sample}
"""
# What is asked of the scores; `before` are the published ones.
QUERIES = {
    "bands": "select band_before, band_after, count(*) as users from both_scores"
    " group by all",
    "changed": "select count(*) filter (before <> after) as changed, count(*) as users,"
    " avg(before) as mean_before, avg(after) as mean_after, count(*) filter"
    " (fit_before is distinct from fit_after) as fit_changed, count(*) filter"
    " (fit_band_before is distinct from fit_band_after) as fit_moved from both_scores",
    "scores": """
        select least(score // 5 * 5, 95) as score,
            count(*) filter (not is_after) as before,
            count(*) filter (is_after) as after
        from (select before as score, false as is_after from both_scores
            union all select after, true from both_scores)
        group by all
    """,
    "movers": """
        select user_id, before, after, after - before as change, band_before, band_after
        from both_scores where before <> after
        order by abs(after - before) desc, rank limit 50
    """,
    "points": """
        with movers as (select user_id from both_scores where before <> after
            order by abs(after - before) desc, rank limit 50),
        old as (from published_contributions semi join movers using (user_id)
            where score_name = 'intent'),
        new as (from main.score_contributions semi join movers using (user_id)
            where score_name = 'intent')
        select user_id, rule, coalesce(old.points, 0) as before,
            coalesce(new.points, 0) as after
        from old full join new using (user_id, rule)
        where coalesce(old.points, 0) <> coalesce(new.points, 0)
        order by abs(coalesce(new.points, 0) - coalesce(old.points, 0)) desc, rule
    """,
}
# The same of past dates whose outcome is known.
BACK_TEST = {
    "counts": """
        select edited.score, edited.band, count(*) as users,
            count(*) filter (known.is_converted) as conversions
        from internal.int_scores as edited
        inner join published('training_examples') as known using (user_id, as_of_date)
        semi join (from published('snapshot_populations') where is_judged)
            using (as_of_date)
        group by all order by edited.score desc
    """,
    "pairs": """
        select known.user_id, known.score as before, edited.score as after,
            known.is_converted
        from internal.int_scores as edited
        inner join published('training_examples') as known using (user_id, as_of_date)
        semi join (from published('snapshot_populations') where is_judged)
            using (as_of_date)
        order by known.user_id, as_of_date
    """,
}


def frozen(edits: dict[str, FileEdits]) -> Frozen:
    """Return edits as answers are kept by them."""
    return tuple((name, of_file.key()) for name, of_file in edits.items())


def sample(step: int) -> str:
    """Return the condition that every `step`-th user fulfils, by a hash."""
    return f"hash(user_id) % {step} = 0" if step > 1 else "true"


def step_of_users(users: int) -> int:
    """Return how many users one in the sample stands for; 1 is everyone."""
    return -(-users // SAMPLED_USERS) if users > MOST_USERS else 1


def load(files: data.Stamp, mart: str, step: int) -> Future[Rescoring]:
    """Begin to load the features of the users of a mart, every `step`-th."""
    return LOADING.submit(partial(Rescoring, data.folder_of(files), mart, sample(step)))


@st.cache_resource(max_entries=3, show_spinner=False)
def everyone(files: data.Stamp, step: int) -> Future[Rescoring]:
    """Return the users of one generation, every `step`-th, once they are loaded."""
    return load(files, "user_scores", step)


@st.cache_resource(max_entries=2, show_spinner=False)
def examples(files: data.Stamp, step: int) -> Future[Rescoring]:
    """Return users at past dates, every `step`-th user, once they are loaded."""
    return load(files, "training_examples", step)


def load_ahead(files: data.Stamp) -> None:
    """Begin to load what *What if?* needs, unless it is there."""
    published = data.publication()
    if published and data.has_rows("scoring_models"):
        everyone(files, step_of_users(published.users))
        if data.has_rows("training_examples"):
            examples(files, step_of_examples())


def step_of_examples() -> int:
    """Return how many users at past dates one in the sample stands for."""
    total = data.ask_one("select count(*) as examples from training_examples")
    return max(1, -(-total["examples"] // MOST_EXAMPLES))


@st.cache_data(max_entries=30, show_spinner="Scoring …")
def effect(
    files: data.Stamp, step: int, edits: Frozen, _panel: Panel
) -> dict[str, pd.DataFrame]:
    """Return what a panel does to the scores; kept by what was edited."""
    del edits
    queries = {"both": EDITED, **QUERIES}
    return everyone(files, step).result().run(_panel, "user_scores", queries)


@st.cache_data(max_entries=3, show_spinner=False)
def no_effect(files: data.Stamp, step: int) -> dict[str, pd.DataFrame]:
    """Return the same of the scores as they are published."""
    nobody = {"movers": pd.DataFrame(), "points": pd.DataFrame(columns=["user_id"])}
    with data.database(files).cursor() as cursor:
        cursor.execute(NOT_EDITED.format(sample=sample(step)))
        asked = {name: QUERIES[name] for name in QUERIES.keys() - nobody.keys()}
        return {n: cursor.execute(query).df() for n, query in asked.items()} | nobody


@st.cache_resource(max_entries=50, show_spinner=False)
def back_test(
    files: data.Stamp, step: int, edits: Frozen, _panel: Panel
) -> Future[tuple[pd.DataFrame, Gain]]:
    """Begin to count users and conversions at past dates by the score a panel gives.

    With them comes how much better it ranks, and the interval of that by person.
    """
    del edits
    loaded = examples(files, step)
    panel = {name: table.copy() for name, table in _panel.items()}
    return SCORING.submit(lambda: judged(loaded.result(), panel))


def judged(loaded: Rescoring, panel: Panel) -> tuple[pd.DataFrame, Gain]:
    """Return counts by the score that a panel gives, and the gain in order."""
    found = loaded.run(panel, "int_scores", BACK_TEST)
    pairs = found["pairs"]
    columns = ("before", "after", "user_id", "is_converted")
    before, after, user_ids, label = (pairs[name].to_numpy() for name in columns)
    return found["counts"], gain(
        before, after, user_ids.astype(str), label.astype(float), REPLICATES, 0
    )


def known(step: int) -> pd.DataFrame:
    """Return the same by the scores as they are published."""
    return data.ask(
        "select examples.score, bands.band, count(*) as users,"
        " count(*) filter (examples.is_converted) as conversions"
        f" from (from training_examples {data.JUDGED}) as examples"
        " asof join (from score_bands where score is null) as bands"
        f" on examples.score >= bands.min_score where {sample(step)}"
        " group by all order by examples.score desc"
    )
