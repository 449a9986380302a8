"""A small team on call in January 2027, its possible tickets, and people with known answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from oncall.paging.domain.ticket import Ticket
from oncall.rehearsal.arrivals import Arrival
from oncall.rehearsal.responders import Answering, Delay, People, Working
from oncall.rosters.roster import Roster
from oncall.rosters.roster_file import read_roster
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of

ROSTER = Path(__file__).parents[2] / "rosters" / "itopia-cas.yaml"
NEW_YORK = ZoneInfo("America/New_York")
FIRST, LAST = date(2027, 1, 4), date(2027, 1, 31)


def at(text: str) -> datetime:
    """A New York wall time as aware UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


def roster() -> Roster:
    """The worked roster."""
    return read_roster(ROSTER)


def plan(team: Roster, seats: Mapping[str, str] | None = None) -> Plan:
    """Four weeks. seats: who holds each role in every shift; ana and ben by default."""
    calendar = calendar_of(team.policy, team.holidays)
    shifts = shifts_between(calendar, first_day=FIRST, last_day=LAST, rules=team.rules)
    holders = seats or {"primary": "ana", "secondary": "ben"}
    rows = [Seat(s.window, s.kind, role, person) for s in shifts for role, person in holders.items()]
    return Plan(team.team, team.zone, tuple(rows), first_day=FIRST, last_day=LAST)


def arrival(number: int, when: datetime, *, impact: str = "urgent", plan_name: str = "standard") -> Arrival:
    """A ticket T-<number>."""
    return Arrival(when, Ticket(f"T-{number}", "Acme Ltd", plan_name, impact, "Sessions do not start"))


_AGES = Delay(timedelta(days=59), 0.0)
_NO_WORK = Working(_AGES, _AGES, _AGES, _AGES, _AGES, 0.0, 0.0)


def all_alike(*, missed: float, after: timedelta = timedelta(0)) -> People:
    """Everyone, the desk included, misses this share of messages and answers the others after the same time."""
    alike = Answering(Delay(after, 0.0), missed)
    return replace(People(), day=alike, night=alike, desk=alike, urgent=_NO_WORK, ordinary=_NO_WORK)


AT_ONCE = all_alike(missed=0.0)
NEVER = all_alike(missed=1.0)
