"""The weekly e-mail: who opens it, who clicks, who wants no more of it."""

from __future__ import annotations

import numpy as np

from pointwise.synthetic.events import Events, concatenate, make_events
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
from pointwise.synthetic.sessions import EMAIL, Period, Starts, State
from pointwise.synthetic.vocabulary import NO_DURATION, NO_PAGE, NO_SESSION, Kind

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
) -> tuple[Events, Events, Starts]:
    """Return what people do with e-mails, opens by machines, and visits after clicks.

    Notes who unsubscribes in the state.
    """
    by_people: list[Events] = [no_events()]
    by_machines: list[Events] = [no_events()]
    click_users, click_times = [np.empty(0, np.int64)], [np.empty(0, np.int64)]

    def events_of(kind: Kind, user: np.ndarray, at: np.ndarray) -> Events:
        return make_events(
            user=first_user + user,
            at=at,
            kind=kind,
            session=NO_SESSION,
            page=NO_PAGE,
            duration=NO_DURATION,
            channel=EMAIL,
            device=users.device[user],
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
        intent, presence = period.intent[user, day], period.presence[user, day]

        machine = users.has_machine_opens[user] & (
            random.random(len(user)) < MACHINE_OPENS
        )
        opened_at = at[machine] + draw(MACHINE_OPEN_DELAYS, int(machine.sum()), random)
        by_machines.append(events_of(Kind.EMAIL_OPENED, user[machine], opened_at))

        chance = np.minimum(0.24 * np.exp(0.3 * intent), 0.9) * (0.2 + 0.8 * presence)
        opens = random.random(len(user)) < chance
        user, intent = user[opens], intent[opens]
        opened_at = at[opens] + draw(OPEN_DELAYS, len(user), random)
        by_people.append(events_of(Kind.EMAIL_OPENED, user, opened_at))

        clicks = random.random(len(user)) < np.minimum(0.13 * np.exp(0.4 * intent), 0.8)
        clicked_at = opened_at + draw(READING_TIMES, len(user), random)
        by_people.append(
            events_of(Kind.EMAIL_CLICKED, user[clicks], clicked_at[clicks])
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
            events_of(Kind.EMAIL_UNSUBSCRIBED, user[leaves], clicked_at[leaves])
        )

    user = np.concatenate(click_users)
    starts = Starts(user, np.concatenate(click_times), np.full(len(user), EMAIL))
    return concatenate(by_people), concatenate(by_machines), starts


def no_events() -> Events:
    """Return no events at all."""
    nothing = np.empty(0, np.int64)
    return make_events(
        user=nothing,
        at=nothing,
        kind=0,
        session=0,
        page=0,
        duration=0,
        channel=0,
        device=0,
    )
