"""What a new version of the schedule changes for whom, and whether an override may be made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from oncall.errors import NotFound, Refused
from oncall.schedule.schedule import Assignment, Schedule, SpanSet
from oncall.support.windows import Window, WindowKind


@dataclass(frozen=True, slots=True)
class Change:
    """What one engineer gets and gives away, each in time order; parts of a shift where only a part changes hands."""

    engineer: str
    gained: tuple[Assignment, ...]
    lost: tuple[Assignment, ...]


def what_changes(before: Schedule, after: Schedule, start: datetime, end: datetime) -> list[Change]:
    """Who gains and who loses which turns in [start, end) (aware UTC), by engineer id; only those with a change."""
    gained: list[Assignment] = []
    lost: list[Assignment] = []
    for role in dict.fromkeys([*after.roles, *before.roles]):
        old, new = ([t for t in schedule.turns(start, end) if t.role == role] for schedule in (before, after))
        lost += _taken_from(old, new, start, end)
        gained += _taken_from(new, old, start, end)
    return [
        Change(engineer, _turns_of(engineer, gained), _turns_of(engineer, lost))
        for engineer in sorted({turn.engineer for turn in gained + lost})
    ]


def check_override(schedule: Schedule, window: Window, role: str, engineer: str, now: datetime) -> None:
    """Refuse an override that could not be meant so. `now`: aware UTC.

    Raises NotFound for a role or a person that the latest publication does not have, and Refused when nothing is
    published for that time, when it is over, when it is business hours, when the engineer holds another role then,
    and when they hold this one already.
    """
    _check_names(schedule, role, engineer)
    span = _span_text(schedule, window)
    if window.end <= now:
        raise Refused(f"{span} is over; an override changes what is to come")
    duty = [
        Window(found.start, found.end)
        for found in schedule.windows(window.start, window.end)
        if found.kind is not WindowKind.BUSINESS
    ]
    if not duty:
        raise Refused(
            f"{span} is wholly in business hours, when the support desk has the tickets and nobody is on call"
        )
    _check_published(schedule, duty)
    _check_free(schedule, window, role, engineer)
    mine = [t.window for t in schedule.turns_of(engineer, window.start, window.end) if t.role == role]
    if not any(_left_of(piece, mine) for piece in duty):
        raise Refused(f"{engineer} is {role} for all of {span} already; nothing would change")


def objections(schedule: Schedule, window: Window, role: str, engineer: str) -> list[str]:
    """What the published roster has against this person in that role then: days off, not there, another role.

    A day off is one of duty, so a night counts for the date on which it begins.
    """
    person, zone = schedule.people.get(engineer), schedule.calendar.zone
    if person is None:
        return []
    days: list[date] = []
    for piece in schedule.windows(window.start, window.end):
        if piece.kind is not WindowKind.BUSINESS:
            whole = schedule.calendar_at(piece.start).window_at(piece.start)
            first, last = (_duty_date(at, whole, zone) for at in (piece.start, piece.end - timedelta(microseconds=1)))
            days += [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return list(person.availability.objections(engineer, role, days)) if days else []


def _duty_date(at: datetime, window: Window, zone: ZoneInfo) -> date:
    """The date whose duty an instant of `window` is: in the morning, before hands change, still that of the evening."""
    local, ends = at.astimezone(zone), window.end.astimezone(zone)
    day = local.date() - timedelta(days=1) if local.time() < ends.time() else local.date()
    return max(day, window.start.astimezone(zone).date())


def _taken_from(
    turns: list[Assignment], others: list[Assignment], start: datetime, end: datetime
) -> Iterator[Assignment]:
    """The parts of `turns` in [start, end) in which `others`, of the same role, do not have the same engineer."""
    by_engineer: dict[str, list[Window]] = {}
    for other in others:
        by_engineer.setdefault(other.engineer, []).append(other.window)
    for turn in turns:
        inside = Window(max(turn.window.start, start), min(turn.window.end, end))
        for piece in _left_of(inside, by_engineer.get(turn.engineer, [])):
            yield replace(turn, window=piece)


def _turns_of(engineer: str, turns: list[Assignment]) -> tuple[Assignment, ...]:
    return tuple(sorted((t for t in turns if t.engineer == engineer), key=lambda turn: turn.window.start))


def _left_of(window: Window, taken: list[Window]) -> list[Window]:
    """The parts of `window` that no window of `taken` holds, in order."""
    held = SpanSet()
    for other in taken:
        if _meets(other, window):
            held.take(other)
    return held.take(window)


def _meets(one: Window, other: Window) -> bool:
    return one.start < other.end and other.start < one.end


def _check_names(schedule: Schedule, role: str, engineer: str) -> None:
    latest = schedule.latest
    if latest is None:
        raise Refused("no plan is published yet; publish one before you override it")
    if role not in latest.roles:
        raise NotFound(f'there is no role "{role}"; write {" or ".join(latest.roles)}')
    known = [*latest.people, *([latest.manager.id] if latest.manager else [])]
    if engineer not in known:
        nearest = get_close_matches(engineer, known, n=1)
        advice = f'did you mean "{nearest[0]}"?' if nearest else f"it has {', '.join(known)}"
        raise NotFound(f'there is no "{engineer}" on the published roster; {advice}')


def _check_published(schedule: Schedule, duty: list[Window]) -> None:
    spans = [publication.span for publication in schedule.publications]
    for piece in duty:
        for gap in _left_of(piece, spans):
            last = max(span.end for span in spans)
            raise Refused(
                f"no published plan covers {_span_text(schedule, gap)} (the last one ends {_text(schedule, last)}); "
                "publish a plan for that time first"
            )


def _check_free(schedule: Schedule, window: Window, role: str, engineer: str) -> None:
    for turn in schedule.turns_of(engineer, window.start, window.end):
        if turn.role != role:
            raise Refused(
                f"{engineer} is {turn.role} from {_text(schedule, turn.window.start)} to "
                f"{_text(schedule, turn.window.end)}, and nobody holds two roles at once; "
                f"put another person on for {turn.role} first"
            )


def _span_text(schedule: Schedule, window: Window) -> str:
    return f"{_text(schedule, window.start)} to {_text(schedule, window.end)}"


def _text(schedule: Schedule, at: datetime) -> str:
    return f"{at.astimezone(schedule.calendar.zone):%a %Y-%m-%d %H:%M %Z}"
