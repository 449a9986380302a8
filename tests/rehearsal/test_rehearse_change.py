"""A change is rehearsed beside today: with today's plan where people and hours stay, else with a new plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime

from oncall.paging.domain.ticket import Ticket
from oncall.rehearsal.arrivals import Arrival
from oncall.rehearsal.rehearse_change import RehearsalRequest, RehearsalWatch, rehearse_change
from oncall.rehearsal.responders import People
from oncall.rosters.roster import Roster
from oncall.support.policy_file import policy_from_text
from oncall.support.windows import Window
from tests.planning.conftest import FIRST, ROSTER, in_turn, roster_of

TODAY = date(2026, 12, 30)


class Heard:
    """What a rehearsal printed, and the sides that it played."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.sides: list[str] = []

    @contextmanager
    def playing(self, name: str, span: Window) -> Iterator[Callable[[datetime], None]]:
        self.sides.append(name)
        yield lambda now: None

    @property
    def watch(self) -> RehearsalWatch:
        return RehearsalWatch(self.sentences.append, self.playing)


def arrival(at: datetime) -> Arrival:
    return Arrival(at, Ticket(f"T-{at:%m%d}", "Acme", "standard", "urgent", "Down"))


def request_of(roster: Roster, *arrivals: Arrival) -> RehearsalRequest:
    return RehearsalRequest(roster, TODAY, People(), arrivals, plan=in_turn(roster))


SATURDAY = arrival(datetime(2027, 1, 9, 8, 0, tzinfo=UTC))


def test_today_alone_is_played_on_the_dates_of_its_tickets() -> None:
    heard = Heard()
    report = rehearse_change(request_of(roster_of(), SATURDAY), None, heard.watch)
    assert (report.first_day, report.last_day) == (date(2027, 1, 9), date(2027, 1, 9))
    assert (report.outcomes.today.tickets, report.outcomes.proposed) == (1, None)
    assert heard.sides == ["today"]


def test_another_policy_is_played_with_the_same_plan() -> None:
    heard, roster = Heard(), roster_of()
    text = roster.policy.text.replace("after: 5m", "after: 2m")
    proposal = replace(roster, policy=policy_from_text(text, "quick.policy.yaml", roster.policy.zone))
    report = rehearse_change(request_of(roster, SATURDAY), proposal, heard.watch)
    assert heard.sides == ["today", "the proposal"]
    assert heard.sentences == []
    assert len(report.policy_changes) > 0


def test_another_team_is_played_with_a_plan_of_its_own() -> None:
    heard = Heard()
    larger = roster_of(ROSTER + '  - {id: gus, name: Gus, phone: "+13055550108"}\n')
    report = rehearse_change(request_of(roster_of(), SATURDAY), larger, heard.watch)
    assert heard.sentences == ["planning night-owls from 2027-01-09 to 2027-01-15"]
    assert report.policy_changes == ()
    assert "policy_changes" not in report.as_json()


def test_without_tickets_of_a_file_the_plan_says_the_dates_and_random_ones_come_in() -> None:
    request = replace(request_of(roster_of()), rate="40/day")
    report = rehearse_change(request, None, Heard().watch)
    assert (report.first_day, report.last_day) == (FIRST, date(2027, 1, 18))
    assert report.outcomes.today.tickets > 100


def test_tickets_outside_the_dates_are_left_out_and_said() -> None:
    heard = Heard()
    request = replace(request_of(roster_of(), SATURDAY, arrival(datetime(2027, 3, 1, tzinfo=UTC))), weeks=1)
    report = rehearse_change(request, None, heard.watch)
    assert heard.sentences == ["1 of 2 tickets lie outside these dates and are left out"]
    assert report.outcomes.today.tickets == 1
