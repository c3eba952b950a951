"""The error that a person can act on."""

from __future__ import annotations


class PointwiseError(Exception):
    """What happened, where, and what to do: one line that a person can act on."""
