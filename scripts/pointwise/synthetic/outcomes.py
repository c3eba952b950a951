"""The truth: how likely each user is to subscribe, by what they did and who they are.

The probability is a function of features that the default control panel has too, each
stated as of a date and over the same window: of what a person did under whatever id,
and of attributes once the person is known by name. Nothing hidden counts, except that
only persons subscribe: no staff, competitors, test accounts or scripts. It is made of
effects: each has a strength from 0 (absent) to 1 (as strong as it gets), and adds
`log_odds` at full strength. Interactions add to that where two effects are present
together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pointwise.synthetic.history import History
from pointwise.synthetic.pools import COMPANY_SIZES, COUNTRIES, INDUSTRIES
from pointwise.synthetic.population import Users
from pointwise.synthetic.rhythm import DAY
from pointwise.synthetic.vocabulary import Kind

LOOK_BACK_DAYS = 90
HORIZON_DAYS = 14
INTERCEPT = -4.8

Features = dict[str, np.ndarray]


class Effect(NamedTuple):
    """What one behaviour or attribute does to the log-odds of the outcome."""

    effect: str
    feature: str  # In the default control panel.
    equals: str | None  # For attributes: the value that has the effect.
    log_odds: float
    strength: Callable[[np.ndarray], np.ndarray]
    description: str


class Interaction(NamedTuple):
    """What two effects do together, beyond the sum of both."""

    first: str
    second: str
    log_odds: float
    description: str


def saturating(scale: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return a strength of counts: much for the first ones, little for further ones."""
    return lambda value: 1 - np.exp(-value / scale)


def recent(days: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return a strength of days since the last time: 1 today, falling slowly."""
    return lambda value: np.exp(-value / days)


def equal_to(names: dict, *values: str) -> Callable[[np.ndarray], np.ndarray]:
    """Return the strength of having one of the values: 1 or 0."""
    positions = [list(names).index(value) for value in values]
    return lambda value: np.isin(value, positions).astype(float)


EFFECTS = (
    Effect(
        "core_feature_days",
        "core_feature_days_30d",
        None,
        1.9,
        saturating(3),
        "Days of core feature use in 30 days; most of the effect within 6",
    ),
    Effect(
        "pricing_days",
        "pricing_days_30d",
        None,
        1.4,
        saturating(1),
        "Days with a look at pricing in 30 days, half-life 14 days",
    ),
    Effect(
        "email_clicks",
        "email_clicks_30d",
        None,
        0.9,
        saturating(1),
        "Links followed in e-mails in 30 days",
    ),
    Effect(
        "chat",
        "days_since_chat",
        None,
        1.3,
        recent(30),
        "A chat in 14 days",
    ),
    Effect(
        "booking",
        "days_since_booking",
        None,
        1.1,
        recent(60),
        "A booked call in 30 days",
    ),
    Effect(
        "demo_request",
        "days_since_demo_request",
        None,
        0.3,
        recent(60),
        "A demo request in 30 days",
    ),
    Effect(
        "signup",
        "days_since_signup",
        None,
        0.2,
        recent(90),
        "A signup in 90 days: little by itself, what counts is use",
    ),
    Effect(
        "active_days",
        "active_days_30d",
        None,
        0.6,
        saturating(8),
        "Days with any activity in 30 days",
    ),
    Effect(
        "downloads",
        "downloads_30d",
        None,
        0.4,
        saturating(1),
        "Documents downloaded in 30 days",
    ),
    Effect(
        "page_views",
        "page_views_14d",
        None,
        0.0,
        saturating(3),
        "Page views in 14 days: nothing, once the rest is known",
    ),
    Effect(
        "searches",
        "searches_30d",
        None,
        0.0,
        saturating(1),
        "Searches in 30 days: nothing",
    ),
    Effect(
        "email_opens",
        "email_opens_30d",
        None,
        0.0,
        saturating(1),
        "Days with an opened e-mail in 30 days: nothing, as machines open too",
    ),
    Effect(
        "careers",
        "careers_days_30d",
        None,
        -1.3,
        saturating(1),
        "Days with a look at the careers page in 30 days",
    ),
    Effect(
        "unsubscribed",
        "days_since_unsubscribe",
        None,
        -0.6,
        recent(180),
        "E-mail refused in 90 days",
    ),
    Effect(
        "size_1_10",
        "company_size",
        "1-10",
        -0.4,
        equal_to(COMPANY_SIZES, "1-10"),
        "A company with up to 10 employees",
    ),
    Effect(
        "size_51_200",
        "company_size",
        "51-200",
        0.5,
        equal_to(COMPANY_SIZES, "51-200"),
        "A company with 51 to 200 employees",
    ),
    Effect(
        "size_201_1000",
        "company_size",
        "201-1000",
        0.2,
        equal_to(COMPANY_SIZES, "201-1000"),
        "A company with 201 to 1000 employees",
    ),
    Effect(
        "size_over_1000",
        "company_size",
        "1001+",
        -0.4,
        equal_to(COMPANY_SIZES, "1001+"),
        "A company with over 1000 employees: they take longer than a horizon",
    ),
    Effect(
        "industry_software",
        "industry",
        "Software",
        0.1,
        equal_to(INDUSTRIES, "Software"),
        "Works in software",
    ),
    Effect(
        "industry_finance",
        "industry",
        "Finance",
        0.4,
        equal_to(INDUSTRIES, "Finance"),
        "Works in finance",
    ),
    Effect(
        "industry_education",
        "industry",
        "Education",
        -0.3,
        equal_to(INDUSTRIES, "Education"),
        "Works in education",
    ),
    Effect(
        "country_us",
        "country",
        "United States",
        0.0,
        equal_to(COUNTRIES, "United States"),
        "Located in the United States: nothing",
    ),
    Effect(
        "country_gb",
        "country",
        "United Kingdom",
        0.2,
        equal_to(COUNTRIES, "United Kingdom"),
        "Located in the United Kingdom",
    ),
)

INTERACTIONS = (
    Interaction(
        "core_feature_days",
        "pricing_days",
        1.4,
        "Using the core feature and looking at prices: worth more than both",
    ),
    Interaction(
        "core_feature_days",
        "size_51_200",
        0.7,
        "In companies of 51 to 200, use spreads to colleagues",
    ),
    Interaction(
        "core_feature_days",
        "size_over_1000",
        -1.3,
        "In companies of over 1000, who uses does not buy",
    ),
    Interaction(
        "demo_request",
        "size_201_1000",
        1.2,
        "In companies of 201 to 1000, who asks for a demo has a budget",
    ),
    Interaction(
        "pricing_days",
        "careers",
        -0.8,
        "Job seekers look at prices out of curiosity",
    ),
)


def features_as_of(
    last_day: int, history: History, users: Users, known_at: np.ndarray
) -> Features:
    """Return what the effects depend on, as of the end of a day.

    `known_at` is when each user was first known by name.
    """
    unknown = ~users.has_attributes | (known_at >= (last_day + 1) * DAY)
    return {
        "core_feature_days_30d": history.active_days(
            Kind.CORE_FEATURE_USED, last_day, 30
        ),
        "pricing_days_30d": history.events(
            Kind.PRICING_PAGE_VIEW, last_day, 30, half_life=14
        ),
        "email_clicks_30d": history.events(Kind.EMAIL_CLICKED, last_day, 30),
        "days_since_chat": history.days_since(Kind.CHAT_STARTED, last_day, 14),
        "days_since_booking": history.days_since(Kind.CALENDAR_BOOKED, last_day, 30),
        "days_since_demo_request": history.days_since(
            Kind.DEMO_REQUESTED, last_day, 30
        ),
        "days_since_signup": history.days_since(Kind.SIGNUP, last_day, 90),
        "active_days_30d": history.days_with_anything(last_day, 30),
        "downloads_30d": history.events(Kind.DOCUMENT_DOWNLOADED, last_day, 30),
        "page_views_14d": history.events(Kind.PAGE_VIEW, last_day, 14, half_life=7),
        "searches_30d": history.events(Kind.SEARCH, last_day, 30),
        "email_opens_30d": history.events(Kind.EMAIL_OPENED, last_day, 30),
        "careers_days_30d": history.events(Kind.CAREERS_PAGE_VIEW, last_day, 30),
        "days_since_unsubscribe": history.days_since(
            Kind.EMAIL_UNSUBSCRIBED, last_day, 90
        ),
        "company_size": np.where(unknown, -1, users.company_size),
        "industry": np.where(unknown, -1, users.industry),
        "country": np.where(unknown, -1, users.country),
    }


def strengths(features: Features) -> dict[str, np.ndarray]:
    """Return the strength of every effect, by effect."""
    return {item.effect: item.strength(features[item.feature]) for item in EFFECTS}


def log_odds(strength: dict[str, np.ndarray]) -> np.ndarray:
    """Return the log-odds of the outcome within the horizon."""
    total = INTERCEPT + sum(item.log_odds * strength[item.effect] for item in EFFECTS)
    for item in INTERACTIONS:
        total = total + item.log_odds * strength[item.first] * strength[item.second]
    return total


def probability(logit: np.ndarray) -> np.ndarray:
    """Return the probability of log-odds."""
    return 1 / (1 + np.exp(-logit))


def contribution(effect: str, strength: dict[str, np.ndarray]) -> np.ndarray:
    """Return what an effect adds to the log-odds, interactions included."""
    (own,) = (item.log_odds for item in EFFECTS if item.effect == effect)
    total = np.full_like(strength[effect], own)
    for item in INTERACTIONS:
        if effect in (item.first, item.second):
            other = item.second if effect == item.first else item.first
            total += item.log_odds * strength[other]
    return total * strength[effect]
