"""Scanners of e-mail: they open it within seconds, and follow every link at once."""

from __future__ import annotations

import numpy as np

from pointwise.synthetic.events import Events, concatenate, make_events
from pointwise.synthetic.population import Users
from pointwise.synthetic.rhythm import SECOND
from pointwise.synthetic.user_agents import browsers
from pointwise.synthetic.vocabulary import (
    CHANNELS,
    NO_DURATION,
    NO_PAGE,
    NO_SESSION,
    PAGES,
    PATHS,
    Kind,
)

SCANS = 0.5  # Of the e-mails to people of a company that has a scanner.
FEWEST_LINKS, MOST_LINKS = 2, 4
LINKS = np.array([PATHS.index(path) for path in PAGES[Kind.EMAIL_CLICKED]])
SCANNER_MACHINE = 7  # They all come from the same browser,
DESKTOP = 0  # on the same kind of machine.


def scan(
    recipient: np.ndarray,
    sent_at: np.ndarray,
    users: Users,
    first_user: int,
    random: np.random.Generator,
) -> Events:
    """Return what scanners do to e-mails, in the name of the recipient."""
    scans = users.has_scanner[recipient] & (random.random(len(recipient)) < SCANS)
    user, count = first_user + recipient[scans], int(scans.sum())
    opened_at = sent_at[scans] + random.integers(SECOND, 8 * SECOND, count)
    links = random.integers(FEWEST_LINKS, MOST_LINKS + 1, count)
    mail = np.repeat(np.arange(count), links)
    nth_link = np.arange(len(mail)) - np.repeat(np.cumsum(links) - links, links)
    first_link = random.integers(0, len(LINKS), count)
    clicked_at = opened_at + random.integers(SECOND // 5, 2 * SECOND, count)

    def events_of(
        kind: Kind, user: np.ndarray, at: np.ndarray, page: np.ndarray | int
    ) -> Events:
        return make_events(
            user=user,
            at=at,
            kind=kind,
            session=NO_SESSION,
            page=page,
            duration=NO_DURATION,
            channel=CHANNELS.index("email"),
            device=DESKTOP,
            agent=int(browsers(np.array([SCANNER_MACHINE]), DESKTOP)[0]),
        )

    return concatenate(
        [
            events_of(Kind.EMAIL_OPENED, user, opened_at, NO_PAGE),
            events_of(
                Kind.EMAIL_CLICKED,
                user[mail],
                clicked_at[mail] + random.integers(0, SECOND - 100, len(mail)),
                LINKS[(first_link[mail] + nth_link) % len(LINKS)],
            ),
        ]
    )
