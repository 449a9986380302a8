"""A rehearsal of a year with 10,000 tickets: CPU seconds, beside a plain loop in the same run.

BENCH_TICKETS: the number of tickets; default 10,000.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import date, timedelta

from bench.terminal import ROSTER
from oncall.rehearsal.arrivals import made_up, rate_of
from oncall.rehearsal.rehearsal_schedule import span_of
from oncall.rehearsal.responders import People
from oncall.rehearsal.scenario import planned, rehearse
from oncall.rosters.roster_file import read_roster
from oncall.support.calendar import calendar_of

FIRST, LAST = date(2027, 1, 4), date(2028, 1, 2)
ADDITIONS = 10_000_000


def main() -> None:
    """Measure and print the rows."""
    tickets = int(os.environ.get("BENCH_TICKETS", "10000"))
    roster = read_roster(ROSTER)
    span = span_of(roster, FIRST, LAST)
    began = time.process_time()
    scenario = planned(roster, FIRST, LAST, seed=0, time_limit=timedelta(seconds=20))
    planning = time.process_time() - began
    calendar = calendar_of(roster.policy, roster.holidays)
    rate = replace(rate_of("1/day"), count=tickets, per=span.end - span.start)
    arrivals = made_up(rate, span, roster.policy, calendar, seed=0)
    began = time.process_time()
    outcome = rehearse(scenario, arrivals, span, People(), seed=0)
    playing = time.process_time() - began
    loop = _plain_loop()
    print(f"\nA rehearsal of {outcome.tickets:,} tickets in a year (CPU)")
    print(f"search for the plan            {planning:6.1f} s")
    print(f"play and measure the tickets   {playing:6.1f} s  {playing / outcome.tickets * 1000:5.2f} ms a ticket")
    print(f"a loop of {ADDITIONS:,} additions {loop:5.2f} s  the tickets took {playing / loop:.0f} times as long")


def _plain_loop() -> float:
    began, total = time.process_time(), 0
    for number in range(ADDITIONS):
        total += number
    return time.process_time() - began


if __name__ == "__main__":
    main()
