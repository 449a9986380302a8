"""Checks on-call time against an engineer's published availability, and makes the availability that is published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from oncall.rosters.roster import Absence, DaysOff, Engineer
from oncall.rosters.time_off import (
    DaysOffRule,
    DutyTime,
    blocked_days,
    duty_time,
    joining_text,
    joins_after,
    leaves_before,
    leaving_text,
)
from oncall.schedule.availability import Availability, AvailabilityDocument
from oncall.support.windows import Window


@dataclass(frozen=True, slots=True)
class OnCallPiece:
    """A part of one shift, with the shift's kind.

    first_evening, last_evening: the first and the last local date on which one of its nights begins, both included.
    """

    window: Window
    first_evening: date
    last_evening: date
    kind: str = ""

    @property
    def evenings(self) -> list[date]:
        """Return the local dates on which its nights begin, in order."""
        days = (self.last_evening - self.first_evening).days + 1
        return [self.first_evening + timedelta(days=number) for number in range(days)]


@dataclass(frozen=True, slots=True)
class PersonDates:
    """The dates of one person: joining, leaving, days off and shadowing. The fields mean the same as in `Engineer`."""

    absences: tuple[Absence, ...]
    joins: date | None
    joins_at: time | None
    leaves: date | None
    leaves_at: time | None


class Objection(NamedTuple):
    """A reason why a person should not be on call.

    rule: the key in the roster file of the rule that gives the reason.
    """

    rule: str
    sentence: str


def objections(
    availability: Availability, person: str, role: str, pieces: Sequence[OnCallPiece]
) -> Iterator[Objection]:
    """Yield each reason why `person` should not have `role` in these parts of shifts."""
    document = availability.document
    dates, duties = _dates_in(document), [_duty_time(document, piece) for piece in pieces]
    for absence in dates.absences:
        if any(next(blocked_days(absence, duty), None) for duty in duties):
            reason = f": {absence.reason}" if absence.reason else ""
            yield Objection("unavailable", f"{person} is away {absence.span_text}{reason}")
    evenings = [day for piece in pieces for day in piece.evenings]
    for first, last in document.get("shadows", ()):
        if any(date.fromisoformat(first) <= day <= date.fromisoformat(last) for day in evenings):
            yield Objection("shadows", f"{person} only shadows from {first} to {last}")
    if any(joins_after(dates, duty) for duty in duties):
        yield Objection("joins", f"{person} joins only on {joining_text(dates)}")
    if any(leaves_before(dates, duty) for duty in duties):
        yield Objection("leaves", f"{person} has left by then; the last day is {leaving_text(dates)}")
    roles = document.get("roles", [role])
    if role not in roles:
        yield Objection("roles", f"{person} takes only {', '.join(roles)}, not {role}")
    kinds = document.get("kinds")
    for kind in dict.fromkeys(piece.kind for piece in pieces):
        if kinds is not None and kind not in kinds:
            yield Objection("kinds", f"{person} takes only {', '.join(kinds)} shifts, not {kind}")


def availability_document(
    engineer: Engineer, roles: Sequence[str], rule: DaysOffRule, years: Sequence[int]
) -> AvailabilityDocument:
    """Return the availability as JSON; empty for an engineer without restrictions.

    roles: all roles of the roster. years: the years for which the dates of holidays off are stored.
    """
    document = AvailabilityDocument()
    if engineer.absences:
        document["away"] = [_away_in(each) for absence in engineer.absences for each in _dated(absence, years)]
    if engineer.kinds is not None:
        document["kinds"] = list(engineer.kinds)
    if engineer.shadows:
        document["shadows"] = [[s.first_day.isoformat(), s.last_day.isoformat()] for s in engineer.shadows]
    if engineer.joins is not None:
        document["joins"] = _moment_in(engineer.joins, engineer.joins_at)
    if engineer.leaves is not None:
        document["leaves"] = _moment_in(engineer.leaves, engineer.leaves_at)
    if document.keys() - {"kinds"}:
        document["days_off"], document["zone"] = rule.style.value, rule.zone.key
    if not set(roles) <= set(engineer.roles):
        document["roles"] = list(engineer.roles)
    return document


def _duty_time(document: AvailabilityDocument, piece: OnCallPiece) -> DutyTime:
    style = DaysOff(document.get("days_off", DaysOff.EVENINGS))
    zone = ZoneInfo(document.get("zone", "UTC"))
    if style is DaysOff.WHOLE:
        return duty_time(piece.window, DaysOffRule(style, zone))
    return DutyTime(piece.window, piece.first_evening, piece.last_evening, zone)


def _dated(absence: Absence, years: Sequence[int]) -> Iterator[Absence]:
    """Yield the absence. If it stands for holidays, yield one absence for each of its dates in these years instead."""
    if absence.holidays is None:
        yield absence
        return
    for day in sorted(day for year in years for day in absence.holidays.in_year(year) if day in absence):
        names = ", ".join(feast.name for feast in absence.holidays.feasts_on(day))
        yield replace(absence, first_day=day, last_day=day, reason=absence.reason or names, holidays=None)


def _away_in(absence: Absence) -> list[str]:
    away = [absence.first_day.isoformat(), absence.last_day.isoformat(), absence.reason]
    if absence.starts_at is None and absence.ends_at is None and absence.weekday is None:
        return away
    times = ["" if at is None else at.isoformat("minutes") for at in (absence.starts_at, absence.ends_at)]
    return [*away, *times, "" if absence.weekday is None else str(absence.weekday)]


def _moment_in(day: date, at: time | None) -> str:
    return day.isoformat() if at is None else datetime.combine(day, at).isoformat(timespec="minutes")


def _dates_in(document: AvailabilityDocument) -> PersonDates:
    joins, leaves = _moment_of(document.get("joins")), _moment_of(document.get("leaves"))
    return PersonDates(tuple(map(_absence_of, document.get("away", ()))), *joins, *leaves)


def _moment_of(text: str | None) -> tuple[date | None, time | None]:
    if text is None:
        return None, None
    day, _, at = text.partition("T")
    return date.fromisoformat(day), time.fromisoformat(at) if at else None


def _absence_of(away: Sequence[str]) -> Absence:
    first, last, reason, starts, ends, weekday = [*away, "", "", ""][:6]
    return Absence(
        date.fromisoformat(first),
        date.fromisoformat(last),
        reason,
        starts_at=time.fromisoformat(starts) if starts else None,
        ends_at=time.fromisoformat(ends) if ends else None,
        weekday=int(weekday) if weekday else None,
    )
