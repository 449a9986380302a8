"""Finds the shift that an engineer has on a date, with the seats that change hands if another engineer takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.errors import NotFound, Refused
from oncall.schedule.change_checks import NO_PLAN
from oncall.schedule.schedule import Schedule
from oncall.schedule.swap_requests import SeatMove
from oncall.schedule.timeline import Assignment
from oncall.suggestions import suggestion
from oncall.support.calendar import first_instant, refuse_outside_years
from oncall.support.wording import full_time

_AROUND = timedelta(days=60)
"""How far around a date to look for the nearest shifts."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class HeldShift:
    """One engineer's role on one shift. parts: in time order; more than one if overrides gave time to others."""

    engineer: str
    parts: tuple[Assignment, ...]

    @property
    def role(self) -> str:
        """Return the role that the engineer has on the shift."""
        return self.parts[0].role

    @property
    def start(self) -> datetime:
        """Return when the engineer's first part begins (aware UTC)."""
        return self.parts[0].window.start

    def moves_to(self, taker: str) -> tuple[SeatMove, ...]:
        """Return the moves that give all parts of the shift to `taker`."""
        return tuple(SeatMove(each.window, each.kind, each.role, self.engineer, taker) for each in self.parts)


def known_engineer(schedule: Schedule, engineer: str) -> str:
    """Return `engineer` if it is the id of an engineer on the latest published roster.

    Raises NotFound if it is not, and Refused if nothing is published.
    """
    if schedule.latest is None:
        raise Refused("no plan is published yet; publish one first", on_page=NO_PLAN)
    known = list(schedule.latest.people)
    if engineer not in known:
        raise NotFound(
            f'there is no engineer "{engineer[:40]}" on the published roster; {suggestion(engineer, known)}',
            on_page="this engineer is not on the published roster; open the page again and choose from its list",
        )
    return engineer


def held_shift(
    schedule: Schedule, engineer: str, asked: date | datetime, *, role: str | None = None, now: datetime
) -> HeldShift:
    """Return the shift that an engineer has on a date: the one that starts on the date, else the one that covers it.

    asked: a local date in the policy's zone, or an instant in the shift (naive: policy time). role: None for any. now:
    aware UTC. Raises NotFound for an unknown engineer or role, and Refused for a date that is over or on which the
    engineer has no shift, for a shift that has begun, and for a date on which several of their shifts start.
    """
    known_engineer(schedule, engineer)
    _refuse_unknown_role(schedule, role)
    zone, name = schedule.calendar.zone, schedule.name_of(engineer)
    refuse_outside_years(asked)
    if isinstance(asked, datetime):
        asked = asked.astimezone(UTC) if asked.tzinfo is not None else first_instant(zone, asked)
    day = asked.astimezone(zone).date() if isinstance(asked, datetime) else asked
    if day < now.astimezone(zone).date():
        raise Refused(f"{day} is over; a swap changes what is to come")
    noon = first_instant(zone, datetime.combine(day, time(12)))
    near = own_shifts(schedule, engineer, max(noon - _AROUND, now), noon + _AROUND)
    own = [each for each in near if role in (None, each.role)]
    found = [each for each in own if _is_meant(each, asked, zone)] or [each for each in own if _covers(each, day, zone)]
    if not found:
        words = f"has no shift {_as_role(role)}on {day}"
        raise Refused(
            f"{engineer} {words}; {_nearest(own, engineer, day, zone, now)}",
            on_page=f"{name} {words} any more; open the board and choose the shift again",
        )
    if len(found) > 1:
        times = " or ".join(f"{each.start.astimezone(zone):%Y-%m-%dT%H:%M}" for each in found)
        words = f"has {len(found)} shifts on {day}"
        raise Refused(
            f"{engineer} {words}; name one by its start: {times}",
            on_page=f"{name} {words}; open the board and choose one of them",
        )
    if found[0].start <= now:
        began = f"began {full_time(found[0].start, zone)}"
        raise Refused(
            f"the shift of {engineer} on {day} {began}; `oncall cover {engineer}` takes over a shift that has begun",
            on_page=f"the shift of {name} {began}, so it is taken over and not swapped; open its page again",
        )
    return found[0]


def _refuse_unknown_role(schedule: Schedule, role: str | None) -> None:
    if role is not None and role not in schedule.roles:
        raise NotFound(f'there is no role "{role[:40]}"; {suggestion(role, list(schedule.roles))}')


def own_shifts(schedule: Schedule, engineer: str, start: datetime, end: datetime) -> list[HeldShift]:
    """Return an engineer's shifts that overlap [start, end) (aware UTC), in time order."""
    by_shift: dict[tuple[str, datetime], list[Assignment]] = {}
    for each in schedule.assignments_of(engineer, start, end):
        whole = each.shift or each.window
        by_shift.setdefault((each.role, whole.start), []).append(each)
    shifts = [HeldShift(engineer, tuple(parts)) for parts in by_shift.values()]
    return sorted(shifts, key=_start)


def _is_meant(held: HeldShift, asked: date | datetime, zone: ZoneInfo) -> bool:
    if isinstance(asked, datetime):
        return any(asked in part.window for part in held.parts)
    return held.start.astimezone(zone).date() == asked


def _covers(held: HeldShift, day: date, zone: ZoneInfo) -> bool:
    begin = first_instant(zone, datetime.combine(day, time()))
    end = first_instant(zone, datetime.combine(day + _DAY, time()))
    return any(part.window.start < end and begin < part.window.end for part in held.parts)


def _as_role(role: str | None) -> str:
    return "" if role is None else f"as {role} "


def _nearest(own: Sequence[HeldShift], engineer: str, day: date, zone: ZoneInfo, now: datetime) -> str:
    """Return a phrase that names the two future shifts of the engineer that are nearest to a date."""
    coming = [each for each in own if each.start > now]
    if not coming:
        return f"{engineer} has none within {_AROUND.days} days of it"
    noon = first_instant(zone, datetime.combine(day, time(12)))
    near = sorted(coming, key=lambda each: abs(each.start - noon))[:2]
    words = [f"{each.start.astimezone(zone):%a %Y-%m-%d} ({each.role})" for each in sorted(near, key=_start)]
    return f"the nearest are {' and '.join(words)}" if len(words) > 1 else f"the nearest is {words[0]}"


def _start(held: HeldShift) -> datetime:
    return held.start
