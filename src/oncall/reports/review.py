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
    """The tickets of one week by impact. first_day: a Monday, or the quarter's first date if that is later."""

    first_day: date
    tickets: dict[str, int]

    @property
    def total(self) -> int:
        """Return the number of tickets of all impacts."""
        return sum(self.tickets.values())


@dataclass(frozen=True, slots=True)
class SlowTicket:
    """A ticket whose reply or update took the largest share of its target. `share`: 1 is all of it."""

    ticket: Ticket
    received_at: datetime
    clock: SlaClock
    took: timedelta
    share: float
    solved_after: timedelta | None


@dataclass(frozen=True, slots=True)
class OnCallResponse:
    """How soon engineers answered when they were paged.

    paged: tickets for which a person was paged. answered: tickets that a person then took or replied to. taken: the
    times from the first page until that answer. escalated: tickets for which more than one person was paged. manager:
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
    """One quarter of one customer.

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
        """Return the number of tickets received."""
        return sum(self.impacts.values())

    @property
    def counts(self) -> ClockCounts:
        """Return the counts of all cells added up."""
        return together(self.cells)

    def of_metric(self, metric: Metric) -> ClockCounts:
        """Return the counts of all cells of one metric added up."""
        return together(cell for cell in self.cells if cell.metric is metric)


@dataclass(frozen=True, slots=True)
class Review:
    """The content of `oncall report qbr`. as_of: the instant (aware UTC) at which running clocks were read.

    customer: the name in the policy's list, or else the name on their tickets. uptime: of the status page in the
    quarter; None if no page was published.
    """

    customer: str
    as_of: datetime
    now: QuarterFacts
    before: QuarterFacts
    uptime: Uptime | None = None

    @property
    def is_over(self) -> bool:
        """Return True if the quarter is over; before that, the review holds the tickets so far."""
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
    """Return one quarter as JSON. Spans are seconds, shares 0 to 1, instants in the policy's zone."""
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
    """Measure a customer's quarter and the one before. A quarter without tickets has a review too.

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
    """Return the number of tickets for each impact at receipt; the policy's impacts come first."""
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
    """Yield each ticket's slowest answer, at most MOST_SLOW; those that used up most of their target come first."""
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
    """Return when a breached clock ended, or `as_of` if it still runs; None for a clock without a breach."""
    return (clock.ended_at or as_of) if clock.breached_at is not None else None


def _solved_after(one: Measured, logs: dict[str, list[Event]]) -> timedelta | None:
    """Return the calendar time from receipt to the last solution; None for an unresolved ticket and for a duplicate."""
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
    """Return True if a person took the ticket with this event."""
    return isinstance(event, Acknowledged) or (isinstance(event, Replied) and event.takes_ticket)
