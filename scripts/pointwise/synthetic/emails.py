"""The weekly e-mail: who gets it, opens it, clicks, wants no more of it.

A scanner of the company may have opened it before, and followed its links.
"""

from __future__ import annotations

import numpy as np

from pointwise.synthetic.events import Events, concatenate, make_events, no_events
from pointwise.synthetic.population import Users
from pointwise.synthetic.rhythm import (
    DAY,
    HOUR,
    MACHINE_OPEN_DELAYS,
    NEVER,
    OPEN_DELAYS,
    READING_TIMES,
    draw,
)
from pointwise.synthetic.scanners import scan
from pointwise.synthetic.sessions import EMAIL, PAGE_PICKS, Period, Starts, State
from pointwise.synthetic.user_agents import MAIL_PROGRAM_AGENT, browsers
from pointwise.synthetic.vocabulary import (
    NO_AGENT,
    NO_DURATION,
    NO_PAGE,
    NO_SESSION,
    PICKS,
    Kind,
)

SENT_ON = 1  # Tuesday,
SENT_AT = 8 * HOUR  # UTC, and over the next two hours.
SENDING_TIME = 2 * HOUR
MACHINE_OPENS = 0.9
CLICK_LEADS_TO_VISIT = 0.8


def emails(
    users: Users,
    state: State,
    period: Period,
    first_user: int,
    random: np.random.Generator,
) -> tuple[Events, Events, Events, Starts]:
    """Return what happens to e-mails, and the visits after clicks.

    What happens is by people (and the sending), by mail programs, and by scanners.
    Notes who unsubscribes in the state.
    """
    by_people: list[Events] = [no_events()]
    by_programs: list[Events] = [no_events()]
    by_scanners: list[Events] = [no_events()]
    click_users, click_times = [np.empty(0, np.int64)], [np.empty(0, np.int64)]

    def events_of(
        kind: Kind,
        user: np.ndarray,
        at: np.ndarray,
        agent: np.ndarray | int,
        page: np.ndarray | int = NO_PAGE,
    ) -> Events:
        return make_events(
            user=first_user + user,
            at=at,
            kind=kind,
            session=NO_SESSION,
            page=page,
            duration=NO_DURATION,
            channel=EMAIL,
            device=users.device[user],
            agent=agent,
        )

    for day in np.flatnonzero(period.weekdays == SENT_ON):
        sent_at = (period.first_day + day) * DAY + SENT_AT
        gets_mail = (
            ((state.account_at < sent_at) | users.reads_newsletter)
            & (state.unsubscribed_at == NEVER)
            & (period.first_day + day >= users.arrival_day)
            & (users.visits_per_day > 0)
        )
        user = np.flatnonzero(gets_mail)
        at = sent_at + random.integers(0, SENDING_TIME, len(user))
        by_people.append(events_of(Kind.EMAIL_SENT, user, at, NO_AGENT))
        by_scanners.append(scan(user, at, users, first_user, random))
        intent, presence = period.intent[user, day], period.presence[user, day]

        machine = users.has_machine_opens[user] & (
            random.random(len(user)) < MACHINE_OPENS
        )
        opened_at = at[machine] + draw(MACHINE_OPEN_DELAYS, int(machine.sum()), random)
        by_programs.append(
            events_of(Kind.EMAIL_OPENED, user[machine], opened_at, MAIL_PROGRAM_AGENT)
        )

        chance = np.minimum(0.24 * np.exp(0.3 * intent), 0.9) * (0.2 + 0.8 * presence)
        opens = random.random(len(user)) < chance
        user, intent = user[opens], intent[opens]
        opened_at = at[opens] + draw(OPEN_DELAYS, len(user), random)
        agent = browsers(first_user + user, users.device[user])
        by_people.append(events_of(Kind.EMAIL_OPENED, user, opened_at, agent))

        clicks = random.random(len(user)) < np.minimum(0.13 * np.exp(0.4 * intent), 0.8)
        clicked_at = opened_at + draw(READING_TIMES, len(user), random)
        page = PAGE_PICKS[
            Kind.EMAIL_CLICKED, random.integers(0, PICKS, len(user), dtype=np.uint8)
        ]
        by_people.append(
            events_of(
                Kind.EMAIL_CLICKED,
                user[clicks],
                clicked_at[clicks],
                agent[clicks],
                page[clicks],
            )
        )
        visits = clicks & (random.random(len(user)) < CLICK_LEADS_TO_VISIT)
        click_users.append(user[visits])
        click_times.append(
            clicked_at[visits] + draw(READING_TIMES, len(user), random)[visits] // 8
        )

        leaves = random.random(len(user)) < 0.012 * np.exp(-0.4 * intent)
        leaves &= ~clicks
        state.unsubscribed_at[user[leaves]] = clicked_at[leaves]
        by_people.append(
            events_of(
                Kind.EMAIL_UNSUBSCRIBED,
                user[leaves],
                clicked_at[leaves],
                agent[leaves],
            )
        )

    user = np.concatenate(click_users)
    starts = Starts(user, np.concatenate(click_times), np.full(len(user), EMAIL))
    return (
        concatenate(by_people),
        concatenate(by_programs),
        concatenate(by_scanners),
        starts,
    )
