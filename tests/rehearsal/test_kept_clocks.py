"""The state and clocks that a rehearsal keeps between transactions equal the fold of the ticket's whole log."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from oncall.paging.clocks.clock_book import clocks
from oncall.paging.domain.state import fold
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.ticket_work import TicketWork, known_clocks
from oncall.paging.ports.records import TicketSpan
from oncall.rehearsal.arrivals import made_up, rate_of
from oncall.rehearsal.player import play
from oncall.rehearsal.rehearsal_schedule import schedule_for, span_of
from oncall.rehearsal.responders import People
from oncall.rehearsal.scenario import planned
from oncall.rosters.roster_file import read_roster

ROSTER = Path(__file__).parents[2] / "rosters" / "itopia-cas.yaml"
FIRST, LAST = date(2027, 1, 4), date(2027, 1, 17)


def test_what_is_kept_of_a_ticket_is_what_its_log_says() -> None:
    roster = read_roster(ROSTER)
    span = span_of(roster, FIRST, LAST)
    scenario = planned(roster, FIRST, LAST, seed=1, time_limit=timedelta(seconds=20))
    schedule = schedule_for(scenario.plan, roster, span)
    arrivals = made_up(rate_of("20/day"), span, roster.policy, schedule.calendar, seed=1)
    # It ends in the middle, while many tickets are open.
    until = span.end - timedelta(days=2)
    store = play(arrivals, schedule, roster.policy, People(), until=until, seed=1).store
    kept = 0
    for stored in store.tickets_between(TicketSpan(span.start, until, limit=10_000)):
        name, log = stored.ticket.id, store.events(stored.ticket.id)
        whole = clocks(store, stored.ticket, log, until)
        known = known_clocks(store, name, until)
        assert known in (None, whole)
        kept += known is not None
        row = store.ticket(name)
        assert row is not None
        work = TicketWork.on(store, row, ActionContext("test", until, until))
        assert work.state == fold(stored.ticket, log)
        assert work.clocks == whole
    assert kept > 50
