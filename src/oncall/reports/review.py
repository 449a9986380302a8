"""The quarterly business review: one quarter of a customer, compared with the quarter before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.paging.domain.events import Acknowledged, Event, Replied, Resolved
from oncall.paging.domain.pager_events import StepFired
from oncall.paging.domain.ticket import Ticket
from oncall.paging.ports.records import TicketSpan
from oncall.paging.ports.store import ReportStore
from oncall.paging.views.customer_names import KnownCustomer, customer_meant
from oncall.reports.attainment import Cell, ClockCounts, Percentiles, Tally, percentiles, time_taken, together
from oncall.reports.quarter import Quarter
from oncall.reports.report_view_types import QuarterView, ReviewView, SlowTicketView
from oncall.reports.report_views import cell_view, counts_view, percentiles_view, seconds
from oncall.reports.sla_report import PAGE, Breach, Days, breach_view
from oncall.reports.tickets_with_clocks import Measured, tickets_with_clocks
from oncall.status.window_uptime import Uptime, uptime_of
from oncall.support.calendar import SupportCalendar
from oncall.support.clocks import SlaClock
from oncall.support.policy import Metric, Policy
from oncall.support.wording import full_time

MOST_SLOW = 10
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Week:
    """The number of tickets in one week, by impact.

    first_day: a Monday, or the quarter's first date if that is later.
    """

    first_day: date
    tickets: dict[str, int]

    @property
    def total(self) -> int:
        """Return the number of tickets in the week."""
        return sum(self.tickets.values())


@dataclass(frozen=True, slots=True)
class SlowTicket:
    """A ticket whose reply or update used up one of the largest shares of its target.

    `share`: 1 is the whole target.
    """

    ticket: Ticket
    received_at: datetime
    clock: SlaClock
    took: timedelta
    share: float
    solved_after: timedelta | None


@dataclass(frozen=True, slots=True)
class OnCallResponse:
    """How soon engineers took the tickets for which they were paged.

    paged: tickets for which a person was paged. answered: those of them that a person then took or replied to. taken:
    the times from the first page until then. escalated: tickets for which more than one person was paged. manager:
    tickets for which the manager was paged.
    """

    paged: int
    answered: int
    taken: Percentiles | None
    slowest: timedelta | None
    escalated: int
    manager: int


@dataclass(frozen=True, slots=True)
class QuarterFacts:
    """The figures of one quarter of one customer.

    plans: the plans of the tickets; without tickets, the plan that the customer bought. merged: the number of
    duplicates. resolved: the number of resolved tickets, without duplicates.
    """

    quarter: Quarter
    days: Days
    plans: tuple[str, ...]
    impacts: dict[str, int]
    weeks: tuple[Week, ...]
    cells: tuple[Cell, ...]
    breaches: tuple[Breach, ...]
    slowest: tuple[SlowTicket, ...]
    response: OnCallResponse
    resolved: int
    merged: int
    solved: Percentiles | None

    @property
    def tickets(self) -> int:
        """Return the number of tickets received in the quarter."""
        return sum(self.impacts.values())

    @property
    def counts(self) -> ClockCounts:
        """Return the sum of the counts of all cells."""
        return together(self.cells)

    def of_metric(self, metric: Metric) -> ClockCounts:
        """Return the sum of the counts of all cells with this metric."""
        return together(cell for cell in self.cells if cell.metric is metric)


@dataclass(frozen=True, slots=True)
class Review:
    """The content of `oncall report qbr`. as_of: the instant (aware UTC) for which running clocks were computed.

    customer: the name in the customers file, or else the name on the tickets. uptime: of the status page in the
    quarter; None if no status page was published.
    """

    customer: str
    as_of: datetime
    now: QuarterFacts
    before: QuarterFacts
    uptime: Uptime | None = None

    @property
    def is_over(self) -> bool:
        """Return True if the quarter is over. Before that, the review has the tickets received so far."""
        return self.now.days.window.end <= self.as_of

    def as_json(self) -> ReviewView:
        """Return the whole review as JSON."""
        zone = self.now.days.zone
        return {
            "customer": self.customer,
            "timezone": zone.key,
            "as_of": self.as_of.astimezone(zone).isoformat(),
            "is_over": self.is_over,
            "quarter": quarter_view(self.now),
            "before": quarter_view(self.before),
            "uptime": self.uptime.figures if self.uptime is not None else None,
            "uptime_parts": [figures for _, figures in self.uptime.parts] if self.uptime is not None else [],
        }


def quarter_view(facts: QuarterFacts) -> QuarterView:
    """Return one quarter as JSON. Lengths of time are in seconds, shares are 0 to 1, times are in the policy's zone."""
    zone, response = facts.days.zone, facts.response
    return {
        "name": str(facts.quarter),
        "from": facts.days.first.isoformat(),
        "to": facts.days.last.isoformat(),
        "plans": list(facts.plans),
        "tickets": facts.tickets,
        "impacts": facts.impacts,
        "weeks": [{"from": week.first_day.isoformat(), "tickets": week.tickets} for week in facts.weeks],
        "resolved": facts.resolved,
        "merged": facts.merged,
        "solved_seconds": percentiles_view(facts.solved),
        **counts_view(facts.counts),
        "cells": [cell_view(cell) for cell in facts.cells],
        "slowest": [_slow_view(slow, zone) for slow in facts.slowest],
        "on_call": {
            "paged": response.paged,
            "answered": response.answered,
            "escalated": response.escalated,
            "manager": response.manager,
            "taken_seconds": percentiles_view(response.taken),
            "slowest_seconds": seconds(response.slowest) if response.slowest is not None else None,
        },
        "breaches": [breach_view(breach, zone) for breach in facts.breaches],
    }


def _slow_view(slow: SlowTicket, zone: ZoneInfo) -> SlowTicketView:
    return {
        "ticket": slow.ticket.id,
        "subject": slow.ticket.subject,
        "received_at": slow.received_at.astimezone(zone).isoformat(),
        "impact": slow.clock.impact,
        "metric": slow.clock.metric.value,
        "took_seconds": seconds(slow.took),
        "share": slow.share,
        "solved_seconds": seconds(slow.solved_after) if slow.solved_after is not None else None,
    }


def review_of(tx: ReportStore, customer: str, quarter: Quarter, *, as_of: datetime) -> Review:
    """Return the review of a customer's quarter and the quarter before. A quarter without tickets has a review, too.

    Raises Refused for a quarter that has not begun, and NotFound for an unknown customer.
    """
    zone = tx.policy().zone
    if as_of < quarter.days(zone).window.start:
        raise Refused(f"{quarter} has not begun yet: it is {full_time(as_of, zone)}")
    whose = customer_meant(tx, customer)
    now, before = (_facts(tx, whose, wanted, as_of) for wanted in (quarter, quarter.before))
    return Review(whose.name, as_of, now, before, uptime_of(tx, now.days.window, as_of, whose.name))


def _facts(tx: ReportStore, whose: KnownCustomer, quarter: Quarter, as_of: datetime) -> QuarterFacts:
    policy, calendar = tx.policy(), tx.schedule().calendar
    days = quarter.days(policy.zone)
    wanted = TicketSpan(days.window.start, days.window.end, customers=whose.spellings or (whose.name,), limit=PAGE)
    measured = list(tickets_with_clocks(tx, wanted, as_of))
    logs = tx.events_of([one.stored.ticket.id for one in measured])
    tally = Tally(calendar)
    breaches = [
        Breach(one.stored.ticket, clock, tuple(logs[one.stored.ticket.id]))
        for one in measured
        for clock in tally.add(one.clocks)
    ]
    manager = tx.schedule().manager
    listed = policy.customer(whose.name)
    plans = [one.stored.ticket.plan for one in measured] or ([listed.plan] if listed is not None else [])
    solved = [time for one in measured if (time := _solved_after(one, logs)) is not None]
    return QuarterFacts(
        quarter=quarter,
        days=days,
        plans=tuple(dict.fromkeys(plans)),
        impacts=_impacts(measured, policy),
        weeks=tuple(_weeks(measured, days)),
        cells=tally.cells(policy),
        breaches=tuple(sorted(breaches, key=lambda breach: breach.breached_at)),
        slowest=tuple(_slowest(measured, logs, calendar)),
        response=_response(list(logs.values()), manager.id if manager is not None else None),
        resolved=len(solved),
        merged=sum(one.clocks.is_merged for one in measured),
        solved=percentiles(solved),
    )


def _impacts(measured: Sequence[Measured], policy: Policy) -> dict[str, int]:
    """Return the number of tickets by the impact that they had at receipt. The policy's impacts come first."""
    found = Counter(one.stored.ticket.impact for one in measured)
    return {name: found.get(name, 0) for name in dict.fromkeys([*policy.impacts, *found])}


def _weeks(measured: Sequence[Measured], days: Days) -> Iterator[Week]:
    found: dict[date, Counter[str]] = {}
    for one in measured:
        day = one.stored.received_at.astimezone(days.zone).date()
        found.setdefault(day - timedelta(days=day.weekday()), Counter())[one.stored.ticket.impact] += 1
    monday = days.first - timedelta(days=days.first.weekday())
    while monday <= days.last:
        yield Week(max(monday, days.first), dict(found.get(monday, {})))
        monday += _WEEK


def _slowest(
    measured: Sequence[Measured], logs: dict[str, list[Event]], calendar: SupportCalendar
) -> Iterator[SlowTicket]:
    """Yield at most MOST_SLOW tickets, each with its slowest answer.

    The one that used up most of its target comes first.
    """
    slow = [found for one in measured if (found := _slow(one, logs, calendar)) is not None]
    slow.sort(key=lambda one: (-one.share, one.received_at, one.ticket.id))
    yield from slow[:MOST_SLOW]


def _slow(one: Measured, logs: dict[str, list[Event]], calendar: SupportCalendar) -> SlowTicket | None:
    answered = [
        (time_taken(clock, until, calendar), clock)
        for clock in one.clocks.clocks
        if not clock.is_moved and (until := clock.met_at or _late_until(clock, one.clocks.at)) is not None
    ]
    if not answered:
        return None
    took, clock = max(answered, key=lambda pair: pair[0] / pair[1].target.within)
    share = took / clock.target.within
    return SlowTicket(one.stored.ticket, one.stored.received_at, clock, took, share, _solved_after(one, logs))


def _late_until(clock: SlaClock, as_of: datetime) -> datetime | None:
    """Return when a breached clock ended, or `as_of` if it still runs; None for a clock that is not breached."""
    return (clock.ended_at or as_of) if clock.breached_at is not None else None


def _solved_after(one: Measured, logs: dict[str, list[Event]]) -> timedelta | None:
    """Return the calendar time from receipt to the last resolution; None if a ticket is unresolved or a duplicate."""
    if not one.clocks.is_resolved or one.clocks.is_merged:
        return None
    log = logs[one.stored.ticket.id]
    ends = [event.at for event in log if isinstance(event, Resolved)]
    return max(ends) - one.stored.received_at if ends else None


def _response(logs: Sequence[Sequence[Event]], manager: str | None) -> OnCallResponse:
    paged = [pages for log in logs if (pages := _pages(log))]
    times = [time for log in logs if (time := _time_to_take(log)) is not None]
    return OnCallResponse(
        paged=len(paged),
        answered=len(times),
        taken=percentiles(times),
        slowest=max(times, default=None),
        escalated=sum(len({page.to for page in pages}) > 1 for pages in paged),
        manager=sum(any(page.to == manager for page in pages) for pages in paged),
    )


def _pages(log: Sequence[Event]) -> list[StepFired]:
    return [event for event in log if isinstance(event, StepFired) and event.notify != "desk"]


def _time_to_take(log: Sequence[Event]) -> timedelta | None:
    first = next((page.at for page in _pages(log)), None)
    if first is None:
        return None
    taken = next((event.at for event in log if _takes(event) and event.at >= first), None)
    return taken - first if taken is not None else None


def _takes(event: Event) -> bool:
    """Return True if this event means that a person took the ticket."""
    return isinstance(event, Acknowledged) or (isinstance(event, Replied) and event.takes_ticket)
