"""Companies: a few people each, of few companies many; what they have in common."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pointwise.synthetic.pools import COMPANY_SIZES, COUNTRIES, INDUSTRIES, one_of

# The most people of a company who come, by its size class.
MOST_PEOPLE = np.array([6, 20, 40, 40, 40])
PEOPLE = np.arange(1, 41)
PEOPLE_SHARES = np.cumsum((PEOPLE + 1.0) ** -2)
SPREAD_OF_COMPANY_INTENT = 0.4
SCANS_MAIL = 0.07  # Companies whose mail is opened by a scanner first.

# The first two companies: our own, whose people are staff, and one that competes.
OURS, COMPETITOR = 0, 1
RELATIONS = ("internal", "competitor", "prospect")  # The attribute `company_type`.


class Companies(NamedTuple):
    """One entry a company in every array."""

    is_company: np.ndarray  # Else a person who works alone.
    relation: np.ndarray  # Position in RELATIONS.
    industry: np.ndarray
    size: np.ndarray
    country: np.ndarray
    intent: np.ndarray  # What the intent of its people has in common.
    scans_mail: np.ndarray


def draw_companies(
    members: int, alone: int, random: np.random.Generator
) -> tuple[Companies, np.ndarray]:
    """Return companies, and of which one each of `members` people is.

    After these companies come `alone` entries for people who work alone, one each.
    """
    size = one_of(COMPANY_SIZES.values(), members, random)
    chosen = random.random(members) * PEOPLE_SHARES[-1]
    people = PEOPLE[np.searchsorted(PEOPLE_SHARES, chosen)]
    people = 1 + (people - 1) % MOST_PEOPLE[size]
    company = np.repeat(np.arange(members), people)[:members]
    employers = int(company[-1]) + 1 if members else 0

    first = COMPETITOR + 1
    count = first + employers + alone
    sizes = one_of(COMPANY_SIZES.values(), count, random)
    sizes[first : first + employers] = size[:employers]
    is_company = np.arange(count) < first + employers
    relation = np.full(count, RELATIONS.index("prospect"))
    relation[[OURS, COMPETITOR]] = (
        RELATIONS.index("internal"),
        RELATIONS.index("competitor"),
    )
    companies = Companies(
        is_company=is_company,
        relation=relation,
        industry=one_of(INDUSTRIES.values(), count, random),
        size=sizes,
        country=one_of((share for _, share, _ in COUNTRIES.values()), count, random),
        intent=SPREAD_OF_COMPANY_INTENT * random.standard_normal(count),
        scans_mail=(random.random(count) < SCANS_MAIL) & is_company,
    )
    return companies, first + random.permutation(company)


def account_ids(companies: Companies, words: list[str]) -> list[str | None]:
    """Return an id a company, of a word and a number; None for people alone."""
    return [
        f"{words[number % len(words)]}_{number}" if is_company else None
        for number, is_company in enumerate(companies.is_company.tolist())
    ]
