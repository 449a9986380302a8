"""Covers for an engineer: another one takes over their shift, from now on or for a span. No exact times are needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oncall.errors import Refused
from oncall.planning.published.change_schedule import ChangeMade, ChangeTerms, change_schedule
from oncall.planning.published.schedule_version import Author, ScheduleTransaction
from oncall.schedule.change_checks import check_person
from oncall.schedule.change_document import COVER
from oncall.schedule.schedule import Schedule
from oncall.schedule.timeline import Assignment
from oncall.schedule.versions import Piece
from oncall.support.windows import Window
from oncall.support.wording import full_time


@dataclass(frozen=True, slots=True)
class Cover:
    """Who takes over from whom, and when (aware UTC).

    start: None for now. end: None for the end of the shift that `engineer` has at the start, or else of their next
    shift.
    """

    engineer: str
    by: str
    start: datetime | None = None
    end: datetime | None = None


def cover_shift(tx: ScheduleTransaction, cover: Cover, author: Author, terms: ChangeTerms | None = None) -> ChangeMade:
    """Put `cover.by` on call in every role that `cover.engineer` has in the span of the cover.

    Raises NotFound and Refused for a cover that cannot be made, and ScheduleMoved; see `change_schedule`.
    """
    tx.lock_schedule()
    return change_schedule(tx, COVER, covered_pieces(tx.schedule(), cover, author.at), author, terms)


def covered_pieces(schedule: Schedule, cover: Cover, now: datetime) -> list[Piece]:
    """Return the engineer's shifts in the span of the cover, as pieces for the engineer who covers. now: aware UTC.

    Raises NotFound and Refused for a cover that cannot be made.
    """
    for person in (cover.engineer, cover.by):
        check_person(schedule, person)
    if cover.engineer == cover.by:
        name = schedule.name_of(cover.by)
        raise Refused(
            f"{cover.by} cannot cover for {cover.by}; name another engineer with --by",
            on_page=f"{name} has this shift already; choose another engineer",
        )
    now = now.replace(microsecond=0)
    start = max(cover.start or now, now)
    if cover.end is not None and cover.end <= start:
        raise Refused(_no_time(schedule, cover, cover.end, now))
    held = _held(schedule, cover, start)
    if cover.start is None and cover.end is None:
        _refuse_repeated(schedule, cover, now, held[0].window.start)
    end = cover.end if cover.end is not None else held[0].window.end
    return [
        Piece(Window(max(each.window.start, start), min(each.window.end, end)), each.role, cover.by)
        for each in held
        if each.window.start < end
    ]


def _refuse_repeated(schedule: Schedule, cover: Cover, now: datetime, found_at: datetime) -> None:
    """Raise Refused if `cover.by` already covers for `cover.engineer` until the shift of this cover begins.

    found_at: when that shift begins. The check makes sure that a command that is repeated, because its answer was lost,
    takes no second shift.
    """
    for piece in schedule.overrides:
        if piece.kind != COVER or piece.engineer != cover.by or not now < piece.window.end <= found_at:
            continue
        others = tuple(each for each in schedule.overrides if each.version != piece.version)
        without = replace(schedule, overrides=others)
        if any(
            each.role == piece.role
            for each in without.assignments_of(cover.engineer, piece.window.start, piece.window.end)
        ):
            zone = schedule.calendar.zone
            span = f"from {full_time(piece.window.start, zone)} to {full_time(piece.window.end, zone)}"
            who, whom = schedule.name_of(cover.by), schedule.name_of(cover.engineer)
            raise Refused(
                f"{cover.by} covers for {cover.engineer} already, {span}; name a span with --from to cover more",
                on_page=f"{who} covers for {whom} already, {span}; nothing was changed",
            )


def _no_time(schedule: Schedule, cover: Cover, end: datetime, now: datetime) -> str:
    zone = schedule.calendar.zone
    if end <= now:
        return f"{full_time(end, zone)} is over; a cover changes what is to come"
    return f"the cover would end at {full_time(end, zone)}, before it starts at {full_time(cover.start or now, zone)}"


def _held(schedule: Schedule, cover: Cover, start: datetime) -> list[Assignment]:
    """Return the engineer's assignments from `start` on, in time order. Raises Refused if the cover's span has none."""
    last = max(publication.span.end for publication in schedule.publications)
    ends = max([last, start + timedelta(minutes=1), *(each.window.end for each in schedule.overrides)])
    found = schedule.assignments_of(cover.engineer, start, ends)
    zone, name = schedule.calendar.zone, schedule.name_of(cover.engineer)
    if not found:
        words = f"has no shift after {full_time(start, zone)} in the published schedule"
        raise Refused(f"{cover.engineer} {words}", on_page=f"{name} {words}")
    if cover.end is not None and found[0].window.start >= cover.end:
        span = f"is not on call from {full_time(start, zone)} to {full_time(cover.end, zone)}"
        begins = f"begins at {full_time(found[0].window.start, zone)}"
        raise Refused(
            f"{cover.engineer} {span}; the next shift of {cover.engineer} {begins}",
            on_page=f"{name} {span}; the next shift of {name} {begins}",
        )
    return found
