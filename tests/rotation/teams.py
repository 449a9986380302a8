"""Small teams and their shifts, made in code so that each test shows what matters to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from oncall.rosters.roster import (
    Absence,
    DaysOff,
    Engineer,
    Request,
    RequestDirection,
    Roster,
    RotationRules,
    WeekendStyle,
)
from oncall.rotation.check.checker import check_plan
from oncall.schedule.plan import Plan, Shift
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import SupportCalendar, calendar_of
from oncall.support.holidays import CompanyDays, public_holidays
from oncall.support.policy_file import packaged_policy

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = date(2027, 1, 4)
NAMES = ("ana", "ben", "cai", "dee", "eve", "fay", "gus", "hal", "ida", "jon", "kim", "lea")


def person(name: str, *, roles: Sequence[str] = ("primary", "secondary"), **more: Any) -> Engineer:
    """Return an engineer. more: fields of Engineer."""
    plain = Engineer(name, name.title(), "+13055550100", tuple(roles), NEW_YORK)
    return replace(plain, **more)


def _places(holidays: str | None) -> CompanyDays | None:
    return public_holidays(holidays) if holidays else None


def team(*people: Engineer, holidays: str | None = None, **rules: Any) -> Roster:
    """Return a roster of these people. rules: fields of RotationRules."""
    settings = replace(RotationRules(), **rules)
    policy = packaged_policy(NEW_YORK)
    return Roster("night-owls", NEW_YORK, policy, settings, tuple(people), None, holidays=_places(holidays))


def team_of(size: int, **rules: Any) -> Roster:
    """Return a roster of so many interchangeable people who are never away. rules: fields of RotationRules."""
    return team(*(person(name) for name in NAMES[:size]), **rules)


def away(first: date, days: int = 1, *, reason: str = "vacation", leave: bool = False) -> tuple[Absence, ...]:
    """Return one absence of so many days."""
    return (Absence(first, first + timedelta(days=days - 1), reason, leave),)


def blocked_dates(roster: Roster, shift: Shift) -> list[date]:
    """Return the dates on which a day off blocks the shift, from the text of the rule: all that it touches, or for
    `evenings` its nights alone."""
    first = shift.window.start.astimezone(roster.policy.zone).date()
    last = (shift.window.end - timedelta(minutes=1)).astimezone(roster.policy.zone).date()
    if roster.rules.days_off is DaysOff.EVENINGS and shift.end_night > shift.first_night:
        last = first + timedelta(days=shift.end_night - shift.first_night - 1)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@cache
def _calendar(holidays: CompanyDays | None) -> SupportCalendar:
    """Return a calendar that all rosters of the packaged policy share, because it caches the weeks it has computed."""
    return calendar_of(packaged_policy(NEW_YORK), holidays)


def shifts_of(roster: Roster, *, first_day: date = MONDAY, days: int = 7) -> tuple[Shift, ...]:
    """Return the roster's shifts that start on so many dates from `first_day` on."""
    usual = roster.policy == packaged_policy(NEW_YORK)
    calendar = _calendar(roster.holidays) if usual else calendar_of(roster.policy, roster.holidays)
    last_day = first_day + timedelta(days=days - 1)
    return shifts_between(calendar, first_day=first_day, last_day=last_day, rules=roster.rules)


def sentences(plan: Plan, roster: Roster) -> list[str]:
    """Return what the checker finds wrong, as text."""
    return [str(violation) for violation in check_plan(plan, roster)]


def _absences(days: int) -> st.SearchStrategy[tuple[Absence, ...]]:
    one = st.builds(
        lambda offset, length, leave: Absence(
            MONDAY + timedelta(days=offset), MONDAY + timedelta(days=offset + length), "away", leave
        ),
        st.integers(0, days - 1),
        st.integers(0, 4),
        st.booleans(),
    )
    return st.lists(one, max_size=2).map(tuple)


def _requests(days: int) -> st.SearchStrategy[tuple[Request, ...]]:
    wish = st.sampled_from(RequestDirection)
    one = st.one_of(
        st.builds(lambda w, n: Request(w, day=MONDAY + timedelta(days=n)), wish, st.integers(0, days - 1)),
        st.builds(lambda w, n: Request(w, weekday=n), wish, st.integers(0, 6)),
        st.builds(lambda w, k: Request(w, kind=k), wish, st.sampled_from(["weeknight", "weekend", "holiday"])),
    )
    return st.lists(one, max_size=2).map(tuple)


@st.composite
def rosters(draw: st.DrawFn, *, sizes: tuple[int, int], days: int, roles: tuple[str, ...] | None = None) -> Roster:
    """Draw any roster: with part-timers, joiners, leavers, leave, days off, requests, restricted roles, every rule."""
    all_roles = roles or draw(st.sampled_from([("primary",), ("primary", "secondary"), ("first", "second", "third")]))
    restricted = draw(st.booleans())
    people = []
    for name in NAMES[: draw(st.integers(*sizes))]:
        own = draw(st.sets(st.sampled_from(all_roles), min_size=1)) if restricted else set(all_roles)
        people.append(
            person(
                name,
                roles=[role for role in all_roles if role in own],
                fte=draw(st.sampled_from([1.0, 1.0, 0.5, 0.8, 0.1])),
                joins=draw(st.sampled_from([None, None, None, MONDAY + timedelta(days=3)])),
                leaves=draw(st.sampled_from([None, None, None, MONDAY + timedelta(days=days - 3)])),
                absences=draw(_absences(days)),
                requests=draw(_requests(days)),
            )
        )
    return team(
        *people,
        holidays=draw(st.sampled_from([None, "US"])),
        roles=all_roles,
        weekend=draw(st.sampled_from(WeekendStyle)),
        rest_nights=draw(st.integers(0, 3)),
        weekends_apart=draw(st.integers(1, 3)),
        max_shifts_per_week=draw(st.sampled_from([None, None, 2, 3])),
        max_shifts_per_month=draw(st.sampled_from([None, None, 3, 6])),
    )
