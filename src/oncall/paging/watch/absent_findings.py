"""The doctor's findings about engineers who are away and on call by an override."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from oncall.paging.watch.doctor_inputs import Facts, Stored
from oncall.paging.watch.finding import Finding, warns
from oncall.schedule.absent_on_call import absent_by_change, published_availability


def absent_on_call(facts: Facts, stored: Stored) -> Iterator[Finding]:
    """Yield each change of the schedule by which an engineer is on call who is away by the published roster."""
    availability = partial(published_availability, stored.schedule)
    for sentence in absent_by_change(stored.schedule, facts.now, availability):
        yield warns("absent", f"{sentence}.")
