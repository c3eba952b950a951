"""Who events say they are from.

A visit is nameless until its device knows who uses it: by a form, a login, a
link in an e-mail. From then on its events carry both ids. A device that two people
share forgets after each session. E-mails and payments know who, and no device.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pointwise.synthetic.devices import VISITORS_PER_USER, login
from pointwise.synthetic.events import Events
from pointwise.synthetic.population import Role, Users
from pointwise.synthetic.rhythm import DAY, NEVER
from pointwise.synthetic.vocabulary import CHANNELS, NO_LOGIN, NO_VISITOR, Kind

NAMES = np.isin(
    np.arange(len(Kind)),
    (
        Kind.DOCUMENT_DOWNLOADED,
        Kind.SIGNUP,
        Kind.DEMO_REQUESTED,
        Kind.CALENDAR_BOOKED,
        Kind.FEATURE_USED,
        Kind.CORE_FEATURE_USED,
    ),
)
EMAIL = CHANNELS.index("email")


class Sightings(NamedTuple):
    """Of whom, on which devices, anything was seen."""

    known_at: np.ndarray  # By user of the block; NEVER: nameless to the end.
    named_at: np.ndarray  # By own device: NEVER, or since when it knows its person.
    first_at: np.ndarray  # By own device: when it was first seen, or NEVER.
    shared: np.ndarray  # A row a shared device and person: visitor, user.


class Naming:
    """What devices of a block of users know of who uses them."""

    def __init__(self, users: Users, first_user: int, world_size: int) -> None:
        count = len(users.role)
        self.users, self.first_user = users, first_user
        self.first_visitor = first_user * VISITORS_PER_USER
        self.first_shared = world_size * VISITORS_PER_USER
        self.known_at = known_from_the_start(users)
        self.named_at = np.full(count * VISITORS_PER_USER, NEVER)
        self.first_at = np.full(count * VISITORS_PER_USER, NEVER)
        self.shared: list[np.ndarray] = [np.empty((0, 2), np.int64)]

    def name(self, events: Events) -> tuple[Events, np.ndarray]:
        """Return events with their logins, and which are nameless on shared devices."""
        user = events.user - self.first_user
        has_device = events.visitor != NO_VISITOR
        is_shared = events.visitor >= self.first_shared
        own = np.flatnonzero(has_device & ~is_shared)
        device = events.visitor[own] - self.first_visitor
        names = has_device & (NAMES[events.kind] | (events.channel == EMAIL))

        np.minimum.at(self.known_at, user[names], events.at[names])
        np.minimum.at(self.first_at, device, events.at[own])
        naming = names[own]
        np.minimum.at(self.named_at, device[naming], events.at[own][naming])

        is_named = ~has_device
        is_named[own] = events.at[own] >= self.named_at[device]
        shared = np.flatnonzero(is_shared)
        is_named[shared] = self.names_on_shared(events.pick(shared), names[shared])
        logins = np.where(
            is_named, login(user, events.at, self.users, self.first_user), NO_LOGIN
        )
        return events._replace(login=logins.astype(np.int32)), is_shared & ~is_named

    def names_on_shared(self, events: Events, names: np.ndarray) -> np.ndarray:
        """Return which events of shared devices come after a login in their session."""
        seen = np.stack([events.visitor, events.user], axis=1).astype(np.int64)
        self.shared.append(np.unique(seen, axis=0))
        _, session = np.unique(events.session, return_inverse=True)
        named_at = np.full(len(session), NEVER)
        np.minimum.at(named_at, session[names], events.at[names])
        return events.at >= named_at[session]

    def result(self) -> Sightings:
        """Return what was seen."""
        shared = np.unique(np.concatenate(self.shared), axis=0)
        return Sightings(self.known_at, self.named_at, self.first_at, shared)


def known_from_the_start(users: Users) -> np.ndarray:
    """Return since when users are known, as far as that needs no visit: -1 or NEVER.

    By an account, by the list of a newsletter, which they are on when they first come,
    or because nothing but their attributes is known.
    """
    known_at = users.account_at.copy()
    has_no_visits = users.visits_per_day == 0
    known_at[has_no_visits | (users.role == Role.SCRIPT)] = -1
    arrives_at = np.maximum(users.arrival_day * DAY, -1)
    return np.where(users.reads_newsletter, np.minimum(known_at, arrives_at), known_at)
