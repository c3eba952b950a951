"""Who the users are: attributes that are known, and traits that nobody sees."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from pointwise.synthetic.companies import (
    COMPETITOR,
    OURS,
    RELATIONS,
    Companies,
    account_ids,
    draw_companies,
)
from pointwise.synthetic.devices import draw_devices
from pointwise.synthetic.pools import (
    CITIES_PER_COUNTRY,
    COMPANY_SIZES,
    COUNTRIES,
    INDUSTRIES,
    JOB_LEVELS,
    Pools,
    one_of,
)
from pointwise.synthetic.rhythm import HOUR, NEVER
from pointwise.synthetic.vocabulary import DEVICES

DEVICE_SHARES = (0.70, 0.25, 0.05)
ATTRIBUTES_ONLY = 0.015
EVENTS_ONLY = 0.015
JOB_SEEKERS = 0.04
ALONE = 0.09  # Of no company.
UNKNOWN_ACCOUNT = 0.12  # Of a company, and the profile does not say of which.
UNKNOWN_JOB_LEVEL = 0.08
UNKNOWN_INDUSTRY = 0.03
DO_NOT_CONTACT = 0.01  # Asked not to be contacted.
THERE_BEFORE = 0.55  # Users who knew the site before the first day.
ACCOUNT_BEFORE = 0.45  # Those of them who have an account already.
# The most active of those who came before are customers already, and not in this world.
USES_OF_OLD_ACCOUNTS = 0.3
LOWER_INTENT_BEFORE = 0.5
SPREAD_OF_MEAN_INTENT = 0.45  # Beside what people of a company have in common.
UNKNOWN = -1


class Role(IntEnum):
    """Who somebody is; only persons ever subscribe."""

    PERSON = 0
    STAFF = 1
    TEST = 2  # Accounts with which staff try things out.
    COMPETITOR = 3
    SCRIPT = 4  # A program with an account of its own.


ROLE_SHARES = {
    Role.STAFF: 0.008,
    Role.TEST: 0.004,
    Role.COMPETITOR: 0.004,
    Role.SCRIPT: 0.001,
}
TEST_PREFIX = "test_"


class Users(NamedTuple):
    """One entry a user in every array."""

    # What is known about them: positions in the pools, or UNKNOWN.
    country: np.ndarray
    city: np.ndarray  # Position among the cities of the country.
    company: np.ndarray
    industry: np.ndarray
    company_size: np.ndarray
    job_level: np.ndarray
    device: np.ndarray
    has_attributes: np.ndarray
    has_account_id: np.ndarray
    do_not_contact: np.ndarray
    # What is hidden.
    role: np.ndarray
    zone: np.ndarray  # Milliseconds from UTC.
    is_job_seeker: np.ndarray
    has_machine_opens: np.ndarray  # The mail program opens every e-mail by itself.
    has_scanner: np.ndarray  # The company's scanner follows every link first.
    reads_newsletter: np.ndarray
    arrival_day: np.ndarray  # -1: before the first day.
    last_day: np.ndarray  # From then on they hardly come.
    visits_per_day: np.ndarray  # Of the site, at average intent; 0: no events.
    uses_per_day: np.ndarray  # Of the product, with an account, at average intent.
    core_share: np.ndarray  # How much of the use is the core feature.
    mean_intent: np.ndarray
    account_at: np.ndarray  # Before the first day: -1; else NEVER.
    # Devices and accounts: see `devices`.
    has_second_computer: np.ndarray
    cookies_cleared_at: np.ndarray
    shared_visitor: np.ndarray
    shared_device: np.ndarray
    old_login: np.ndarray
    old_login_until: np.ndarray

    def __getitem__(self, users: slice) -> Users:
        """Return some of the users."""
        return Users(*(column[users] for column in self._asdict().values()))

    @property
    def is_person(self) -> np.ndarray:
        """Return who is a person that may become a customer."""
        return self.role == Role.PERSON


def draw_users(
    count: int, days: int, pools: Pools, random: np.random.Generator
) -> tuple[Users, Companies]:
    """Return `count` users of a world of `days` days, and their companies."""

    def some(share: float) -> np.ndarray:
        return random.random(count) < share

    def exactly(share: float) -> np.ndarray:
        return random.permutation(count) < round(share * count)

    role = draw_roles(count, random)
    company, companies = employ(role, random)
    is_employed = companies.is_company[company]
    country = companies.country[company]
    city = random.integers(0, CITIES_PER_COUNTRY, count)
    hours = np.array([[hours for _, hours in names] for names in pools.cities])
    job_level = one_of(JOB_LEVELS.values(), count, random)

    is_script, is_staff = role == Role.SCRIPT, role == Role.STAFF
    there_before = some(THERE_BEFORE) | is_staff
    arrival_day = np.where(
        there_before, -1, (days * random.random(count) ** 0.9).astype(np.int64)
    )
    stay = np.exp(4.5 + 1.1 * random.standard_normal(count))
    stay[is_staff] = days
    has_events = ~exactly(ATTRIBUTES_ONLY) | (role != Role.PERSON)
    visits = np.exp(-2.75 + 0.95 * random.standard_normal(count))
    uses = np.exp(-1.15 + 0.8 * random.standard_normal(count)) * some(0.7)
    has_account = (there_before & some(ACCOUNT_BEFORE)) | is_staff
    uses *= np.where(has_account, USES_OF_OLD_ACCOUNTS, 1.0)
    uses[is_staff] = 0.8  # Their daily work.
    intent = SPREAD_OF_MEAN_INTENT * random.standard_normal(count)
    intent += companies.intent[company] - LOWER_INTENT_BEFORE * there_before
    # They try out whatever there is, and look at what others charge.
    intent[(role == Role.TEST) | (role == Role.COMPETITOR)] = 1.5
    visits *= has_events & ~is_script
    device = one_of(DEVICE_SHARES, count, random).astype(np.int8)
    shared, city = draw_devices(
        where_together(role, company, is_employed, country),
        is_employed,
        visits > 0,
        has_account,
        city,
        days,
        random,
    )
    users = Users(
        country=country,
        city=city,
        company=company,
        industry=np.where(some(UNKNOWN_INDUSTRY), UNKNOWN, companies.industry[company]),
        company_size=companies.size[company],
        job_level=np.where(some(UNKNOWN_JOB_LEVEL), UNKNOWN, job_level),
        device=device,
        has_attributes=~exactly(EVENTS_ONLY) | ~has_events | (role != Role.PERSON),
        has_account_id=is_employed & (~some(UNKNOWN_ACCOUNT) | (role != Role.PERSON)),
        role=role,
        zone=hours[country, city] * HOUR,
        is_job_seeker=exactly(JOB_SEEKERS) & (role == Role.PERSON),
        has_machine_opens=some(0.4),
        has_scanner=companies.scans_mail[company],
        reads_newsletter=some(0.3) | (role == Role.COMPETITOR),
        arrival_day=arrival_day,
        last_day=np.maximum(arrival_day, 0) + stay.astype(np.int64),
        visits_per_day=visits,
        uses_per_day=uses * (has_events & ~is_script),
        core_share=0.15 + 0.7 * random.random(count),
        mean_intent=intent,
        account_at=np.where(has_account, -1, NEVER),
        do_not_contact=exactly(DO_NOT_CONTACT) & (role == Role.PERSON),
        **shared,
    )
    return users, companies


def draw_roles(count: int, random: np.random.Generator) -> np.ndarray:
    """Return who is staff, a competitor, a test account, a script: exact shares."""
    role = np.zeros(count, np.int8)
    order = random.permutation(count)
    start = 0
    for kind, share in ROLE_SHARES.items():
        end = start + round(share * count)
        role[order[start:end]] = kind
        start = end
    return role


def employ(
    role: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, Companies]:
    """Return the company of each user, and the companies."""
    is_theirs = np.isin(role, (Role.STAFF, Role.COMPETITOR))
    is_alone = ~is_theirs & ((random.random(len(role)) < ALONE) | (role == Role.TEST))
    is_member = ~is_theirs & ~is_alone
    alone = int(is_alone.sum())
    companies, of_members = draw_companies(int(is_member.sum()), alone, random)
    company = np.where(role == Role.STAFF, OURS, COMPETITOR)
    company[is_member] = of_members
    company[is_alone] = len(companies.size) - alone + np.arange(alone)
    return company, companies


def where_together(
    role: np.ndarray,
    company: np.ndarray,
    is_employed: np.ndarray,
    country: np.ndarray,
) -> np.ndarray:
    """Return a number of whom people may share a device with: company, or country."""
    countries = len(COUNTRIES)
    group = np.where(is_employed, countries + company, country)
    return np.where(role == Role.PERSON, group, UNKNOWN)


def user_ids(users: Users) -> list[str]:
    """Return the ids of the users, in order; then the old ids of some of them."""
    is_test = users.role == Role.TEST
    ids = [
        f"{TEST_PREFIX}{number}" if test else f"u{number}"
        for number, test in enumerate(is_test.tolist(), 1)
    ]
    old = int((users.old_login >= 0).sum())
    return ids + [f"u{number}" for number in range(len(ids) + 1, len(ids) + old + 1)]


def attribute_columns(
    users: Users, companies: Companies, pools: Pools
) -> dict[str, list[str | None]]:
    """Return what is known about the users, a list a column, as text or None."""

    def texts(names: list[str] | tuple, positions: np.ndarray) -> list[str | None]:
        return [names[i] if i != UNKNOWN else None for i in positions.tolist()]

    def of_company(positions: np.ndarray) -> np.ndarray:
        return np.where(users.has_account_id, positions, UNKNOWN)

    cities = [name for names in pools.cities for name, _ in names]
    return {
        "country": texts(list(COUNTRIES), users.country),
        "city": texts(cities, users.country * CITIES_PER_COUNTRY + users.city),
        "account_id": texts(
            account_ids(companies, pools.words), of_company(users.company)
        ),
        "company_type": texts(RELATIONS, of_company(companies.relation[users.company])),
        "industry": texts(list(INDUSTRIES), users.industry),
        "company_size": texts(list(COMPANY_SIZES), users.company_size),
        "job_level": texts(list(JOB_LEVELS), users.job_level),
        "device": texts(list(DEVICES), users.device),
        "do_not_contact": texts(("true",), np.where(users.do_not_contact, 0, UNKNOWN)),
    }
