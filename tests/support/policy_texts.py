"""A small policy as text, and functions that break it."""

from __future__ import annotations

import pytest

from oncall.errors import FileFaults
from oncall.support.policy_file import policy_from_text

SMALL = """\
name: small
timezone: Europe/London
business_hours: mon-fri 08:00-19:00
on_call: {weeknight: mon-thu 19:01-07:59, weekend: fri 19:01 - mon 07:59}
impacts:
  urgent: {definition: down, pages: true}
  low: {definition: a question, pages: false}
plans:
  std:
    short_name: STD
    promises:
      urgent: {coverage: 24x7, first_reply: 60m calendar, next_reply: 2h calendar, periodic_update: 4h calendar}
      low: {coverage: business, first_reply: 8h coverage, next_reply: 9h coverage, periodic_update: 10h coverage}
  pro:
    short_name: PRO
    faster_than: std
    promises:
      urgent: {coverage: 24x7, first_reply: 50m coverage, next_reply: 1h coverage, periodic_update: 2h coverage}
      low: {coverage: 24x5, first_reply: 4h coverage, next_reply: 5h calendar, periodic_update: 6h coverage}
escalation:
  repeat_every: 30m
  desk_after: 15m
  steps:
    - {notify: primary, channel: sms, after: 0m}
    - {notify: secondary, channel: voice, after: 20%}
"""


def refusal(text: str) -> str:
    """Return the whole refusal of a policy text."""
    with pytest.raises(FileFaults) as refused:
        policy_from_text(text, "p.yaml")
    return str(refused.value)


def spoiled(*changes: tuple[str, str]) -> str:
    """Return the refusal of the small policy with these texts changed."""
    text = SMALL
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return refusal(text)


def hours(business: str, on_call: str) -> str:
    """The small policy with other hours."""
    return SMALL.replace("business_hours: mon-fri 08:00-19:00", f"business_hours: {business}").replace(
        "{weeknight: mon-thu 19:01-07:59, weekend: fri 19:01 - mon 07:59}", on_call
    )


def minute(day: int, hour: int, minutes: int) -> int:
    """The minute of the week, Monday 00:00 being 0."""
    return (day * 24 + hour) * 60 + minutes
