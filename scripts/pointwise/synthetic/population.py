"""Who the users are: attributes that are known, and traits that nobody sees."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from faker import Faker

from pointwise.synthetic.rhythm import HOUR, NEVER
from pointwise.synthetic.vocabulary import DEVICES

# Pools are the same in every world; only who gets which depends on its seed.
POOL_SEED = 20260628
CITIES_PER_COUNTRY = 6
COMPANIES = 400

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
DEVICE_SHARES = (0.70, 0.25, 0.05)

BOTS = 0.015
ATTRIBUTES_ONLY = 0.015
EVENTS_ONLY = 0.015
JOB_SEEKERS = 0.04
UNKNOWN_JOB_LEVEL = 0.08
UNKNOWN_INDUSTRY = 0.03
THERE_BEFORE = 0.55  # Users who knew the site before the first day.
ACCOUNT_BEFORE = 0.45  # Those of them who have an account already.
# The keenest of those who came before are customers already, and not in this world.
USES_OF_OLD_ACCOUNTS = 0.3
LOWER_INTENT_BEFORE = 0.5
UNKNOWN = -1


class Pools(NamedTuple):
    """The values that attributes are drawn from."""

    cities: list[list[tuple[str, int]]]  # By country: name, hours from UTC.
    companies: list[str]


class Users(NamedTuple):
    """One entry a user in every array."""

    # What is known of them: positions in the pools, or UNKNOWN.
    country: np.ndarray
    city: np.ndarray  # Position among the cities of the country.
    company: np.ndarray
    industry: np.ndarray
    company_size: np.ndarray
    job_level: np.ndarray
    device: np.ndarray
    has_attributes: np.ndarray
    # What is hidden.
    zone: np.ndarray  # Milliseconds from UTC.
    is_bot: np.ndarray
    is_job_seeker: np.ndarray
    has_machine_opens: np.ndarray  # The mail program opens every e-mail by itself.
    reads_newsletter: np.ndarray
    arrival_day: np.ndarray  # -1: before the first day.
    last_day: np.ndarray  # From then on they hardly come.
    visits_per_day: np.ndarray  # Of the site, at average intent; 0: no events.
    uses_per_day: np.ndarray  # Of the product, with an account, at average intent.
    core_share: np.ndarray  # How much of the use is the core feature.
    mean_intent: np.ndarray
    account_at: np.ndarray  # Before the first day: -1; else NEVER.

    def __getitem__(self, users: slice) -> Users:
        """Return some of the users."""
        return Users(*(column[users] for column in self._asdict().values()))


def draw_pools() -> Pools:
    """Return cities with their hours, and companies, none of them a person's name."""
    faker = Faker("en_US")
    faker.seed_instance(POOL_SEED)
    cities = []
    for code, _, hours in COUNTRIES.values():
        names: dict[str, int] = {}
        while len(names) < CITIES_PER_COUNTRY:
            _, _, name, _, zone = faker.local_latlng(code, coords_only=False)
            names[name] = US_HOURS.get(zone, hours)
        cities.append(list(names.items()))
    companies: dict[str, None] = {}
    while len(companies) < COMPANIES:
        word, suffix = faker.word(), faker.company_suffix()
        if len(word) > 3 and suffix != "and Sons":
            companies[f"{word.title()} {suffix}"] = None
    return Pools(cities, list(companies))


def draw_users(
    count: int, days: int, pools: Pools, random: np.random.Generator
) -> Users:
    """Return `count` users of a world of `days` days."""

    def some(share: float) -> np.ndarray:
        return random.random(count) < share

    def exactly(share: float) -> np.ndarray:
        return random.permutation(count) < round(share * count)

    def one_of(shares: list[float] | tuple[float, ...], size: int) -> np.ndarray:
        weights = np.array(shares) / np.sum(shares)
        return random.choice(len(shares), size, p=weights).astype(np.int16)

    country = one_of([share for _, share, _ in COUNTRIES.values()], count)
    city = random.integers(0, CITIES_PER_COUNTRY, count)
    hours = np.array([[hours for _, hours in names] for names in pools.cities])

    # A company has one industry and one size, whoever of it comes.
    company = random.integers(0, COMPANIES, count)
    company_industry = one_of(list(INDUSTRIES.values()), COMPANIES)
    company_size = one_of(list(COMPANY_SIZES.values()), COMPANIES)
    job_level = one_of(list(JOB_LEVELS.values()), count)

    there_before = some(THERE_BEFORE)
    arrival_day = np.where(
        there_before, -1, (days * random.random(count) ** 0.9).astype(np.int64)
    )
    stay = np.exp(4.5 + 1.1 * random.standard_normal(count))
    is_bot = exactly(BOTS)
    has_events = ~exactly(ATTRIBUTES_ONLY) | is_bot
    visits = np.exp(-2.75 + 0.95 * random.standard_normal(count))
    uses = np.exp(-1.15 + 0.8 * random.standard_normal(count)) * some(0.7)
    has_account = there_before & some(ACCOUNT_BEFORE)
    uses *= np.where(has_account, USES_OF_OLD_ACCOUNTS, 1.0)
    return Users(
        country=country,
        city=city,
        company=company,
        industry=np.where(some(UNKNOWN_INDUSTRY), UNKNOWN, company_industry[company]),
        company_size=company_size[company],
        job_level=np.where(some(UNKNOWN_JOB_LEVEL), UNKNOWN, job_level),
        device=one_of(DEVICE_SHARES, count).astype(np.int8),
        has_attributes=~exactly(EVENTS_ONLY) | ~has_events,
        zone=hours[country, city] * HOUR,
        is_bot=is_bot,
        is_job_seeker=exactly(JOB_SEEKERS),
        has_machine_opens=some(0.4),
        reads_newsletter=some(0.3),
        arrival_day=arrival_day,
        last_day=np.maximum(arrival_day, 0) + stay.astype(np.int64),
        visits_per_day=visits * (has_events & ~is_bot),
        uses_per_day=uses * (has_events & ~is_bot),
        core_share=0.15 + 0.7 * random.random(count),
        mean_intent=0.6 * random.standard_normal(count)
        - LOWER_INTENT_BEFORE * there_before,
        account_at=np.where(has_account, -1, NEVER),
    )


def attribute_columns(users: Users, pools: Pools) -> dict[str, list[str | None]]:
    """Return what is known of the users, a list a column, as text or None."""

    def texts(names: list[str], positions: np.ndarray) -> list[str | None]:
        return [names[i] if i != UNKNOWN else None for i in positions.tolist()]

    cities = [name for names in pools.cities for name, _ in names]
    return {
        "country": texts(list(COUNTRIES), users.country),
        "city": texts(cities, users.country * CITIES_PER_COUNTRY + users.city),
        "company": texts(pools.companies, users.company),
        "industry": texts(list(INDUSTRIES), users.industry),
        "company_size": texts(list(COMPANY_SIZES), users.company_size),
        "job_level": texts(list(JOB_LEVELS), users.job_level),
        "device": texts(list(DEVICES), users.device),
    }
