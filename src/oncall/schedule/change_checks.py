"""Checks that the pieces of a change of the schedule can be carried out. It ignores the rules of the roster.

`planning.change_rules` checks the rules of the roster, because the checker of plans is in a package above this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from itertools import combinations
from zoneinfo import ZoneInfo

from oncall.errors import NotFound, Refused
from oncall.schedule.availability import Availability
from oncall.schedule.availability_checks import Objection, OnCallPiece, objections
from oncall.schedule.schedule import Schedule
from oncall.schedule.span_set import parts_left
from oncall.schedule.versions import Piece
from oncall.support.windows import Window, WindowKind

NO_PLAN = "no plan is published yet, so there are no shifts to change"


def check_pieces(schedule: Schedule, pieces: Sequence[Piece], now: datetime) -> None:
    """Raise NotFound or Refused if a change cannot be carried out. now: aware UTC.

    NotFound: the latest publication does not have a role or a person. Refused: a piece is over, or entirely in business
    hours; no plan is published for its time; two pieces contradict each other; an engineer would have two roles at
    once; a piece changes nothing.
    """
    for piece in pieces:
        _check_names(schedule, piece.role, piece.engineer)
        _check_time(schedule, piece, now)
    for one, other in combinations(pieces, 2):
        if one.role == other.role and _overlap(one.window, other.window):
            words = (
                f"would both be {one.role} from {_span_text(schedule, other.window)}; name one engineer for each role"
            )
            both = f"{schedule.name_of(one.engineer)} and {schedule.name_of(other.engineer)}"
            raise Refused(f"{one.engineer} and {other.engineer} {words}", on_page=f"{both} {words}")
    after = schedule.with_pieces(pieces, "override", now)
    for piece in pieces:
        _check_other_roles(after, piece)
    for piece in pieces:
        _check_change(schedule, piece)


def availability_objections(schedule: Schedule, piece: Piece, availability: Availability) -> list[Objection]:
    """Return the conflicts between one piece of a change and the availability of its engineer.

    Conflicts are days off, dates before joining or after leaving, dates of shadowing, and roles and kinds of shift that
    the engineer does not take. Days off block on-call time according to the roster's rule `days_off`.
    """
    zone, found = schedule.calendar.zone, []
    for part in schedule.windows(piece.window.start, piece.window.end):
        if part.kind is not WindowKind.BUSINESS:
            whole = schedule.calendar_at(part.start).window_at(part.start)
            first, last = (_duty_date(at, whole, zone) for at in (part.start, part.end - timedelta(microseconds=1)))
            found.append(OnCallPiece(Window(part.start, part.end), first, last, part.kind))
    return list(objections(availability, piece.engineer, piece.role, found)) if found else []


def on_call_parts(schedule: Schedule, window: Window) -> list[Window]:
    """Return the parts of a window that are not business hours, in order."""
    windows = schedule.windows(window.start, window.end)
    return [Window(found.start, found.end) for found in windows if found.kind is not WindowKind.BUSINESS]


def check_person(schedule: Schedule, engineer: str) -> None:
    """Raise NotFound if the published roster does not have this person, and Refused before the first publication."""
    latest = schedule.latest
    if latest is None:
        raise Refused("no plan is published yet; publish one before you override it", on_page=NO_PLAN)
    known = [*latest.people, *([latest.manager.id] if latest.manager else [])]
    if engineer not in known:
        nearest = get_close_matches(engineer, known, n=1)
        advice = f'did you mean "{nearest[0]}"?' if nearest else f"it has {', '.join(known)}"
        raise NotFound(
            f'there is no "{engineer}" on the published roster; {advice}',
            on_page="this engineer is not on the published roster; open the page again and choose from its list",
        )


def _check_names(schedule: Schedule, role: str, engineer: str) -> None:
    latest = schedule.latest
    if latest is not None and role not in latest.roles:
        raise NotFound(f'there is no role "{role}"; write {" or ".join(latest.roles)}')
    check_person(schedule, engineer)


def _check_time(schedule: Schedule, piece: Piece, now: datetime) -> None:
    span = _span_text(schedule, piece.window)
    if piece.window.end <= now:
        raise Refused(f"{span} is over; an override changes what is to come")
    on_call = on_call_parts(schedule, piece.window)
    if not on_call:
        raise Refused(
            f"{span} is wholly in business hours, when the support desk has the tickets and nobody is on call"
        )
    _check_published(schedule, on_call)


def _check_published(schedule: Schedule, on_call: Sequence[Window]) -> None:
    spans = [publication.span for publication in schedule.publications]
    for piece in on_call:
        for gap in parts_left(piece, spans):
            last = max(span.end for span in spans)
            raise Refused(
                f"no published plan covers {_span_text(schedule, gap)} (the last one ends {_text(schedule, last)}); "
                "publish a plan for that time first"
            )


def _check_other_roles(after: Schedule, piece: Piece) -> None:
    for each in after.assignments_of(piece.engineer, piece.window.start, piece.window.end):
        if each.role != piece.role:
            words = (
                f"is {each.role} from {_span_text(after, each.window)}, and nobody holds two roles at once; "
                f"put another person on for {each.role} first"
            )
            raise Refused(f"{piece.engineer} {words}", on_page=f"{after.name_of(piece.engineer)} {words}")


def _check_change(schedule: Schedule, piece: Piece) -> None:
    held = schedule.assignments_of(piece.engineer, piece.window.start, piece.window.end)
    own = [assignment.window for assignment in held if assignment.role == piece.role]
    if not any(parts_left(part, own) for part in on_call_parts(schedule, piece.window)):
        words = f"is {piece.role} for all of {_span_text(schedule, piece.window)} already; nothing would change"
        raise Refused(f"{piece.engineer} {words}", on_page=f"{schedule.name_of(piece.engineer)} {words}")


def _duty_date(at: datetime, window: Window, zone: ZoneInfo) -> date:
    """Return the local date on which the night around `at` began: before the morning handoff, the previous date."""
    local, ends = at.astimezone(zone), window.end.astimezone(zone)
    day = local.date() - timedelta(days=1) if local.time() < ends.time() else local.date()
    return max(day, window.start.astimezone(zone).date())


def _overlap(one: Window, other: Window) -> bool:
    return one.start < other.end and other.start < one.end


def _span_text(schedule: Schedule, window: Window) -> str:
    return f"{_text(schedule, window.start)} to {_text(schedule, window.end)}"


def _text(schedule: Schedule, at: datetime) -> str:
    return f"{at.astimezone(schedule.calendar.zone):%a %Y-%m-%d %H:%M %Z}"
