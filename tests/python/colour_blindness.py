"""How different two colours look to eyes that see fewer of them."""

from __future__ import annotations

import numpy as np

# Machado, Oliveira and Fernandes 2009, at full strength, on linear RGB.
EYES = {
    "all colours": np.eye(3),
    "no red": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "no green": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "no blue": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(color: str) -> np.ndarray:
    """Return a colour such as #0072B2 as linear RGB."""
    parts = np.array([int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """Return linear RGB as CIE L*a*b*."""
    share = XYZ @ rgb / WHITE
    root = np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116)
    lightness = 116 * root[1] - 16
    return np.array([lightness, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def least_difference(one: str, other: str) -> float:
    """Return the CIE 1976 difference to the eyes that see the least of it."""
    return min(
        float(np.linalg.norm(lab(np.clip(eyes @ linear(one), 0, 1))
                             - lab(np.clip(eyes @ linear(other), 0, 1))))
        for eyes in EYES.values()
    )  # fmt: skip
