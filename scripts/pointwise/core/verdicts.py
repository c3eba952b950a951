"""Verdicts: what became of a person once somebody acted, as types of events.

They are `contact_event_types` by default: events that say what your side did, which
feed no feature and make nobody active. A file of events may hold them, too, and
the results page writes one at a click.
"""

from __future__ import annotations

# What a verdict is called, and what it says about the person, in the order of the page.
VERDICTS = {
    "contacted": ("Contacted", "Somebody called or wrote"),
    "connected": ("Connected", "A conversation came of it: the list was right"),
    "not_now": ("Not now", "The person fits, and asked to be left alone for a while"),
    "not_a_fit": ("Not a fit", "The list was wrong"),
    "won": ("Won", "The deal is closed"),
}
# By these people ask for contact, unless `hand_raise_event_types` says otherwise.
HAND_RAISES = ("calendar_booked", "demo_requested")
# People with these verdicts are in no list any more; after the others people rest.
FOR_GOOD = ("not_a_fit", "won")
# How long, in days, where their band does not say it.
REST_DAYS = 28


def verdict_terms() -> dict[str, list[str] | int]:
    """Return all this for SQL: names in their order, those for good, days of rest."""
    return {"names": [*VERDICTS], "for_good": [*FOR_GOOD], "rest_days": REST_DAYS}
