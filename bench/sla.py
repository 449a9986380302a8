"""The speed of verdicts and clocks: verdicts a second, and one ticket of a thousand events. `python -m bench.sla`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from oncall.paging.domain.verdict import Question, verdict
from oncall.rehearsal.rehearsal_schedule import schedule_for, span_of
from oncall.rosters.roster_file import read_roster
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.schedule import Schedule
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of
from oncall.support.clocks import PolicyTerms, SlaEvent, SlaEventKind, sla
from oncall.support.policy import Policy

ROSTER = Path(__file__).parents[1] / "rosters" / "itopia-cas.yaml"
FIRST, LAST = date(2027, 1, 4), date(2027, 6, 27)
OPENED = datetime(2027, 1, 12, 15, tzinfo=UTC)
LEAST_VERDICTS_A_SECOND = 20_000
MOST_SECONDS_A_FOLD = 0.010

KINDS = (SlaEventKind.REPLIED, SlaEventKind.CUSTOMER_REPLIED, SlaEventKind.UPDATED, SlaEventKind.WAITING)


def published() -> tuple[Policy, Schedule]:
    """Return half a year of the worked roster, two people in turn; the time of a look-up does not depend on who is on
    call."""
    roster = read_roster(ROSTER)
    calendar = calendar_of(roster.policy, roster.holidays)
    shifts = shifts_between(calendar, first_day=FIRST, last_day=LAST, rules=roster.rules)
    people = [engineer.id for engineer in roster.engineers]
    seats = tuple(
        Seat(shift.window, shift.kind, role, people[(number + place) % len(people)])
        for number, shift in enumerate(shifts)
        for place, role in enumerate(roster.rules.roles)
    )
    plan = Plan(roster.team, roster.zone, seats, first_day=FIRST, last_day=LAST)
    return roster.policy, schedule_for(plan, roster, span_of(roster, FIRST, LAST))


def questions(count: int) -> list[tuple[Question, datetime]]:
    """Return tickets of every plan and impact, at random instants of the half-year."""
    random = Random(1)
    plans, impacts = ("standard", "business-critical"), ("urgent", "high", "normal", "low")
    minutes = 170 * 24 * 60
    return [
        (Question(random.choice(plans), random.choice(impacts)), OPENED + timedelta(minutes=random.randrange(minutes)))
        for _ in range(count)
    ]


def a_life(impact: str, policy: Policy, schedule: Schedule, events: int = 1000) -> list[SlaEvent]:
    """Return one ticket with this many events, an hour apart."""
    terms = PolicyTerms(policy, schedule.calendar)
    opening = SlaEvent(OPENED, SlaEventKind.OPENED, impact, terms, "standard")
    rest = [
        SlaEvent(OPENED + timedelta(hours=number), KINDS[number % len(KINDS)], id=str(number))
        for number in range(1, events)
    ]
    return [opening, *rest]


def seconds_of(work: Callable[[], object], times: int = 7) -> float:
    """Return the median seconds of this many runs."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def main() -> None:
    """Print both figures beside their bounds."""
    policy, schedule = published()
    asked = questions(5000)
    took = seconds_of(lambda: [verdict(question, policy, schedule, at) for question, at in asked], times=5)
    print(f"\nVerdicts: {len(asked) / took:,.0f} a second in one process (at least {LEAST_VERDICTS_A_SECOND:,})")
    for impact in policy.impacts:
        events = a_life(impact, policy, schedule)
        now = events[-1].at
        fold = seconds_of(partial(sla, events, now))
        limit = MOST_SECONDS_A_FOLD * 1000
        print(f"Clocks of a ticket of {len(events):,} events, {impact}: {fold * 1000:.1f} ms (at most {limit:.0f} ms)")


if __name__ == "__main__":
    main()
