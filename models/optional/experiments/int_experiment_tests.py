"""One row per experiment and arm: how odd are its numbers, if only chance is at work?

A Python model for the sake of scipy. Sample ratio: chi-square test of assigned users
against the shares (Fabijan et al. 2019, KDD). Analysed share: Fisher's exact test of an
arm against the control, among users whose outcome is known by now.
"""

from itertools import groupby

ROWS = """select unnest(cast(? as struct(
    experiment varchar, arm varchar,
    sample_ratio_p_value double, analysed_p_value double
)[]), recursive := true)"""


def model(dbt, session):
    ordered = dbt.ref("int_experiment_counts").order("experiment, arm_number")
    names = ordered.columns
    arms = [dict(zip(names, row, strict=True)) for row in ordered.fetchall()]
    rows = []
    for _, group in groupby(arms, key=lambda arm: arm["experiment"]):
        rows += tested(list(group))
    return session.sql(ROWS, params=[rows])


def tested(arms):
    """Return the arms of an experiment, the control first, with their p-values."""
    unknown = {"sample_ratio_p_value": None, "analysed_p_value": None}
    rows = [
        {"experiment": arm["experiment"], "arm": arm["arm"], **unknown} for arm in arms
    ]
    assigned = [arm["assigned_users"] for arm in arms]
    if not sum(assigned):
        return rows
    import scipy.stats  # half a second, saved where nobody is in an experiment

    shares = [float(arm["share"]) for arm in arms]
    expected = [share / sum(shares) * sum(assigned) for share in shares]
    ratio = float(scipy.stats.chisquare(assigned, expected).pvalue)
    control, *others = (
        [arm["analysed_users"], arm["matured_users"] - arm["analysed_users"]]
        for arm in arms
    )
    for row in rows:
        row["sample_ratio_p_value"] = ratio
    for row, other in zip(rows[1:], others, strict=True):
        row["analysed_p_value"] = float(
            scipy.stats.fisher_exact([other, control]).pvalue
        )
    return rows
