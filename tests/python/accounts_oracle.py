"""What companies come to, by brute force from docs/accounts.md; and small worlds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import strategies as st

EARLIER, TODAY = date(2026, 3, 10), date(2026, 3, 31)
HORIZON = timedelta(days=14)
NO_COMPANY = ("gmail.com", "null", "0-0")
RULES = ("call", "demo", "view")
SIZES = ("1-10", "51-200", "1001+")
Row = dict[str, object]


@dataclass(frozen=True)
class Person:
    """A person as of a day: the points by rule, days without activity, the size."""

    points: dict[str, int]
    days_since_active: int | None
    size: str | None
    is_held_out: bool = False

    @property
    def score(self) -> int:
        """The score, of which the row `limit` is a part."""
        return sum(self.points.values())


@dataclass
class World:
    """Who belonged to what since when, what people had, what a company earns."""

    members: dict[tuple[str, date | None], str]
    people: dict[tuple[str, date], Person]
    customers: dict[str, date]
    best: int
    half_life: int | None
    further: tuple[int, int | None]
    caps: dict[str, int]
    sizes: dict[str, int]
    bands: list[int] = field(default_factory=lambda: [0, 20, 60])


def said_of(world: World, person: str, day: date) -> str | None:
    """Return what the profile of a person said last, by the end of a day."""
    known = [
        (since or date.min, account)
        for (who, since), account in world.members.items()
        if who == person and (since is None or since <= day)
    ]
    return max(known)[1] if known else None


def account_of(world: World, person: str, day: date) -> str | None:
    """Return the company of a person as far as was known at the end of a day."""
    account = said_of(world, person, day)
    if account is None or account.lower() in NO_COMPANY:
        return None
    return account.lower() if "." in account else account


def weight_of(world: World, days: int) -> Decimal:
    """Return what a point counts after days without activity."""
    if world.half_life is None:
        return Decimal(1)
    weight = Decimal(0.5 ** (days / world.half_life))
    return weight.quantize(Decimal("1e-9"), ROUND_HALF_UP)


def contributions(world: World, day: date) -> dict[tuple, int]:
    """Return the points of all companies as of a day, by company, person and rule."""
    active: dict[str, list] = defaultdict(list)
    for (name, as_of), person in world.people.items():
        account = account_of(world, name, day)
        if as_of == day and account and person.days_since_active is not None:
            weight = weight_of(world, person.days_since_active)
            counts = int((person.score - 1) * weight)
            active[account].append((-counts, name, person, weight))
    found: dict[tuple, int] = {}
    for account, people in active.items():
        people.sort(key=lambda one: one[:2])
        best = [one for one in people[: world.best] if one[0] < 0]
        points = of_company(world, [one[2] for one in people], len(best))
        by_rule: dict[str, int] = defaultdict(int)
        for _, name, person, weight in best:
            for rule, count in rounded(person, weight).items():
                points[name, rule] = count
                by_rule[rule] += count
        for rule in RULES:
            most = [world.caps[name] for name in (rule, "*") if name in world.caps]
            if most and by_rule[rule] > min(most):
                points[None, f"cap:{rule}"] = min(most) - by_rule[rule]
        if sum(points.values()) < 0:
            points[None, "limit"] = -sum(points.values())
        found |= {(account, *key): count for key, count in points.items() if count}
    return found


def rounded(person: Person, weight: Decimal) -> dict[str, int]:
    """Return the points of a person by rule, rounded down as they add up."""
    found, so_far = {}, 0
    rules = {rule: p for rule, p in person.points.items() if rule != "base"}
    for rule, points in sorted(rules.items(), key=lambda one: (-one[1], one[0])):
        found[rule] = int((so_far + points) * weight) - int(so_far * weight)
        so_far += points
    return found


def of_company(world: World, people: list[Person], best: int) -> dict[tuple, int]:
    """Return what a company has as a whole: further people, and its size."""
    each, most = world.further
    further = each * (len(people) - best)
    points = {(None, "further"): further if most is None else min(further, most)}
    sizes = {p.size for p in people if p.size in world.sizes}
    if sizes:
        size = max(sizes, key=lambda s: (world.sizes[s], -SIZES.index(s)))
        points[None, f"size_{SIZES.index(size)}"] = world.sizes[size]
    return points


def band_of(world: World, score: int) -> str:
    """Return the band that a score falls in."""
    return f"from_{max(least for least in world.bands if least <= score)}"


def example(world: World, account: str, day: date) -> tuple[bool, bool]:
    """Return whether a company was a customer, and if it converted in the horizon."""
    since = [
        since
        for person, since in world.customers.items()
        if account_of(world, person, max(since, day)) == account
    ]
    # Active people count as of that day, wherever they bought.
    of_active = [
        since
        for person, since in world.customers.items()
        if account_of(world, person, day) == account and (person, day) in world.people
    ]
    first = min(since, default=date.max)
    is_converted = min([first, *of_active]) <= day + HORIZON
    return first <= day, is_converted


# -- Drawing a world -------------------------------------------------------------------

NAMES = [f"u{number}" for number in range(7)]
ACCOUNTS = ["a.com", "A.com", "b", "B", "Gmail.com", "NULL", "0-0"]
DAYS = st.sampled_from([None, *(TODAY - timedelta(days=d) for d in (60, 21, 14, 5, 0))])


@st.composite
def persons(draw: st.DrawFn, has_activity: bool) -> Person:
    """Draw a person whose score lies in 1 to 100."""
    points = draw(
        st.dictionaries(
            st.sampled_from([*RULES, "cap:web"]), st.integers(-9, 60), max_size=4
        )
    )
    points = {"base": 1, **{rule: count for rule, count in points.items() if count}}
    total = sum(points.values())
    if not 1 <= total <= 100:
        points["limit"] = min(max(total, 1), 100) - total
    days = draw(st.integers(0, 29)) if has_activity else None
    size = draw(st.sampled_from([None, *SIZES]))
    return Person(points, days, size, draw(st.booleans()))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw a world of seven people in a handful of companies."""
    members = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(NAMES), DAYS),
            st.sampled_from(ACCOUNTS),
            min_size=1,
            max_size=12,
        )
    )
    people = {}
    for name in NAMES:
        for day in (EARLIER, TODAY):
            # Nobody without activity is in a snapshot.
            if draw(st.booleans()):
                people[name, day] = draw(persons(True))
            elif day == TODAY:
                people[name, day] = draw(persons(False))
    return World(
        members=members,
        people=people,
        customers=draw(
            st.dictionaries(
                st.sampled_from(NAMES),
                st.integers(0, 60).map(lambda d: TODAY - timedelta(days=d)),
                max_size=3,
            )
        ),
        best=draw(st.integers(1, 4)),
        half_life=draw(st.sampled_from([None, 1, 7, 30])),
        further=draw(st.tuples(st.integers(0, 5), st.sampled_from([None, 0, 3, 8]))),
        caps=draw(
            st.dictionaries(
                st.sampled_from(["*", *RULES]), st.integers(0, 70), max_size=3
            )
        ),
        sizes=draw(
            st.dictionaries(st.sampled_from(SIZES), st.integers(-70, 9), max_size=3)
        ),
    )


# -- A world as rows -------------------------------------------------------------------


def account_rules(world: World) -> list[tuple]:
    """Return the rows of account_rules.csv that say what a world's companies earn.

    In the order of its columns; those that are not named are blank.
    """
    each, most = world.further
    columns = (
        *("account_rule", "measure", "applies_to", "equals", "people", "points"),
        *("max_points", "half_life_days", "reason"),
    )
    best = {"people": world.best, "half_life_days": world.half_life}
    rows = [
        {"account_rule": "best", "measure": "best_people", **best},
        {"account_rule": "further", "measure": "further_people"}
        | {"points": each, "max_points": most},
        {"account_rule": "free", "measure": "not_a_company", "equals": "gmail.com"},
    ]
    rows += [
        {"account_rule": f"cap_{place}", "measure": "rule_cap"}
        | {"applies_to": rule, "max_points": most}
        for place, (rule, most) in enumerate(world.caps.items())
    ]
    rows += [
        {"account_rule": f"size_{SIZES.index(size)}", "measure": "attribute"}
        | {"applies_to": "size", "equals": size, "points": points}
        for size, points in world.sizes.items()
    ]
    rows += [
        {"account_rule": f"from_{least}", "measure": "band", "points": least}
        for least in world.bands
    ]
    return [
        tuple(({"reason": "{value}"} | row).get(c) for c in columns) for row in rows
    ]


def rows_of(world: World) -> dict[str, list[tuple]]:
    """Return the rows of the tables that the module reads."""
    people = [(name, day, person) for (name, day), person in world.people.items()]
    since = world.customers
    found: dict[str, list[tuple]] = {
        "int_user_as_of_dates": [],
        "int_scores": [
            (name, day, person.score, person.is_held_out)
            for name, day, person in people
        ],
        "int_as_of_dates": [(TODAY, True)],
        "int_customers": [(n, TODAY, day) for n, day in since.items() if day <= TODAY],
        "stg_user_attributes": [
            (name, "account_id", known_from, account, None)
            for (name, known_from), account in world.members.items()
        ],
        "int_person_attributes": [
            (name, day, "account_id", account)
            for name, day, _ in people
            if (account := said_of(world, name, day))
        ],
        "int_persons_today": [],
        "score_contributions": [
            (name, day, rule, points, rule)
            for name, day, person in people
            for rule, points in person.points.items()
        ],
        "user_feature_values": [
            (name, day, "size", person.size) for name, day, person in people
        ],
        "user_outcomes": [],
        "scoring_rules": [(rule, rule, None) for rule in RULES],
        "account_rules": account_rules(world),
    }
    for name, day, person in people:
        age = person.days_since_active
        last = None if age is None else day - timedelta(days=age)
        is_customer = name in since and since[name] <= day
        which = (day == TODAY, day == EARLIER, last is not None, last, is_customer)
        found["int_user_as_of_dates"].append((name, day, *which))
        if day == EARLIER:
            end = day + HORIZON
            is_converted = day < since.get(name, day) <= end
            found["user_outcomes"].append((name, day, end, is_converted))
    return found
