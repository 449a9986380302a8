"""Stores versions of the schedule as JSON documents, and builds the schedule from all versions.

The form is fast to read, because engineers ask at night who is on call: times are seconds since 1970, and a seat names
its role and its engineer by their number. A publication includes the holidays, so that a published schedule does not
need the holidays library and does not change with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, NotRequired, TypedDict, TypeVar, cast
from zoneinfo import ZoneInfo

from oncall.errors import Refused, StoreError
from oncall.schedule.absences import StoredAbsence
from oncall.schedule.availability import Availability, AvailabilityDocument
from oncall.schedule.change_document import (
    AWAY,
    CHANGES,
    FORMAT,
    OVERRIDE,
    PUBLISH,
    UNDO,
    UndoDocument,
    absence_with,
    epochs,
    override_document,
    pieces_of,
    window,
    window_of,
)
from oncall.schedule.holidays_document import HolidaysDocument, company_days_in, holidays_document
from oncall.schedule.schedule import Schedule
from oncall.schedule.seat import Seat
from oncall.schedule.span_set import SpanSet
from oncall.schedule.versions import Override, Person, Publication, PublishedProof, VersionNote
from oncall.schedule.workload import WorkloadDocument, workload_document, workload_in
from oncall.support.calendar import SupportCalendar, shared
from oncall.support.coverage_days import MONDAY_TO_FRIDAY
from oncall.support.holidays import NO_HOLIDAYS, HolidayCalendar
from oncall.support.windows import WeekSpan, Window, WindowKind

if TYPE_CHECKING:
    from oncall.rosters.roster import Roster
    from oncall.schedule.plan import Plan

_Decoded = TypeVar("_Decoded")

__all__ = [
    "OVERRIDE",
    "PUBLISH",
    "VersionRow",
    "calendar_in",
    "override_document",
    "publication_document",
    "publications_in_force",
    "schedule_from_rows",
    "window_of",
]


class PersonDocument(TypedDict):
    """An engineer or the manager. Early versions of oncall wrote no `availability` and no `workload`."""

    id: str
    name: str
    phone: str
    email: str | None
    timezone: str
    availability: NotRequired[AvailabilityDocument]
    workload: NotRequired[WorkloadDocument]


class PublicationDocument(TypedDict):
    """A published plan, with the people and the hours for which it was made. Times are seconds since 1970."""

    format: int
    team: str
    timezone: str
    policy_timezone: str
    week: list[tuple[str, int, int] | tuple[str, int, int, bool]]
    """The kind, the first and the last minute of the week of each window; then whether it is a weekend, if set."""
    coverage_days: NotRequired[list[int]]
    """The days of the week with 24x5 coverage (Monday is 0); absent for Monday to Friday."""
    holidays: HolidaysDocument | None
    roles: list[str]
    people: list[PersonDocument]
    manager: PersonDocument | None
    span: tuple[float, float]
    policy_from: NotRequired[float]
    """When its policy and hours come into force; absent for the time of publication."""
    seats: list[tuple[float, float, str, int, int]]
    """For each seat that covers a shift: start, end, kind, number of the role and number of the engineer."""
    proof: NotRequired[tuple[str, int, int]]
    """Status, fairness cost and bound of the plan; absent for a plan without a proof."""
    shadows: NotRequired[list[tuple[float, float, str, int]]]
    """For each shift of a shadow: start, end, kind and number of the engineer. Shadows are never paged."""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One stored version. at: aware UTC. kind: see `change_document`. document: the decoded JSON."""

    version: int
    at: datetime
    kind: str
    by: str
    reason: str
    document: Mapping[str, object]


def publication_document(plan: Plan, roster: Roster) -> PublicationDocument:
    """Return the document to store when this plan is published. roster: the roster for which it was made.

    Raises Refused if the plan has no shifts, or names a role or an engineer that the roster does not have.
    """
    # Publishing needs rosters; reading a version does not, and their import takes long.
    from oncall.rosters.roster import SHADOW

    if not plan.seats:
        raise Refused("the plan has no shifts; there is nothing to publish")
    people, roles = [engineer.id for engineer in roster.engineers], roster.rules.roles
    _refuse_unknown("engineer", {seat.engineer for seat in plan.seats}, people)
    covering = [seat for seat in plan.seats if seat.role != SHADOW]
    _refuse_unknown("role", {seat.role for seat in covering}, roles)
    span = plan.window
    document: PublicationDocument = {
        "format": FORMAT,
        "team": roster.team,
        "timezone": roster.zone.key,
        "policy_timezone": roster.policy.zone.key,
        "week": [_week_span(span) for span in roster.policy.spans],
        "holidays": holidays_document(roster.holidays, span.start.year - 1, span.end.year + 1),
        "roles": list(roles),
        "people": _people(roster, range(span.start.year - 1, span.end.year + 2)),
        "manager": _person(m.id, m.name, m.phone, m.email, roster.zone) if (m := roster.manager) is not None else None,
        "span": epochs(span),
        "seats": [
            (*epochs(seat.window), str(seat.kind), roles.index(seat.role), people.index(seat.engineer))
            for seat in covering
        ],
    }
    if roster.policy.coverage_days != MONDAY_TO_FRIDAY:
        document["coverage_days"] = list(roster.policy.coverage_days)
    if plan.status is not None and plan.fairness is not None:
        document["proof"] = (plan.status.value, plan.fairness.cost, plan.fairness.bound)
    if shadows := [seat for seat in plan.seats if seat.role == SHADOW]:
        document["shadows"] = [(*epochs(s.window), str(s.kind), people.index(s.engineer)) for s in shadows]
    return document


def _week_span(span: WeekSpan) -> tuple[str, int, int] | tuple[str, int, int, bool]:
    hours = str(span.kind), span.start_minute, span.end_minute
    return hours if span.marked_weekend is None else (*hours, span.marked_weekend)


def schedule_from_rows(
    rows: Sequence[VersionRow], fallback: SupportCalendar, *, within: Window | None = None
) -> Schedule:
    """Build the schedule from its versions, given in any order. fallback: the hours where no plan is published.

    A publication that newer ones replace from its first shift on gets no seats, because no answer needs them.
    within: build only the seats that overlap this window; the schedule is then valid only for instants inside it. None:
    build all seats. Raises StoreError for a version that cannot be read.
    """
    publications: list[Publication] = []
    overrides: list[Override] = []
    replaced = SpanSet()
    undone = _undone(rows)
    for row in sorted(rows, key=lambda row: row.version, reverse=True):
        # A change counts from a whole second on, and so does its undo.
        until = undone[row.version].at.replace(microsecond=0) if row.version in undone else None
        if row.kind == PUBLISH:
            publications += _decoded(row, partial(_publication, undone_at=until, replaced=replaced, within=within))
        elif row.kind in CHANGES:
            overrides += _decoded(row, partial(_overrides, undone_at=until))
        elif row.kind != UNDO:
            raise StoreError(
                f'schedule version {row.version} is of the kind "{row.kind}", which this version of oncall '
                "does not know; use the one that wrote it"
            )
    ordered = sorted(rows, key=lambda row: row.version)
    log = [_note(row, undone) for row in ordered]
    away = (_decoded(row, _absence) for row in ordered if row.kind == AWAY and row.version not in undone)
    absences = tuple(each for each in away if each is not None)
    return Schedule(tuple(reversed(publications)), tuple(reversed(overrides)), fallback, tuple(log), absences)


def publications_in_force(rows: Sequence[VersionRow]) -> list[VersionRow]:
    """Return the publications that no undo took back, in the order of the rows."""
    undone = _undone(rows)
    return [row for row in rows if row.kind == PUBLISH and row.version not in undone]


def _absence(row: VersionRow) -> StoredAbsence | None:
    return absence_with(row.version, row.document)


def _undone(rows: Sequence[VersionRow]) -> dict[int, VersionRow]:
    """Return the undos, by the number of the version that each took back."""
    return {_decoded(row, _undoes): row for row in rows if row.kind == UNDO}


def _undoes(row: VersionRow) -> int:
    return cast(UndoDocument, row.document)["undoes"]


def _note(row: VersionRow, undone: Mapping[int, VersionRow]) -> VersionNote:
    kind = "publication" if row.kind == PUBLISH else row.kind
    undoes = _undoes(row) if row.kind == UNDO else None
    undone_by = undone[row.version].version if row.version in undone else None
    return VersionNote(row.version, row.at, kind, row.by, row.reason, undoes, undone_by)


def calendar_in(publication: VersionRow) -> SupportCalendar:
    """Return the support hours of a publication."""
    return _decoded(publication, lambda row: _calendar_of(cast(PublicationDocument, row.document)))


def _refuse_unknown(what: str, named: set[str], known: Sequence[str]) -> None:
    unknown = sorted(named.difference(known))
    if unknown:
        raise Refused(
            f"the plan names {what} {', '.join(unknown)}, which the roster does not have; it has {', '.join(known)}"
        )


def _people(roster: Roster, years: Sequence[int]) -> list[PersonDocument]:
    from oncall.rosters.time_off import days_off_rule
    from oncall.schedule.availability_checks import availability_document

    people, rule = [], days_off_rule(roster)
    for engineer in roster.engineers:
        person = _person(engineer.id, engineer.name, engineer.phone, engineer.email, engineer.zone)
        if availability := availability_document(engineer, roster.rules.roles, rule, years):
            person["availability"] = availability
        person["workload"] = workload_document(engineer)
        people.append(person)
    return people


def _person(person_id: str, name: str, phone: str, email: str | None, zone: ZoneInfo) -> PersonDocument:
    return {"id": person_id, "name": name, "phone": phone, "email": email, "timezone": zone.key}


def _decoded(row: VersionRow, decode: Callable[[VersionRow], _Decoded]) -> _Decoded:
    if row.document.get("format") != FORMAT:
        raise StoreError(
            f"schedule version {row.version} has format {row.document.get('format')!r}, and this oncall reads "
            f"{FORMAT}; use the one that wrote it"
        )
    try:
        return decode(row)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
        raise StoreError(f"schedule version {row.version} is damaged: {type(error).__name__}: {error}") from error


def _publication(
    row: VersionRow, undone_at: datetime | None, replaced: SpanSet, within: Window | None
) -> list[Publication]:
    """Return a list with the publication; an empty list if it was undone before its span began."""
    document = cast(PublicationDocument, row.document)
    people = {person["id"]: _person_of(person) for person in document["people"]}
    span = _before(window_of(document), undone_at)
    if span is None:
        return []
    publication = Publication(
        version=row.version,
        at=row.at,
        by=row.by,
        reason=row.reason,
        team=document["team"],
        zone=ZoneInfo(document["timezone"]),
        roles=tuple(document["roles"]),
        calendar=_calendar_of(document),
        people=people,
        manager=_person_of(document["manager"]) if document["manager"] else None,
        span=span,
        seats=(),
        undone_at=undone_at,
        policy_from=datetime.fromtimestamp(begins, UTC) if (begins := document.get("policy_from")) else None,
        proof=PublishedProof(*proof) if (proof := document.get("proof")) else None,
    )
    is_needed = publication.ahead is not None and replaced.take(publication.ahead)
    if not is_needed and publication.behind is None:
        return [publication]
    seats = _seats_of(document, list(people), within)
    if undone_at is not None:
        seats = tuple(seat for seat in seats if seat.window.start < span.end)
    return [replace(publication, seats=seats)]


def _overrides(row: VersionRow, undone_at: datetime | None) -> list[Override]:
    """Return the pieces of a change, the last one first. A piece that was undone before it began is left out."""
    cut = [(piece, _before(piece.window, undone_at)) for piece in reversed(pieces_of(row.document))]
    return [
        Override(row.version, row.at, row.by, row.reason, window, piece.role, piece.engineer, row.kind)
        for piece, window in cut
        if window is not None
    ]


def _before(span: Window, end: datetime | None) -> Window | None:
    """Return the part of a window before `end`; None if there is none. If `end` is None, return the whole window."""
    if end is None or span.end <= end:
        return span
    return Window(span.start, end) if span.start < end else None


def _calendar_of(document: PublicationDocument) -> SupportCalendar:
    holidays = NO_HOLIDAYS
    if written := document["holidays"]:
        years = {int(year): frozenset(map(date.fromisoformat, days)) for year, days in written["years"].items()}
        holidays = HolidayCalendar(company_days_in(written), years)
    spans = tuple(WeekSpan(WindowKind(span[0]), *span[1:]) for span in document["week"])
    days = tuple(document.get("coverage_days", MONDAY_TO_FRIDAY))
    return shared(SupportCalendar(ZoneInfo(document["policy_timezone"]), spans, holidays, days))


def _seats_of(document: PublicationDocument, people: Sequence[str], within: Window | None) -> tuple[Seat, ...]:
    written = document["seats"]
    if within is not None:
        first, last = epochs(within)
        written = [seat for seat in written if seat[1] > first and seat[0] < last]
    roles = document["roles"]
    # The roles of one shift share its window.
    windows: dict[tuple[float, float], Window] = {}
    seats = []
    for start, end, kind, role, person in written:
        found = windows.get((start, end))
        if found is None:
            found = windows[start, end] = window(start, end)
        seats.append(Seat(found, WindowKind(kind), roles[role], people[person]))
    return tuple(seats)


def _person_of(document: PersonDocument) -> Person:
    availability = Availability(document.get("availability", {}))
    zone, workload = ZoneInfo(document["timezone"]), workload_in(document.get("workload"))
    return Person(document["id"], document["name"], document["phone"], zone, document["email"], availability, workload)
