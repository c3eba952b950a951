"""Devices and accounts of people: which they have, and which they use for a session.

A device is known by the id in its cookies: clear them, and it is another visitor. Some
devices are used by two people of a company or household; some people have had another
account, under another id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pointwise.synthetic.rhythm import DAY, NEVER
from pointwise.synthetic.vocabulary import DEVICES, NO_LOGIN, NO_VISITOR

if TYPE_CHECKING:
    from pointwise.synthetic.population import Users

# A person's devices: the usual one, one of another form, a second computer; each is a
# second visitor once its cookies are cleared.
USUAL, OTHER, SECOND = range(3)
VISITORS_PER_USER = 8
OTHER_DEVICE = 0.12  # Sessions on a device of another form than the usual one.
SECOND_COMPUTER = 0.3  # Have one, and use it
SECOND_COMPUTER_USE = 0.25  # of their sessions.
CLEARS_COOKIES = 0.35
SHARED_AT_WORK = 0.010  # Pairs with a shared device, by person.
SHARED_AT_HOME = 0.006
SHARED_USE = 0.3  # Sessions of both on it.
OLD_LOGINS = 0.06  # Of people with an account before the first day.


def draw_devices(
    group: np.ndarray,
    is_employed: np.ndarray,
    has_events: np.ndarray,
    has_account: np.ndarray,
    city: np.ndarray,
    days: int,
    random: np.random.Generator,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the columns of `Users` about devices, and the cities people live in.

    People of the same `group` may share a device; who shares one at home lives in the
    same city.
    """
    count = len(group)
    shared_visitor = np.full(count, NO_VISITOR)
    shared_device = np.zeros(count, np.int8)
    city = city.copy()
    first = count * VISITORS_PER_USER
    for at_work, share, device in (
        (True, SHARED_AT_WORK, "desktop"),
        (False, SHARED_AT_HOME, "tablet"),
    ):
        who = np.flatnonzero(has_events & (group >= 0) & (is_employed == at_work))
        pairs = draw_pairs(who, group, round(share * count), not at_work, random)
        shared_visitor[pairs] = first + np.arange(len(pairs))[:, None]
        shared_device[pairs] = DEVICES.index(device)
        first += len(pairs)
        if not at_work:
            city[pairs[:, 1]] = city[pairs[:, 0]]

    clears = random.random(count) < CLEARS_COOKIES
    cleared_at = np.where(clears, random.integers(0, days * DAY, count), NEVER)
    has_old = has_account & has_events & (random.random(count) < OLD_LOGINS)
    old_login = np.full(count, NO_LOGIN)
    old_login[has_old] = count + np.arange(has_old.sum())
    until = (days * DAY * (0.2 + 0.5 * random.random(count))).astype(np.int64)
    columns = {
        "has_second_computer": random.random(count) < SECOND_COMPUTER,
        "cookies_cleared_at": cleared_at,
        "shared_visitor": shared_visitor,
        "shared_device": shared_device,
        "old_login": old_login,
        "old_login_until": np.where(has_old, until, NEVER),
    }
    return columns, city


def draw_pairs(
    who: np.ndarray,
    group: np.ndarray,
    wanted: int,
    many_of_a_group: bool,
    random: np.random.Generator,
) -> np.ndarray:
    """Return pairs of people of a group, each person in one at most: a row a pair."""
    order = random.permutation(who)
    order = order[np.argsort(group[order], kind="stable")]
    groups = group[order]
    is_first = np.append(True, groups[1:] != groups[:-1])[: len(groups)]
    rank = np.arange(len(groups)) - np.maximum.accumulate(
        np.where(is_first, np.arange(len(groups)), 0)
    )
    starts = rank % 2 == 0 if many_of_a_group else rank == 0
    starts = np.flatnonzero(starts[:-1] & (groups[1:] == groups[:-1]))
    starts = random.permutation(starts)[:wanted]
    return np.stack([order[starts], order[starts + 1]], axis=1)


def choose_devices(
    user: np.ndarray,
    at: np.ndarray,
    users: Users,
    first_user: int,
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return form of the device, and visitor, of each session of users of a block."""
    chance = random.random(len(user))
    usual = users.device[user]
    is_other = chance < OTHER_DEVICE
    is_second = users.has_second_computer[user] & (chance > 1 - SECOND_COMPUTER_USE)
    slot = np.where(is_other, OTHER, np.where(is_second, SECOND, USUAL))
    device = np.where(is_other, (usual == 0).astype(np.int8), usual)
    device = np.where(is_second, np.int8(0), device)
    visitor = own_visitor(user, at, slot, users, first_user)

    shared = users.shared_visitor[user]
    is_shared = (shared != NO_VISITOR) & (random.random(len(user)) < SHARED_USE)
    device = np.where(is_shared, users.shared_device[user], device)
    return device, np.where(is_shared, shared, visitor)


def own_visitor(
    user: np.ndarray,
    at: np.ndarray,
    slot: np.ndarray | int,
    users: Users,
    first_user: int,
) -> np.ndarray:
    """Return the visitor that a person's own device is at a moment."""
    is_cleared = at >= users.cookies_cleared_at[user]
    return (first_user + user) * VISITORS_PER_USER + 2 * slot + is_cleared


def login(
    user: np.ndarray, at: np.ndarray, users: Users, first_user: int
) -> np.ndarray:
    """Return the id under which each person is known at a moment, by position."""
    is_old = at < users.old_login_until[user]
    is_old &= users.old_login[user] != NO_LOGIN
    return np.where(is_old, users.old_login[user], first_user + user)
