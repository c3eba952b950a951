"""One row per experiment and arm: how odd are its numbers, if only chance is at work?

A Python model for the sake of scipy. Sample ratio: chi-square test of assigned users
against the shares (Fabijan et al. 2019, KDD). Analysed share: Fisher's exact test of an
arm against the control, among users whose outcome is known by now.
"""


def model(dbt, session):
    counts = dbt.ref("int_experiment_counts").order("experiment, arm_number").df()
    counts["sample_ratio_p_value"] = None
    counts["analysed_p_value"] = None
    if counts["assigned_users"].sum():
        import scipy.stats  # half a second, saved where nobody is in an experiment

        for _, arms in counts.groupby("experiment"):
            control = arms.iloc[0]
            assigned = arms["assigned_users"].sum()
            if assigned:
                expected = arms["share"].astype(float)
                ratio = scipy.stats.chisquare(
                    arms["assigned_users"], expected / expected.sum() * assigned
                )
                counts.loc[arms.index, "sample_ratio_p_value"] = float(ratio.pvalue)
            for index, arm in arms.iloc[1:].iterrows():
                table = [
                    [a["analysed_users"], a["matured_users"] - a["analysed_users"]]
                    for a in (arm, control)
                ]
                fisher = scipy.stats.fisher_exact(table)
                counts.loc[index, "analysed_p_value"] = float(fisher.pvalue)
    columns = ["experiment", "arm", "sample_ratio_p_value", "analysed_p_value"]
    types = dict(zip(columns, ["string", "string", "Float64", "Float64"], strict=True))
    return counts[columns].astype(types)
