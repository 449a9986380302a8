"""The simulated people of a rehearsal: how soon they answer a page, how often they miss one, how they work on a ticket.

Each random draw belongs to one question about one ticket. So two rehearsals with the same seed differ only by the
change: the same person misses the same page today and with the proposal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from oncall.errors import Refused

NIGHT_BEGINS, NIGHT_ENDS = time(23), time(7)
"""The local hours in which a page wakes a person: from 23:00 until just before 07:00 in the person's time zone."""

_SECOND = timedelta(seconds=1)
_LONGEST = timedelta(days=60)


def is_night(at: datetime, zone: ZoneInfo) -> bool:
    """Return True if `at` (aware) is between 23:00 and 07:00 in `zone`."""
    clock = at.astimezone(zone).time()
    return clock >= NIGHT_BEGINS or clock < NIGHT_ENDS


@dataclass(frozen=True, slots=True)
class Delay:
    """A random delay with a lognormal distribution: half of the draws are up to `median`.

    spread: the standard deviation of its logarithm.
    """

    median: timedelta
    spread: float = 0.6

    def drawn(self, random: Random) -> timedelta:
        """Draw a delay, in whole seconds. A median of zero always gives zero."""
        if not self.median:
            return timedelta(0)
        factor = math.exp(min(self.spread * random.gauss(0, 1), 20.0))
        return round(min(self.median / _SECOND * factor, _LONGEST / _SECOND)) * _SECOND


@dataclass(frozen=True, slots=True)
class Answering:
    """How a person answers pages.

    missed: the probability that the person misses a page. within: the delay until the person takes a noticed page.
    """

    within: Delay
    missed: float

    def __post_init__(self) -> None:
        if not 0 <= self.missed <= 1:
            raise Refused(f"a chance of a missed page of {self.missed:g} cannot be; write a number from 0 to 1")


@dataclass(frozen=True, slots=True)
class Working:
    """How people work on a ticket that they own. Delays count only while people work on such tickets.

    chat: the probability that the customer writes back after a reply. reopened: that the customer reopens the ticket.
    """

    first_reply: Delay
    next_reply: Delay
    update: Delay
    solved: Delay
    customer: Delay
    chat: float
    reopened: float


def _minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def _hours(count: float) -> timedelta:
    return timedelta(hours=count)


URGENT_WORK = Working(
    first_reply=Delay(_minutes(10)),
    next_reply=Delay(_minutes(25)),
    update=Delay(_minutes(75), 0.4),
    solved=Delay(_hours(3), 0.8),
    customer=Delay(_minutes(40)),
    chat=0.5,
    reopened=0.02,
)
ORDINARY_WORK = Working(
    first_reply=Delay(_hours(1.5), 0.8),
    next_reply=Delay(_hours(3), 0.8),
    update=Delay(_hours(8), 0.4),
    solved=Delay(_hours(12), 0.8),
    customer=Delay(_hours(4), 0.8),
    chat=0.5,
    reopened=0.02,
)


@dataclass(frozen=True, slots=True)
class People:
    """The habits of all simulated people.

    urgent: the work on tickets that page, day and night. ordinary: the work on other tickets, in business hours. desk:
    how the desk takes tickets from its list while it is open.
    """

    day: Answering = Answering(Delay(_minutes(2)), 0.05)
    night: Answering = Answering(Delay(_minutes(4)), 0.2)
    desk: Answering = Answering(Delay(_minutes(6)), 0.02)
    urgent: Working = field(default=URGENT_WORK)
    ordinary: Working = field(default=ORDINARY_WORK)

    def answering(self, at: datetime, zone: ZoneInfo) -> Answering:
        """Return how a person whose time zone is `zone` answers a page at `at` (aware UTC)."""
        return self.night if is_night(at, zone) else self.day


def dice(seed: int, *question: object) -> Random:
    """Return a random source for one question, like (ticket, "page", round, step).

    It is the same in every rehearsal.
    """
    return Random("/".join(map(str, (seed, *question))))  # noqa: S311
