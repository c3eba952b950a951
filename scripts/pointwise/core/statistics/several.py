"""Several effects at once: which hold together, whether they differ, what each is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


def holm_alphas(p_values: np.ndarray, alpha: float) -> np.ndarray:
    """Return the alpha at which each of several effects is judged, all at `alpha`.

    Holm's procedure (1979, Scand. J. Stat. 6:65): the smallest p-value at alpha over
    their number, the next at alpha over one less, and so on until one is not found;
    the rest are judged as that one. An interval of its alpha leaves out 0 exactly where
    the procedure finds the effect. What has no p-value counts, as never found.
    """
    number = len(p_values)
    alphas = np.empty(number)
    is_found, step = True, alpha / max(number, 1)
    for place, k in enumerate(np.argsort(np.nan_to_num(p_values, nan=1.0))):
        if is_found:
            step = alpha / (number - place)
            is_found = bool(p_values[k] <= step)
        alphas[k] = step
    return alphas


class Differ(NamedTuple):
    """How far several effects differ from each other, beyond chance."""

    p_value: float  # Of no difference at all.
    variance: float  # Of the true effects about their mean.


def differ(effects: np.ndarray, variances: np.ndarray) -> Differ:
    """Return whether effects differ: one test for all, and by how much.

    Cochran's Q (1954, Biometrics 10:101) is chi-square if they do not; the variance is
    that of DerSimonian and Laird (1986, Control. Clin. Trials 7:177).
    """
    from scipy.stats import chi2

    if len(effects) < 2:
        return Differ(np.nan, 0.0)
    weight = 1 / variances
    mean = weight @ effects / weight.sum()
    q = weight @ (effects - mean) ** 2
    freedom = len(effects) - 1
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    return Differ(float(chi2.sf(q, freedom)), max(0.0, (q - freedom) / scale))


class Shrunken(NamedTuple):
    """Effects shrunk to their mean: estimates, variances, and how much is their own."""

    effects: np.ndarray
    variances: np.ndarray
    own: np.ndarray  # 1: as observed; 0: the mean of all.


def shrunken(effects: np.ndarray, variances: np.ndarray) -> Shrunken:
    """Return effects shrunk to their mean, the less is known about one the more.

    Empirical Bayes (Morris 1983, JASA 78:47), with the variance of `differ`: where the
    effects do not differ beyond chance, each is the mean of all.
    """
    between = differ(effects, variances).variance
    weight = 1 / (variances + between)
    mean = weight @ effects / weight.sum()
    own = between / (variances + between)
    return Shrunken(
        mean + own * (effects - mean),
        own * variances + (1 - own) ** 2 / weight.sum(),
        own,
    )
