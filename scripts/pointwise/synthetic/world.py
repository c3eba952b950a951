"""The world from its first day to its last, block of users by block of users."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from pointwise.synthetic.calendar import Calendar
from pointwise.synthetic.companies import Companies
from pointwise.synthetic.deliveries import Deliveries, Mark, deliver
from pointwise.synthetic.devices import USUAL, VISITORS_PER_USER, own_visitor
from pointwise.synthetic.emails import emails
from pointwise.synthetic.events import Events, concatenate, make_events
from pointwise.synthetic.history import History
from pointwise.synthetic.identifiers import hash_texts
from pointwise.synthetic.machines import Fleet, MachineVisitors
from pointwise.synthetic.naming import Naming, Sightings
from pointwise.synthetic.outcomes import (
    EFFECTS,
    HORIZON_DAYS,
    LOOK_BACK_DAYS,
    contribution,
    features_as_of,
    log_odds,
    probability,
    strengths,
)
from pointwise.synthetic.pools import Pools, draw_pools
from pointwise.synthetic.population import Role, Users, draw_users, user_ids
from pointwise.synthetic.rhythm import CHECKOUT_TIMES, DAY, NEVER, draw, draw_moments
from pointwise.synthetic.sessions import (
    VISITS_AFTER_LEAVING,
    Period,
    State,
    concatenate_starts,
    use_events,
    use_starts,
    visit_events,
    visit_starts,
)
from pointwise.synthetic.user_agents import browsers
from pointwise.synthetic.vocabulary import (
    CHANNELS,
    NO_AGENT,
    NO_DURATION,
    NO_VISITOR,
    PATHS,
    Kind,
)

BLOCK = 8192  # Users simulated together; part of what a seed means.
MEMORY_DAYS = 25.0  # Intent is forgotten to a third in this time.
SPREAD_OF_INTENT = 0.9
EXCITEMENT = 1.0  # What a newcomer's intent is above their usual,
EXCITEMENT_DAYS = 14.0  # falling to a third in this time.


class Draws(NamedTuple):
    """Users as of a draw date who were active and no customers; an entry a user."""

    user: np.ndarray
    day: np.ndarray
    log_odds: np.ndarray
    probability: np.ndarray
    converted_at: np.ndarray  # NEVER: not within the horizon.


class EffectSums(NamedTuple):
    """Sums over people at the default snapshots, an entry an effect."""

    people: np.ndarray
    present: np.ndarray
    total: np.ndarray
    squares: np.ndarray


class Block(NamedTuple):
    """What happened to a block of users."""

    state: State
    draws: list[Draws]
    effects: EffectSums
    sightings: Sightings
    first_sightings: Sightings  # As they were before any day was added.
    machines: MachineVisitors


Happening = Iterator[tuple[Events, np.ndarray]]


class World:
    """A world to be: its users are drawn, its events come period by period."""

    def __init__(self, users: int, calendar: Calendar, seed: int) -> None:
        population_seed, id_seed, self.link_seed, *self.block_seeds = (
            np.random.SeedSequence(seed).spawn(3 + -(-users // BLOCK))
        )
        self.event_seed, self.session_seed, self.visitor_seed = (
            int(value) for value in id_seed.generate_state(3, np.uint64)
        )
        self.calendar = calendar
        self.pools: Pools = draw_pools()
        self.users: Users
        self.companies: Companies
        self.users, self.companies = draw_users(
            users,
            calendar.days,
            self.pools,
            np.random.default_rng(population_seed),
        )
        self.size = users
        self.user_ids = pa.array(user_ids(self.users))

    @property
    def steps(self) -> int:
        """Return how many times `simulate` reports progress."""
        return len(self.block_seeds) * len(self.calendar.periods())

    @property
    def first_machine(self) -> int:
        """Return the number of the first visitor that is nobody's device."""
        own = self.size * VISITORS_PER_USER
        return max(own, int(self.users.shared_visitor.max()) + 1)

    def visitor_ids(self, visitor: np.ndarray) -> pa.Array:
        """Return the ids of visitors, such as are in a cookie."""
        return hash_texts(visitor, self.visitor_seed, "a")

    def simulate(
        self, receive: Callable[[Deliveries], None], step: Callable[[], None]
    ) -> list[Block]:
        """Let everything happen; hands rows to `receive` as they come."""
        blocks: list[Block] = []
        going_on: list[tuple[Simulation, Happening]] = []
        added = self.calendar.added_days
        events = sessions = 0
        visitors = self.first_machine

        def go_on(
            simulation: Simulation, happening: Happening, periods: int | None
        ) -> None:
            nonlocal events, sessions, visitors
            for happened, marks in islice(happening, periods):
                rows = deliver(happened, marks, events, simulation.random)
                events += len(rows.number)
                receive(rows)
                step()
            sessions = simulation.state.sessions
            visitors = simulation.fleet.visitors

        for number, seed in enumerate(self.block_seeds):
            random = np.random.default_rng(seed)
            first_user = number * BLOCK
            users = self.users[first_user : first_user + BLOCK]
            simulation = Simulation(users, first_user, self, random, sessions, visitors)
            happening = simulation.run()
            if added:
                go_on(simulation, happening, len(self.calendar.periods()) - added)
                simulation.remember()
                going_on.append((simulation, happening))
            else:
                go_on(simulation, happening, None)
                blocks.append(simulation.result())
        # Added days come after all blocks, so that they change no earlier number.
        for day in range(added):
            for simulation, happening in going_on:
                simulation.state.sessions = sessions
                simulation.fleet.visitors = visitors
                go_on(simulation, happening, 1 if day < added - 1 else None)
        return blocks or [simulation.result() for simulation, _ in going_on]


class Simulation:
    """A block of users through all periods."""

    def __init__(
        self,
        users: Users,
        first_user: int,
        world: World,
        random: np.random.Generator,
        sessions: int,
        visitors: int,
    ) -> None:
        calendar = world.calendar
        count = len(users.country)
        self.users, self.first_user = users, first_user
        self.calendar, self.random = calendar, random
        self.history = History(count, calendar.all_days)
        never = np.full(count, NEVER)
        self.state = State(
            intent=users.mean_intent + SPREAD_OF_INTENT * random.standard_normal(count),
            account_at=users.account_at.copy(),
            demo_at=never.copy(),
            unsubscribed_at=never.copy(),
            customer_at=never.copy(),
            sessions=sessions,
        )
        self.naming = Naming(users, first_user, world.size)
        scripts = first_user + np.flatnonzero(users.role == Role.SCRIPT)
        self.fleet = Fleet(count, scripts, calendar.days, visitors, random)
        self.draws: list[Draws] = []
        self.effects = EffectSums(*np.zeros((4, len(EFFECTS))))
        self.first_sightings: Sightings | None = None

    def run(self) -> Happening:
        """Yield the events of each period, with marks; draw outcomes in between."""
        for first_day, end_day in self.calendar.periods():
            happened, marks = self.period_events(first_day, end_day)
            inside = happened.at < self.end_of(end_day)
            happened, marks = happened.pick(inside), marks[inside]
            happened, is_of_either = self.naming.name(happened)
            marks[is_of_either] |= np.uint16(Mark.SHARED_DEVICE)
            by_people = happened.pick((marks & Mark.SCANNER) == 0)
            self.history.add(by_people, self.first_user)
            visits, machine_marks = self.machine_events(first_day, end_day)
            yield concatenate([happened, visits]), np.append(marks, machine_marks)
            if end_day - 1 in self.calendar.draw_days:
                self.draw_outcomes(end_day - 1)

    def remember(self) -> None:
        """Keep who was seen where so far, before a day is added."""
        seen = self.naming.result()
        self.first_sightings = Sightings(*(column.copy() for column in seen))

    def result(self) -> Block:
        """Return what happened."""
        sightings = self.naming.result()
        return Block(
            self.state,
            self.draws,
            self.effects,
            sightings,
            self.first_sightings or sightings,
            self.fleet.result(),
        )

    def period_events(self, first_day: int, end_day: int) -> tuple[Events, np.ndarray]:
        """Return what people do in some days, what is done to their mail, and marks."""
        users, state, random, first_user = (
            self.users,
            self.state,
            self.random,
            self.first_user,
        )
        period = Period(
            first_day,
            self.calendar.weekdays(first_day, end_day),
            self.intent(first_day, end_day),
            self.presence(first_day, end_day),
        )
        checkouts = self.subscriptions(first_day, end_day)
        by_people, by_programs, by_scanners, clicks = emails(
            users, state, period, first_user, random
        )
        starts = concatenate_starts(
            [visit_starts(users, state, period, random), clicks]
        )
        on_site = visit_events(starts, users, state, period, first_user, random)
        in_product = use_events(
            use_starts(users, state, period, random),
            users,
            state,
            period,
            first_user,
            random,
        )
        parts = [
            (by_people, 0),
            (on_site, 0),
            (in_product, 0),
            (checkouts, 0),
            (by_programs, Mark.MACHINE_OPEN),
            (by_scanners, Mark.SCANNER),
        ]
        sizes = [len(events.at) for events, _ in parts]
        marks = np.repeat(np.array([mark for _, mark in parts], np.uint16), sizes)
        return concatenate([events for events, _ in parts]), marks

    def machine_events(self, first_day: int, end_day: int) -> tuple[Events, np.ndarray]:
        """Return what machines do in some days, and marks."""
        happened, marks, runs = self.fleet.events(
            first_day, end_day, self.state.sessions
        )
        self.state.sessions += runs
        inside = happened.at < self.end_of(end_day)
        return happened.pick(inside), marks[inside]

    def end_of(self, end_day: int) -> int:
        """Return when the world ends that a stretch of days was, or is, the last of."""
        return max(self.calendar.days, end_day) * DAY

    def intent(self, first_day: int, end_day: int) -> np.ndarray:
        """Return intent by user and day, and leave the state at the last day."""
        keep = np.exp(-1 / MEMORY_DAYS)
        news = SPREAD_OF_INTENT * np.sqrt(1 - keep**2)
        days = np.arange(first_day, end_day)
        intent = np.empty((len(self.state.intent), len(days)))
        steps = self.random.standard_normal((len(days), len(self.state.intent)))
        for column, step in enumerate(steps):
            self.state.intent = (
                self.users.mean_intent
                + keep * (self.state.intent - self.users.mean_intent)
                + news * step
            )
            intent[:, column] = self.state.intent
        age = days - self.users.arrival_day[:, None]
        is_new = (age >= 0) & (self.users.arrival_day >= 0)[:, None]
        intent += is_new * EXCITEMENT * np.exp(-np.maximum(age, 0) / EXCITEMENT_DAYS)
        return intent

    def presence(self, first_day: int, end_day: int) -> np.ndarray:
        """Return by user and day: 1 while they are there, 0 before, little after."""
        days = np.arange(first_day, end_day)
        has_come = days >= self.users.arrival_day[:, None]
        has_left = days >= self.users.last_day[:, None]
        return has_come * np.where(has_left, VISITS_AFTER_LEAVING, 1.0)

    def subscriptions(self, first_day: int, end_day: int) -> Events:
        """Return the outcomes that were drawn for these days, and what leads to them.

        People look at the price and, without an account, sign up, on the same day.
        """
        customer_at = self.state.customer_at
        user = np.flatnonzero(
            (customer_at >= first_day * DAY) & (customer_at < end_day * DAY)
        )
        session = self.state.sessions + np.arange(len(user))
        self.state.sessions += len(user)
        paid_at = customer_at[user]
        since_midnight = paid_at % DAY
        is_new = self.state.account_at[user] > paid_at
        looked_at = paid_at - np.minimum(
            draw(CHECKOUT_TIMES, len(user), self.random), since_midnight
        )
        signed_up_at = (looked_at + paid_at) // 2
        self.state.account_at[user[is_new]] = signed_up_at[is_new]
        everyone = np.ones(len(user), bool)
        visitor = own_visitor(user, looked_at, USUAL, self.users, self.first_user)
        agent = browsers(visitor >> 1, self.users.device[user])
        # The payment comes from the server, which knows of no device.
        steps = (
            (Kind.PRICING_PAGE_VIEW, looked_at, everyone, "/pricing", "direct"),
            (Kind.SIGNUP, signed_up_at, is_new, "/signup", "direct"),
            (Kind.SUBSCRIPTION_STARTED, paid_at, everyone, "/checkout", "billing"),
        )
        return concatenate(
            [
                make_events(
                    user=self.first_user + user[who],
                    at=at[who],
                    kind=kind,
                    session=session[who],
                    page=PATHS.index(page),
                    duration=NO_DURATION,
                    channel=CHANNELS.index(channel),
                    device=self.users.device[user[who]],
                    visitor=NO_VISITOR if channel == "billing" else visitor[who],
                    agent=NO_AGENT if channel == "billing" else agent[who],
                )
                for kind, at, who, page, channel in steps
            ]
        )

    def draw_outcomes(self, day: int) -> None:
        """Draw who subscribes within the horizon that follows a day, and when."""
        is_active = self.history.days_with_anything(day, LOOK_BACK_DAYS) > 0
        user = np.flatnonzero(is_active & (self.state.customer_at == NEVER))
        features = features_as_of(day, self.history, self.users, self.naming.known_at)
        strength = strengths({name: value[user] for name, value in features.items()})
        logit = log_odds(strength)
        is_person = self.users.is_person[user]
        chance = np.where(is_person, probability(logit), 0.0)
        logit = np.where(is_person, logit, -np.inf)

        converts = self.random.random(len(user)) < chance
        days_later = self.random.integers(1, HORIZON_DAYS + 1, len(user))
        moment = draw_moments(
            day + days_later,
            (self.calendar.first_date.weekday() + day + days_later) % 7,
            self.users.zone[user],
            self.random,
        )
        converted_at = np.where(converts, moment, NEVER)
        self.state.customer_at[user] = converted_at
        self.draws.append(
            Draws(
                self.first_user + user,
                np.full(len(user), day),
                logit,
                chance,
                converted_at,
            )
        )
        if day in self.calendar.snapshot_days:
            self.add_effects(
                {name: value[is_person] for name, value in strength.items()}
            )

    def add_effects(self, strength: dict[str, np.ndarray]) -> None:
        """Add people at a snapshot to the sums of what each effect contributes."""
        for position, item in enumerate(EFFECTS):
            adds = contribution(item.effect, strength)
            is_present = strength[item.effect] > 0
            self.effects.people[position] += len(adds)
            self.effects.present[position] += is_present.sum()
            self.effects.total[position] += adds.sum()
            self.effects.squares[position] += (adds**2).sum()
