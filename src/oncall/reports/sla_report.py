"""The SLA report on the tickets received on some dates: met targets, times until replies, and every breach."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.paging.domain.events import Event
from oncall.paging.domain.pager_events import Withdrawn
from oncall.paging.domain.ticket import Ticket
from oncall.paging.domain.verdict import plan_named
from oncall.paging.ports.records import TicketSpan
from oncall.paging.ports.store import ReportStore
from oncall.paging.views.customer_names import customer_meant
from oncall.reports.answer_times import Answer, AnswerTimes, answer_times
from oncall.reports.attainment import Cell, ClockCounts, Tally, together
from oncall.reports.report_view_types import BreachView, SlaReportView, WithdrawnView
from oncall.reports.report_views import cell_view, counts_view, seconds
from oncall.reports.tickets_with_clocks import Measured, tickets_with_clocks
from oncall.support.calendar import first_instant, refuse_outside_years
from oncall.support.clocks import SlaClock
from oncall.support.policy import Metric
from oncall.support.portal_rules import ANSWER_WITHIN
from oncall.support.windows import Window

PAGE = 1000
"""How many tickets one query reads."""


@dataclass(frozen=True, slots=True)
class Days:
    """The dates from `first` to `last`, both included, in the time zone `zone`."""

    first: date
    last: date
    zone: ZoneInfo

    def __post_init__(self) -> None:
        for day in (self.first, self.last):
            refuse_outside_years(day)
        if self.last < self.first:
            raise Refused(
                f"{self.last} lies before {self.first}; name the first date with --from and the last with --to"
            )

    @property
    def window(self) -> Window:
        """Return the window from the start of the first date to the end of the last date."""
        begins = first_instant(self.zone, datetime.combine(self.first, time()))
        return Window(begins, first_instant(self.zone, datetime.combine(self.last + timedelta(days=1), time())))

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


@dataclass(frozen=True, slots=True)
class Breach:
    """A breached SLA clock, and the log of its ticket. Times are aware UTC."""

    ticket: Ticket
    clock: SlaClock
    timeline: tuple[Event, ...]

    @property
    def breached_at(self) -> datetime:
        """Return when the target was used up (aware UTC)."""
        assert self.clock.breached_at is not None
        return self.clock.breached_at

    @property
    def late(self) -> timedelta | None:
        """Return how long after the breach the reply or update came, in calendar time; None if none came."""
        return self.clock.met_at - self.breached_at if self.clock.met_at is not None else None


@dataclass(frozen=True, slots=True)
class WithdrawnBreach:
    """A breach that was reported, and withdrawn because an event was recorded late. event: the withdrawal."""

    ticket: Ticket
    event: Withdrawn

    @property
    def metric(self) -> Metric:
        """Return the metric of the target, which was met after all."""
        return self.event.metric

    @property
    def due_at(self) -> datetime:
        """Return when the reply or update was due (aware UTC)."""
        assert self.event.due_at is not None, "a clock without a due time is not breached"
        return self.event.due_at


@dataclass(frozen=True, slots=True)
class SlaReport:
    """The content of `oncall report sla`. as_of: the instant (aware UTC) for which running clocks were computed.

    breaches: ordered by the time of the breach. withdrawn: withdrawn breaches, ordered by the time of withdrawal.
    answers: to customers' messages in business hours. answer_within: the average answer time that the policy promises.
    """

    days: Days
    as_of: datetime
    customer: str | None
    plan: str | None
    tickets: int
    cells: tuple[Cell, ...]
    breaches: tuple[Breach, ...] = field(repr=False)
    withdrawn: tuple[WithdrawnBreach, ...] = ()
    answers: AnswerTimes = field(default_factory=AnswerTimes)
    answer_within: timedelta = ANSWER_WITHIN

    @property
    def counts(self) -> ClockCounts:
        """Return the sum of the counts of all cells."""
        return together(self.cells)

    @property
    def title(self) -> str:
        """Return the title, like `SLA report, 2027-01-01 to 2027-03-31`, with the customer and the plan, if any."""
        whose = "".join(f", {name}" for name in (self.customer, self.plan) if name is not None)
        return f"SLA report, {self.days}{whose}"

    def as_json(self) -> SlaReportView:
        """Return the whole report as JSON."""
        return {
            "from": self.days.first.isoformat(),
            "to": self.days.last.isoformat(),
            "timezone": self.days.zone.key,
            "as_of": self._time(self.as_of),
            "customer": self.customer,
            "plan": self.plan,
            "tickets": self.tickets,
            **counts_view(self.counts),
            "answers": self.answers.as_json(self.answer_within),
            "cells": [cell_view(cell) for cell in self.cells],
            "breaches": [breach_view(breach, self.days.zone) for breach in self.breaches],
            "withdrawn": [withdrawn_view(each, self.days.zone) for each in self.withdrawn],
        }

    def _time(self, at: datetime) -> str:
        return at.astimezone(self.days.zone).isoformat()


def breach_view(breach: Breach, zone: ZoneInfo) -> BreachView:
    """Return a breach as JSON. Times are in `zone`."""
    clock, ticket = breach.clock, breach.ticket
    return {
        "ticket": ticket.id,
        "customer": ticket.customer,
        "subject": ticket.subject,
        "plan": clock.plan,
        "impact": clock.impact,
        "metric": clock.metric.value,
        "started_at": clock.started_at.astimezone(zone).isoformat(),
        "breached_at": breach.breached_at.astimezone(zone).isoformat(),
        "met_at": clock.met_at.astimezone(zone).isoformat() if clock.met_at is not None else None,
        "late_seconds": seconds(breach.late) if breach.late is not None else None,
        "timeline": [
            {"at": event.at.astimezone(zone).isoformat(), "kind": event.kind.value, "by": event.by, "why": event.why}
            for event in breach.timeline
        ],
    }


def withdrawn_view(withdrawn: WithdrawnBreach, zone: ZoneInfo) -> WithdrawnView:
    """Return a withdrawn breach as JSON. Times are in `zone`."""
    ticket, event = withdrawn.ticket, withdrawn.event
    return {
        "ticket": ticket.id,
        "customer": ticket.customer,
        "subject": ticket.subject,
        "metric": withdrawn.metric.value,
        "due_at": withdrawn.due_at.astimezone(zone).isoformat(),
        "withdrawn_at": event.at.astimezone(zone).isoformat(),
        "by": event.by,
        "why": event.why,
    }


def withdrawals(measured: Measured) -> Iterator[WithdrawnBreach]:
    """Yield the withdrawn breaches of a ticket, at most one for each clock.

    Clocks that were breached again are left out.
    """
    broken = {(clock.metric, clock.since) for clock in measured.clocks.clocks if clock.breached_at}
    last = {(event.metric, event.since): event for event in measured.withdrawn}
    for name, event in last.items():
        if name not in broken:
            yield WithdrawnBreach(measured.stored.ticket, event)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Switch off Python's garbage collector inside the context.

    A report makes millions of objects without cycles, and the search for cycles would take a fifth of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def sla_report(
    tx: ReportStore, days: Days, *, as_of: datetime, customer: str | None = None, plan: str | None = None
) -> SlaReport:
    """Return the report on the tickets received on these dates: all, or those of one customer or plan.

    as_of: the instant (aware UTC) for which running clocks are computed. Raises NotFound for an unknown customer, and
    Refused for a plan that the policy does not have.
    """
    whose = customer_meant(tx, customer) if customer is not None else None
    plan = plan_named(plan, tx.policy()).name if plan is not None else None
    wanted = TicketSpan(days.window.start, days.window.end, plan=plan, limit=PAGE)
    if whose is not None:
        # A customer without any ticket has no spellings; their own name then finds no ticket.
        wanted = replace(wanted, customers=whose.spellings or (whose.name,))
    tally = Tally(tx.schedule().calendar)
    tickets = 0
    breached: list[tuple[Ticket, SlaClock]] = []
    withdrawn: list[WithdrawnBreach] = []
    answers: list[Answer] = []
    with _uncollected():
        for measured in tickets_with_clocks(tx, wanted, as_of):
            tickets += 1
            breached += [(measured.stored.ticket, clock) for clock in tally.add(measured.clocks)]
            withdrawn += withdrawals(measured)
            answers += measured.answers
    logs = tx.events_of(list(dict.fromkeys(ticket.id for ticket, _ in breached)))
    breaches = [Breach(ticket, clock, tuple(logs.get(ticket.id, ()))) for ticket, clock in breached]
    breaches.sort(key=lambda breach: (breach.breached_at, breach.ticket.id))
    withdrawn.sort(key=lambda each: (each.event.at, each.ticket.id))
    return SlaReport(
        days,
        as_of,
        whose.name if whose is not None else None,
        plan,
        tickets,
        tally.cells(tx.policy()),
        tuple(breaches),
        tuple(withdrawn),
        answer_times(answers, tx.schedule().calendar),
        tx.policy().portal.answer_within,
    )
