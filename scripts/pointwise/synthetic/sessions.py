"""Visits to the site and uses of the product: sessions of several events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from pointwise.synthetic.devices import choose_devices
from pointwise.synthetic.events import Events, make_events
from pointwise.synthetic.population import Users
from pointwise.synthetic.rhythm import (
    ACTIVATION_GAPS,
    DAY,
    NEVER,
    PAGE_GAPS,
    PRODUCT_GAPS,
    PRODUCT_WEEK,
    SITE_WEEK,
    USE_DURATIONS,
    draw,
    draw_moments,
    poisson,
)
from pointwise.synthetic.user_agents import browsers
from pointwise.synthetic.vocabulary import (
    CHANNELS,
    NO_DURATION,
    PICKS,
    VISIT_CHANNEL_SHARES,
    Kind,
    page_picks,
    picks,
)

PAGE_PICKS = page_picks()
VISIT_CHANNEL_PICKS = picks(VISIT_CHANNEL_SHARES, CHANNELS).astype(np.int8)
EMAIL, APP = CHANNELS.index("email"), CHANNELS.index("app")

VISITS_AFTER_LEAVING = 0.03  # Of the usual number.
VISITS_OF_CUSTOMERS = 0.35
MOST_VISITS_A_DAY = 4.0

# A session runs through slots, in this order; each holds any number of events of its
# kind. So pricing comes before a signup, and a demo request before a booking.
VISIT_SLOTS = (
    Kind.PAGE_VIEW,
    Kind.SEARCH,
    Kind.PAGE_VIEW,
    Kind.CAREERS_PAGE_VIEW,
    Kind.DOCUMENT_DOWNLOADED,
    Kind.PRICING_PAGE_VIEW,
    Kind.PAGE_VIEW,
    Kind.CHAT_STARTED,
    Kind.SIGNUP,
    Kind.DEMO_REQUESTED,
    Kind.CALENDAR_BOOKED,
    Kind.PAGE_VIEW,
)
USE_SLOTS = (
    Kind.FEATURE_USED,
    Kind.CORE_FEATURE_USED,
    Kind.FEATURE_USED,
    Kind.SEARCH,
    Kind.CORE_FEATURE_USED,
    Kind.PRICING_PAGE_VIEW,
)
POISSON = {mean: poisson(mean) for mean in (0.2, 0.3, 0.5, 0.9, 1.1, 1.4)}


@dataclass
class State:
    """What has become of a block of users so far; one entry a user in every array."""

    intent: np.ndarray  # Its slow part, without the excitement of a newcomer.
    account_at: np.ndarray
    demo_at: np.ndarray
    unsubscribed_at: np.ndarray
    customer_at: np.ndarray
    sessions: int = field(default=0)  # How many there have been, to number them.


class Period(NamedTuple):
    """Some days, with every user's intent and presence on each."""

    first_day: int
    weekdays: np.ndarray  # By day; Monday is 0.
    intent: np.ndarray  # By user and day.
    presence: np.ndarray  # By user and day, 0 to 1.

    @property
    def days(self) -> int:
        """Return the number of days."""
        return len(self.weekdays)


class Starts(NamedTuple):
    """Where sessions begin; one entry a session in every array."""

    user: np.ndarray  # Position in the block of users.
    at: np.ndarray
    channel: np.ndarray


def visit_starts(
    users: Users, state: State, period: Period, random: np.random.Generator
) -> Starts:
    """Return when users come to the site by themselves; newcomers come at once."""
    rates = (
        users.visits_per_day[:, None]
        * np.exp(0.45 * period.intent)
        * period.presence
        * SITE_WEEK[period.weekdays]
        * np.where(state.customer_at < NEVER, VISITS_OF_CUSTOMERS, 1.0)[:, None]
    )
    visits = random.poisson(np.minimum(rates, MOST_VISITS_A_DAY))
    arrives = users.arrival_day - period.first_day
    newcomers = np.flatnonzero(
        (arrives >= 0) & (arrives < period.days) & (users.visits_per_day > 0)
    )
    visits[newcomers, arrives[newcomers]] += 1
    user, at = moments(visits, users, period, random)
    chosen = random.integers(0, PICKS, len(user), dtype=np.uint8)
    return Starts(user, at, VISIT_CHANNEL_PICKS[chosen])


def use_starts(
    users: Users, state: State, period: Period, random: np.random.Generator
) -> Starts:
    """Return when users with an account open the product.

    Interest fades after the signup, unless they become customers.
    """
    account_day = state.account_at // DAY
    days = period.first_day + np.arange(period.days)
    age = days - account_day[:, None]
    is_customer = (state.customer_at < NEVER)[:, None]
    habit = np.where(is_customer, 1.4, 0.25 + 0.9 * np.exp(-np.maximum(age, 0) / 30))
    rates = (
        users.uses_per_day[:, None]
        * np.exp(0.55 * period.intent)
        * habit
        * period.presence
        * PRODUCT_WEEK[period.weekdays]
        * (age >= 0)
    )
    uses = random.poisson(np.minimum(rates, MOST_VISITS_A_DAY))
    user, at = moments(uses, users, period, random)
    after_signup = at > state.account_at[user]
    user, at = user[after_signup], at[after_signup]

    # Who has just signed up looks round at once.
    end = (period.first_day + period.days) * DAY
    signed_up = (state.account_at >= period.first_day * DAY) & (state.account_at < end)
    new = np.flatnonzero(signed_up & (random.random(len(signed_up)) < 0.75))
    user = np.concatenate([user, new])
    first_at = state.account_at[new] + draw(ACTIVATION_GAPS, len(new), random)
    return Starts(user, np.concatenate([at, first_at]), np.full(len(user), APP))


def moments(
    sessions: np.ndarray, users: Users, period: Period, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return user and moment of a number of sessions by user and day."""
    cell = np.repeat(np.arange(sessions.size), sessions.ravel())
    user, day = cell // period.days, cell % period.days
    at = draw_moments(
        period.first_day + day, period.weekdays[day], users.zone[user], random
    )
    return user, at


def visit_events(
    starts: Starts,
    users: Users,
    state: State,
    period: Period,
    first_user: int,
    random: np.random.Generator,
) -> Events:
    """Return the events of visits; notes signups and demo requests in the state."""
    count = len(starts.user)
    user = starts.user
    intent = intent_at(starts, period)
    is_customer = starts.at > state.customer_at[user]
    is_prospect = ~is_customer & ~users.is_job_seeker[user]

    def some(chance: np.ndarray | float) -> np.ndarray:
        return random.random(count) < chance

    signs_up = some(0.10 * np.exp(0.5 * intent)) & ~is_customer
    signs_up &= state.account_at[user] == NEVER
    signs_up &= is_first_of_user(signs_up, user)
    asks_demo = some(0.011 * np.exp(0.8 * intent)) & is_prospect
    since_demo = (starts.at - state.demo_at[user]) / DAY
    follows_up = (since_demo > 0) & (since_demo < 12)
    books = is_prospect & (
        some(0.004 * np.exp(0.8 * intent))
        | (asks_demo & some(0.25))
        | (follows_up & some(0.15))
    )
    seeks_job = some(np.where(users.is_job_seeker[user], 0.55, 0.006))
    sees_pricing = ~is_customer & some(
        np.minimum(0.11 * np.exp(0.6 * intent) + 0.5 * (asks_demo | books), 0.9)
    )
    slots = np.empty((count, len(VISIT_SLOTS)), np.uint8)
    for slot, events in enumerate(
        (
            1 + draw(POISSON[1.4], count, random),
            some(0.11),
            draw(POISSON[0.5], count, random),
            seeks_job * (1 + some(0.4)),
            some(0.035 * np.exp(0.35 * intent)) & is_prospect,
            sees_pricing * (1 + some(0.25)),
            draw(POISSON[0.3], count, random),
            some(0.022 * np.exp(0.45 * intent)) & ~is_customer,
            signs_up,
            asks_demo,
            books,
            draw(POISSON[0.2], count, random),
        )
    ):
        slots[:, slot] = events
    events = session_events(
        starts, slots, VISIT_SLOTS, PAGE_GAPS, users, state, first_user, random
    )
    note(state.account_at, events, Kind.SIGNUP, first_user)
    note(state.demo_at, events, Kind.DEMO_REQUESTED, first_user)
    return events


def use_events(
    starts: Starts,
    users: Users,
    state: State,
    period: Period,
    first_user: int,
    random: np.random.Generator,
) -> Events:
    """Return the events of product sessions."""
    count = len(starts.user)
    intent = intent_at(starts, period)
    core_share = users.core_share[starts.user]
    is_customer = starts.at > state.customer_at[starts.user]

    def some(chance: np.ndarray | float) -> np.ndarray:
        return random.random(count) < chance

    uses_core = some(np.minimum(core_share * np.exp(0.25 * intent), 0.95))
    slots = np.empty((count, len(USE_SLOTS)), np.uint8)
    for slot, events in enumerate(
        (
            1 + draw(POISSON[1.1], count, random),
            uses_core * (1 + draw(POISSON[0.9], count, random)),
            draw(POISSON[0.9], count, random),
            some(0.04),
            uses_core * draw(POISSON[0.5], count, random),
            some(0.03 * np.exp(0.5 * intent)) & ~is_customer,
        )
    ):
        slots[:, slot] = events
    return session_events(
        starts, slots, USE_SLOTS, PRODUCT_GAPS, users, state, first_user, random
    )


def session_events(
    starts: Starts,
    slots: np.ndarray,
    slot_kinds: tuple[Kind, ...],
    gap_table: np.ndarray,
    users: Users,
    state: State,
    first_user: int,
    random: np.random.Generator,
) -> Events:
    """Return the events of sessions: `slots` has a row a session, a count a slot."""
    sessions = len(starts.user)
    sizes = slots.sum(axis=1, dtype=np.int64)
    kinds = np.tile(np.array(slot_kinds, np.int8), sessions)
    kind = np.repeat(kinds, slots.ravel())
    session = np.repeat(np.arange(sessions), sizes)
    count = len(session)

    is_use = (kind == Kind.FEATURE_USED) | (kind == Kind.CORE_FEATURE_USED)
    duration = np.full(count, NO_DURATION, np.int32)
    duration[is_use] = draw(USE_DURATIONS, int(is_use.sum()), random)
    # The next event comes when the one before is over, and a while later.
    gap = draw(gap_table, count, random)
    gap[1:] += np.maximum(duration[:-1], 0)
    elapsed = np.cumsum(gap)
    first = np.cumsum(sizes) - sizes
    elapsed -= np.repeat(elapsed[first], sizes)

    device, visitor = choose_devices(starts.user, starts.at, users, first_user, random)
    # Without its cookies, a device still has the same browser.
    agent = browsers(visitor >> 1, device)
    number = state.sessions + session
    state.sessions += sessions
    return make_events(
        user=first_user + starts.user[session],
        at=starts.at[session] + elapsed,
        kind=kind,
        session=number,
        page=PAGE_PICKS[kind, random.integers(0, PICKS, count, dtype=np.uint8)],
        duration=duration,
        channel=starts.channel[session],
        device=device[session],
        visitor=visitor[session],
        agent=agent[session],
    )


def intent_at(starts: Starts, period: Period) -> np.ndarray:
    """Return the intent of the user on the day on which each session begins."""
    day = np.clip(starts.at // DAY - period.first_day, 0, period.days - 1)
    return period.intent[starts.user, day]


def is_first_of_user(chosen: np.ndarray, user: np.ndarray) -> np.ndarray:
    """Return a mask of the first chosen session of each user."""
    positions = np.flatnonzero(chosen)
    _, first = np.unique(user[positions], return_index=True)
    mask = np.zeros(len(chosen), bool)
    mask[positions[first]] = True
    return mask


def note(times: np.ndarray, events: Events, kind: Kind, first_user: int) -> None:
    """Write the time of each event of a kind into the array of its users."""
    chosen = events.kind == kind
    times[events.user[chosen] - first_user] = events.at[chosen]


def concatenate_starts(parts: list[Starts]) -> Starts:
    """Return the sessions of all parts, one part after the other."""
    return Starts(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
