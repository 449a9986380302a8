"""Future seats that no other engineer may take."""

from __future__ import annotations

from datetime import UTC, datetime

from oncall.planning.published.last_resorts import last_resorts
from oncall.rosters.roster import Roster
from oncall.schedule.plan import Plan

from .conftest import ROSTER, in_turn, roster_of

START, END = datetime(2027, 1, 4, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)
FREE = ROSTER.replace("engineers:", "rotation: {rest_nights: 0, weekends_apart: 1}\nengineers:")


def found(roster: Roster) -> list[tuple[str, str, str]]:
    plan: Plan = in_turn(roster)
    resorts = last_resorts(roster, plan.seats, START, END)
    return [(f"{each.seat.window.start:%m-%d}", each.seat.engineer, each.why) for each in resorts]


def test_where_everyone_may_take_every_shift_there_is_another_engineer() -> None:
    assert found(roster_of(FREE)) == []


def test_with_two_free_nights_six_people_have_nobody_to_spare() -> None:
    # Every second night each of them is on call, so those who are not on a shift are too near to it.
    resorts = found(roster_of())
    assert ("01-05", "ana", "1 on it, 4 with shifts too near") in resorts


def test_days_off_and_roles_and_pairs_count() -> None:
    away = FREE.replace('"+13055550105"}', '"+13055550105", unavailable: [{from: 2027-01-01, to: 2027-01-31}]}')
    junior = away.replace('"+13055550104"}', '"+13055550104", roles: [secondary]}')
    apart = junior.replace("weekends_apart: 1}", "weekends_apart: 1, never_together: [[ben, cai], [ben, dee]]}")
    assert ("01-05", "ana", "1 on it, 2 away or not taking it, 2 never with the others") in found(roster_of(apart))


def test_only_shifts_to_come_count() -> None:
    roster = roster_of()
    later = datetime(2027, 1, 6, tzinfo=UTC)
    resorts = last_resorts(roster, in_turn(roster).seats, later, END)
    assert min(each.seat.window.start for each in resorts) >= later
