"""How well an order ranks those who convert above those who do not."""

from __future__ import annotations

import numpy as np


def pairs_in_order(converted: np.ndarray, others: np.ndarray) -> float:
    """Return how many pairs, one converted and one not, are in the right order.

    Both count users, or sum weights, by group of equal scores, the highest first. A
    pair within a group counts half. Over the number of pairs, this is the area under
    the ROC curve (Hanley and McNeil 1982, Radiology 143:29).
    """
    below = others.sum() - np.cumsum(others)
    return float((converted * (below + others / 2)).sum())
