"""Findings of `oncall doctor` about engineers who are on call although they are away."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from oncall.paging.watch.doctor_inputs import Facts, Stored
from oncall.paging.watch.finding import Finding, warns
from oncall.schedule.absent_on_call import absent_by_change, absent_by_entry, published_availability


def absent_on_call(facts: Facts, stored: Stored) -> Iterator[Finding]:
    """Yield a warning for each change by which an absent engineer is on call, and for each absence without a cover."""
    availability = partial(published_availability, stored.schedule)
    by_change = absent_by_change(stored.schedule, facts.now, availability)
    for sentence in [*by_change, *absent_by_entry(stored.schedule, facts.now)]:
        yield warns("absent", f"{sentence}.")
