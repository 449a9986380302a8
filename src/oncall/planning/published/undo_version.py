"""Undoes a version: from now on the schedule is as if the version did not exist. The past does not change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta

from oncall.errors import NotFound, Refused
from oncall.paging.ports.records import NewVersion
from oncall.planning.published.change_rules import broken_rules, refuse_broken, roster_in_force
from oncall.planning.published.change_schedule import ChangeMade, ChangeTerms, refuse_without_reason
from oncall.planning.published.schedule_version import Author, ScheduleTransaction, append_version
from oncall.schedule.absences import StoredAbsence
from oncall.schedule.change_document import UNDO, undo_document
from oncall.schedule.schedule import Schedule
from oncall.schedule.span_set import parts_left
from oncall.schedule.versions import Override, VersionNote
from oncall.support.calendar import first_instant
from oncall.support.windows import Window
from oncall.support.wording import full_time


def undo_version(tx: ScheduleTransaction, version: int, author: Author, terms: ChangeTerms | None = None) -> ChangeMade:
    """Undo a publication or a change, from now on.

    Raises NotFound for an unknown version. Raises Refused if the version is an undo, is already undone or is over, if a
    later version depends on it, or if the schedule without it breaks a rule and the undo is not forced. Raises
    ScheduleMoved if the author has not seen the newest version.
    """
    terms = terms or ChangeTerms()
    refuse_without_reason(author, terms)
    tx.lock_schedule()
    before = tx.schedule()
    note = _undoable(before, version)
    span = _time_of(before, version)
    if span is None or span.end <= author.at:
        raise Refused(f"version {version} changes nothing after now; an undo changes what is to come")
    _refuse_dependents(before, note, list(_dependents(before, version, author.at)))
    new = NewVersion(author.at, UNDO, author.by, author.reason.strip(), undo_document(version, span), undoes=version)
    made = append_version(tx, new, lambda schedule: None, expected=terms.expected)
    _refuse_dependents(before, note, list(_held_twice(made.after, span, author.at)))
    ahead = Window(max(span.start, author.at), span.end)
    broken = broken_rules(before, made.after, ahead, roster_in_force(tx))
    refuse_broken(broken, before, is_forced=terms.is_forced)
    return ChangeMade(made, tuple(broken))


def _undoable(schedule: Schedule, version: int) -> VersionNote:
    note = next((note for note in schedule.log if note.version == version), None)
    if note is None:
        newest = f"the newest is {schedule.newest}" if schedule.log else "nothing is published yet"
        raise NotFound(
            f"the schedule has no version {version}; {newest}. `oncall history` lists all versions",
            on_page=f"the schedule has no version {version}; {newest}",
        )
    if note.kind == "undo":
        raise Refused(f"version {version} is an undo; make the change again instead")
    if note.undone_by is not None:
        raise Refused(f"version {version} is taken back already, by version {note.undone_by}")
    return note


def _time_of(schedule: Schedule, version: int) -> Window | None:
    """Return the span of a version that has not been undone; None if there is no such version."""
    spans = [each.window for each in schedule.overrides if each.version == version]
    spans += [each.span for each in schedule.publications if each.version == version]
    spans += [_time_away(each, schedule) for each in schedule.absences if each.version == version]
    return Window(min(span.start for span in spans), max(span.end for span in spans)) if spans else None


def _time_away(absence: StoredAbsence, schedule: Schedule) -> Window:
    zone = schedule.calendar.zone
    start, end = (datetime.combine(day, time()) for day in (absence.first_day, absence.last_day + timedelta(days=1)))
    return Window(first_instant(zone, start), first_instant(zone, end))


def _dependents(schedule: Schedule, version: int, now: datetime) -> Iterator[int]:
    """Yield the numbers of later changes that depend on this version: they change the same time and role."""
    own = [each for each in schedule.overrides if each.version == version]
    decided = _decided_by(schedule, version)
    for later in schedule.overrides:
        if later.version > version and later.window.end > now:
            is_on_plan = any(_overlap(later.window, window, now) for window in decided)
            if is_on_plan or any(_is_on(later, each, now) for each in own):
                yield later.version


def _decided_by(schedule: Schedule, version: int) -> list[Window]:
    """Return the time for which a publication decides who is on call.

    That is the part of its span that was in the future when it was published, without the same part of newer
    publications.
    """
    for publication in schedule.publications:
        if publication.version == version and publication.ahead is not None:
            newer = [each.ahead for each in schedule.publications if each.version > version]
            return parts_left(publication.ahead, [span for span in newer if span is not None])
    return []


def _is_on(later: Override, earlier: Override, now: datetime) -> bool:
    is_same = later.role == earlier.role or later.engineer == earlier.engineer
    return is_same and _overlap(later.window, earlier.window, now)


def _overlap(one: Window, other: Window, now: datetime) -> bool:
    return max(one.start, other.start, now) < min(one.end, other.end)


def _held_twice(after: Schedule, span: Window, now: datetime) -> Iterator[int]:
    """Yield the numbers of the changes by which an engineer would have two roles at once."""
    held = [each for each in after.assignments(span.start, span.end) if each.window.end > now]
    for number, one in enumerate(held):
        for other in held[number + 1 :]:
            if other.window.start >= one.window.end:
                break
            if one.engineer == other.engineer and one.role != other.role:
                yield from (each.override.version for each in (one, other) if each.override is not None)


def _refuse_dependents(schedule: Schedule, note: VersionNote, dependents: Sequence[int]) -> None:
    if not dependents:
        return
    later = [each for each in schedule.log if each.version in dependents]
    begins = (
        f"version {note.version} ({note.kind}) cannot be taken back, because later versions depend on it; "
        "take these back first"
    )
    lines = [f"  {_named(schedule, each, each.by)}" for each in later]
    on_page = [_named(schedule, each, schedule.name_of(each.by)) for each in later]
    raise Refused("\n".join([begins, *lines]), on_page="\n".join([begins, *on_page]))


def _named(schedule: Schedule, note: VersionNote, author: str) -> str:
    at = full_time(note.at, schedule.calendar.zone)
    return f"version {note.version}: {note.kind} by {author} on {at}, {note.reason}"
