"""Checks an override: whether it can be made, and which conflicts with the published roster it has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from oncall.errors import NotFound, Refused
from oncall.schedule.availability_checks import OnCallPiece, objections
from oncall.schedule.schedule import Schedule
from oncall.schedule.span_set import parts_left
from oncall.support.windows import Window, WindowKind


def check_override(schedule: Schedule, window: Window, role: str, engineer: str, now: datetime) -> None:
    """Raise NotFound or Refused for an override that cannot be made. `now`: aware UTC.

    NotFound: the latest publication does not have the role or the person. Refused: the window is over, or entirely in
    business hours; no plan is published for it; the engineer holds another role then, or holds this one already.
    """
    _check_names(schedule, role, engineer)
    span = _span_text(schedule, window)
    if window.end <= now:
        raise Refused(f"{span} is over; an override changes what is to come")
    on_call = [
        Window(found.start, found.end)
        for found in schedule.windows(window.start, window.end)
        if found.kind is not WindowKind.BUSINESS
    ]
    if not on_call:
        raise Refused(
            f"{span} is wholly in business hours, when the support desk has the tickets and nobody is on call"
        )
    _check_published(schedule, on_call)
    _check_other_roles(schedule, window, role, engineer)
    own = [a.window for a in schedule.assignments_of(engineer, window.start, window.end) if a.role == role]
    if not any(parts_left(piece, own) for piece in on_call):
        raise Refused(f"{engineer} is {role} for all of {span} already; nothing would change")


def override_objections(schedule: Schedule, window: Window, role: str, engineer: str) -> list[str]:
    """Return the conflicts between an override and the published roster, a sentence each.

    These are days off, dates before joining or after leaving, dates of shadowing, and roles and kinds of shift that the
    engineer does not take. Days off block on-call time as the roster's `days_off` says.
    """
    person, zone = schedule.people.get(engineer), schedule.calendar.zone
    if person is None:
        return []
    pieces = []
    for piece in schedule.windows(window.start, window.end):
        if piece.kind is not WindowKind.BUSINESS:
            whole = schedule.calendar_at(piece.start).window_at(piece.start)
            first, last = (_duty_date(at, whole, zone) for at in (piece.start, piece.end - timedelta(microseconds=1)))
            pieces.append(OnCallPiece(Window(piece.start, piece.end), first, last, piece.kind))
    return list(objections(person.availability, engineer, role, pieces)) if pieces else []


def _duty_date(at: datetime, window: Window, zone: ZoneInfo) -> date:
    """Return the local date that an instant counts for: before the window's morning handoff, the date before."""
    local, ends = at.astimezone(zone), window.end.astimezone(zone)
    day = local.date() - timedelta(days=1) if local.time() < ends.time() else local.date()
    return max(day, window.start.astimezone(zone).date())


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


def _check_published(schedule: Schedule, on_call: Sequence[Window]) -> None:
    spans = [publication.span for publication in schedule.publications]
    for piece in on_call:
        for gap in parts_left(piece, spans):
            last = max(span.end for span in spans)
            raise Refused(
                f"no published plan covers {_span_text(schedule, gap)} (the last one ends {_text(schedule, last)}); "
                "publish a plan for that time first"
            )


def _check_other_roles(schedule: Schedule, window: Window, role: str, engineer: str) -> None:
    for each in schedule.assignments_of(engineer, window.start, window.end):
        if each.role != role:
            raise Refused(
                f"{engineer} is {each.role} from {_text(schedule, each.window.start)} to "
                f"{_text(schedule, each.window.end)}, and nobody holds two roles at once; "
                f"put another person on for {each.role} first"
            )


def _span_text(schedule: Schedule, window: Window) -> str:
    return f"{_text(schedule, window.start)} to {_text(schedule, window.end)}"


def _text(schedule: Schedule, at: datetime) -> str:
    return f"{at.astimezone(schedule.calendar.zone):%a %Y-%m-%d %H:%M %Z}"
