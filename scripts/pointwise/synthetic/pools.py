"""What attributes are drawn from: countries, cities, industries, sizes, levels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from faker import Faker

# Pools are the same in every world; only who gets which depends on its seed.
POOL_SEED = 20260628
CITIES_PER_COUNTRY = 6
WORDS = 400  # Of which ids of companies are made.

# Country to its code, share of users and hours from UTC, roughly and without summer
# time; cities of the United States have their own hours.
COUNTRIES = {
    "United States": ("US", 0.37, -6),
    "United Kingdom": ("GB", 0.12, 0),
    "Germany": ("DE", 0.09, 1),
    "India": ("IN", 0.09, 5),
    "France": ("FR", 0.06, 1),
    "Canada": ("CA", 0.06, -5),
    "Brazil": ("BR", 0.05, -3),
    "Australia": ("AU", 0.05, 10),
    "Netherlands": ("NL", 0.04, 1),
    "Spain": ("ES", 0.04, 1),
    "Italy": ("IT", 0.03, 1),
}
US_HOURS = {
    "America/New_York": -5,
    "America/Chicago": -6,
    "America/Denver": -7,
    "America/Los_Angeles": -8,
}
INDUSTRIES = {
    "Software": 0.24,
    "Finance": 0.13,
    "Retail": 0.12,
    "Healthcare": 0.11,
    "Manufacturing": 0.11,
    "Education": 0.10,
    "Media": 0.07,
    "Logistics": 0.06,
    "Consulting": 0.06,
}
COMPANY_SIZES = {
    "1-10": 0.25,
    "11-50": 0.27,
    "51-200": 0.22,
    "201-1000": 0.16,
    "1001+": 0.10,
}
# What a subscription costs a month, by size of the company.
PRICES = {
    "1-10": 29.0,
    "11-50": 99.0,
    "51-200": 299.0,
    "201-1000": 899.0,
    "1001+": 2400.0,
}
JOB_LEVELS = {
    "Intern": 0.04,
    "Associate": 0.31,
    "Senior": 0.27,
    "Manager": 0.20,
    "Director": 0.10,
    "Vice President": 0.04,
    "Executive": 0.04,
}


class Pools(NamedTuple):
    """The values that attributes are drawn from."""

    cities: list[list[tuple[str, int]]]  # By country: name, hours from UTC.
    words: list[str]


def draw_pools() -> Pools:
    """Return cities with their hours, and words: no names of persons."""
    faker = Faker("en_US")
    faker.seed_instance(POOL_SEED)
    cities = []
    for code, _, hours in COUNTRIES.values():
        names: dict[str, int] = {}
        while len(names) < CITIES_PER_COUNTRY:
            _, _, name, _, zone = faker.local_latlng(code, coords_only=False)
            names[name] = US_HOURS.get(zone, hours)
        cities.append(list(names.items()))
    words: dict[str, None] = {}
    while len(words) < WORDS:
        word = faker.word()
        if len(word) > 3:
            words[word.lower()] = None
    return Pools(cities, list(words))


def one_of(
    shares: Iterable[float], size: int, random: np.random.Generator
) -> np.ndarray:
    """Return `size` positions, each as often as its share."""
    weights = np.array([*shares])
    chosen = random.choice(len(weights), size, p=weights / weights.sum())
    return chosen.astype(np.int16)
