"""The words of the synthetic world: its event types, pages, channels and devices."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

PICKS = 256  # Entries of a table that a random byte chooses from.


class Kind(IntEnum):
    """What happened; the name in lower case is the event's name in the files."""

    PAGE_VIEW = 0
    PRICING_PAGE_VIEW = 1
    CAREERS_PAGE_VIEW = 2
    SEARCH = 3
    CHAT_STARTED = 4
    DOCUMENT_DOWNLOADED = 5
    SIGNUP = 6
    DEMO_REQUESTED = 7
    CALENDAR_BOOKED = 8
    FEATURE_USED = 9
    CORE_FEATURE_USED = 10
    EMAIL_OPENED = 11
    EMAIL_CLICKED = 12
    EMAIL_UNSUBSCRIBED = 13
    SUBSCRIPTION_STARTED = 14
    EMAIL_SENT = 15


# The most a user and day that have an effect. These are the limits of the default
# control panel, but not read from it: the truth does not change with the panel.
DAILY_LIMITS = {
    Kind.PAGE_VIEW: 3,
    Kind.PRICING_PAGE_VIEW: 1,
    Kind.CAREERS_PAGE_VIEW: 1,
    Kind.SEARCH: 10,
    Kind.CHAT_STARTED: 3,
    Kind.DOCUMENT_DOWNLOADED: 5,
    Kind.SIGNUP: 1,
    Kind.DEMO_REQUESTED: 1,
    Kind.CALENDAR_BOOKED: 1,
    Kind.CORE_FEATURE_USED: 20,
    Kind.EMAIL_OPENED: 1,
    Kind.EMAIL_CLICKED: 3,
    Kind.EMAIL_UNSUBSCRIBED: 1,
    Kind.SUBSCRIPTION_STARTED: 1,
}

DEVICES = ("desktop", "mobile", "tablet")
CHANNELS = (
    "direct",
    "organic",
    "paid",
    "referral",
    "social",
    "email",
    "app",
    "billing",
)
# How visits come to the site; the other channels are not visits.
VISIT_CHANNEL_SHARES = {
    "direct": 0.30,
    "organic": 0.38,
    "paid": 0.13,
    "referral": 0.11,
    "social": 0.08,
}

# Paths and how often each is seen, by the kind of event; a click has the page that its
# link leads to, other events of e-mails have none.
PAGES: dict[Kind, dict[str, float]] = {
    Kind.PAGE_VIEW: {
        "/": 24,
        "/product": 12,
        "/product/reports": 7,
        "/product/integrations": 8,
        "/product/security": 4,
        "/solutions/marketing": 5,
        "/solutions/sales": 5,
        "/customers": 6,
        "/customers/case-study": 4,
        "/blog": 7,
        "/blog/how-to-measure-activation": 5,
        "/blog/what-is-product-led-growth": 4,
        "/docs": 6,
        "/docs/getting-started": 5,
        "/docs/api": 4,
        "/about": 2,
        "/contact": 2,
    },
    Kind.PRICING_PAGE_VIEW: {"/pricing": 9, "/pricing/compare": 3},
    Kind.CAREERS_PAGE_VIEW: {"/careers": 5, "/careers/openings": 4},
    Kind.SEARCH: {"/search": 1},
    Kind.CHAT_STARTED: {"/pricing": 3, "/contact": 2, "/product": 2, "/docs": 1},
    Kind.DOCUMENT_DOWNLOADED: {
        "/resources/buyers-guide": 4,
        "/resources/security-white-paper": 3,
        "/resources/case-study": 3,
        "/resources/data-sheet": 2,
    },
    Kind.SIGNUP: {"/signup": 1},
    Kind.DEMO_REQUESTED: {"/demo": 1},
    Kind.CALENDAR_BOOKED: {"/book-a-call": 1},
    Kind.FEATURE_USED: {
        "/app/home": 6,
        "/app/contacts": 5,
        "/app/import": 3,
        "/app/dashboards": 5,
        "/app/settings": 2,
        "/app/team": 2,
    },
    Kind.CORE_FEATURE_USED: {"/app/reports": 1},
    Kind.EMAIL_CLICKED: {
        "/product/reports": 6,
        "/customers/case-study": 5,
        "/blog/how-to-measure-activation": 5,
        "/blog/what-is-product-led-growth": 4,
        "/resources/buyers-guide": 3,
        "/docs/getting-started": 3,
        "/pricing": 3,
    },
    Kind.SUBSCRIPTION_STARTED: {"/checkout": 1},
}
# What people do by themselves; neither the outcome nor what is done to them.
NO_BEHAVIOUR = (Kind.SUBSCRIPTION_STARTED, Kind.EMAIL_SENT)

PATHS = tuple(sorted({path for pages in PAGES.values() for path in pages}))
NO_PAGE = -1
NO_SESSION = -1
NO_DURATION = -1
NO_LOGIN = -1
NO_VISITOR = -1
NO_AGENT = -1
NOBODY = -1


def event_names() -> list[str]:
    """Return the names of events in the files, in the order of `Kind`."""
    return [kind.name.lower() for kind in Kind]


def picks(shares: dict[str, float], values: tuple[str, ...]) -> np.ndarray:
    """Return positions in `values`, each as often as its share of `PICKS`."""
    limits = np.cumsum([shares[name] for name in shares])
    chosen = np.searchsorted(
        limits, (np.arange(PICKS) + 0.5) / PICKS * limits[-1], side="right"
    )
    return np.array([values.index(name) for name in shares])[chosen]


def page_picks() -> np.ndarray:
    """Return a row a kind of `PICKS` positions in `PATHS`, or `NO_PAGE`."""
    rows = np.full((len(Kind), PICKS), NO_PAGE, np.int8)
    for kind, pages in PAGES.items():
        rows[kind] = picks(pages, PATHS)
    return rows
