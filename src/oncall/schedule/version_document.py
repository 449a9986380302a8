"""Versions of the schedule as JSON documents, and the schedule that all versions together make.

The form is made to be read fast, because engineers ask at night who is on call: times are epoch seconds, and a seat
names its role and its engineer by their number. The holidays are part of a publication, so that a published schedule
neither needs the holidays library nor changes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, NotRequired, TypedDict, TypeVar, cast
from zoneinfo import ZoneInfo

from oncall.errors import Refused, StoreError
from oncall.schedule.availability import Availability, AvailabilityDocument
from oncall.schedule.schedule import Schedule
from oncall.schedule.seat import Seat
from oncall.schedule.span_set import SpanSet
from oncall.schedule.versions import Override, Person, Publication
from oncall.support.calendar import SupportCalendar
from oncall.support.coverage_days import MONDAY_TO_FRIDAY
from oncall.support.holidays import NO_HOLIDAYS, CompanyDays, HolidayCalendar, OwnDay
from oncall.support.windows import WeekSpan, Window, WindowKind

if TYPE_CHECKING:
    from oncall.rosters.roster import Roster
    from oncall.schedule.plan import Plan

_Decoded = TypeVar("_Decoded")

FORMAT = 1
PUBLISH, OVERRIDE = "publish", "override"


class PersonDocument(TypedDict):
    """An engineer or the manager. Versions of earlier programs have no `availability`."""

    id: str
    name: str
    phone: str
    email: str | None
    timezone: str
    availability: NotRequired[AvailabilityDocument]


class HolidaysDocument(TypedDict):
    """The roster's holiday codes, and the dates (ISO 8601) of each year that the plan touches."""

    code: str
    """The codes, with commas between them; empty for none."""
    years: dict[str, list[str]]
    own: NotRequired[list[list[str]]]
    """Date and name of each day that the roster adds."""
    dropped: NotRequired[list[str]]
    """The dates that the roster takes away."""


class PublicationDocument(TypedDict):
    """A published plan, with the people and the hours that it was made for."""

    format: int
    team: str
    timezone: str
    policy_timezone: str
    week: list[tuple[str, int, int] | tuple[str, int, int, bool]]
    """Kind, first and last minute of the week, of each window; and whether it is a weekend, if the policy says so."""
    coverage_days: NotRequired[list[int]]
    """The days of 24x5, Monday is 0; absent for Monday to Friday."""
    holidays: HolidaysDocument | None
    roles: list[str]
    people: list[PersonDocument]
    manager: PersonDocument | None
    span: tuple[float, float]
    seats: list[tuple[float, float, str, int, int]]
    """Start, end, kind, number of the role and number of the engineer of each seat that covers a shift."""
    shadows: NotRequired[list[tuple[float, float, str, int]]]
    """Start, end, kind and number of the engineer of each seat of a shadow; shadows are never paged."""


class OverrideDocument(TypedDict):
    """An override of one role in one span."""

    format: int
    span: tuple[float, float]
    role: str
    engineer: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version as the store keeps it. at: aware UTC. kind: PUBLISH or OVERRIDE. document: decoded JSON."""

    version: int
    at: datetime
    kind: str
    by: str
    reason: str
    document: Mapping[str, object]


def publication_document(plan: Plan, roster: Roster) -> PublicationDocument:
    """Return the document of a publication of this plan, made for this roster.

    Raises Refused when the plan has no shifts, or names a role or an engineer that the roster does not have.
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
        "holidays": _holidays(roster.holidays, span.start.year - 1, span.end.year + 1),
        "roles": list(roles),
        "people": _people(roster, range(span.start.year - 1, span.end.year + 2)),
        "manager": _person(m.id, m.name, m.phone, m.email, roster.zone) if (m := roster.manager) is not None else None,
        "span": _epochs(span),
        "seats": [
            (*_epochs(seat.window), str(seat.kind), roles.index(seat.role), people.index(seat.engineer))
            for seat in covering
        ],
    }
    if roster.policy.coverage_days != MONDAY_TO_FRIDAY:
        document["coverage_days"] = list(roster.policy.coverage_days)
    if shadows := [seat for seat in plan.seats if seat.role == SHADOW]:
        document["shadows"] = [(*_epochs(s.window), str(s.kind), people.index(s.engineer)) for s in shadows]
    return document


def _week_span(span: WeekSpan) -> tuple[str, int, int] | tuple[str, int, int, bool]:
    hours = str(span.kind), span.start_minute, span.end_minute
    return hours if span.marked_weekend is None else (*hours, span.marked_weekend)


def override_document(window: Window, role: str, engineer: str) -> OverrideDocument:
    """Return the document of an override; `override_checks` judges whether it may be made."""
    return {"format": FORMAT, "span": _epochs(window), "role": role, "engineer": engineer}


def schedule_from_rows(
    rows: Sequence[VersionRow], fallback: SupportCalendar, *, within: Window | None = None
) -> Schedule:
    """Return the schedule that these versions make, in whatever order they come. `fallback`: the hours before any plan.

    A publication that newer ones replace from its first shift on gets no seats, because no answer needs them.
    within: build only the seats that touch this window; the schedule then answers for instants inside it alone. None:
    build all seats. Raises StoreError for a version that cannot be read.
    """
    publications: list[Publication] = []
    overrides: list[Override] = []
    replaced = SpanSet()
    for row in sorted(rows, key=lambda row: row.version, reverse=True):
        if row.kind == PUBLISH:
            publications.append(_decoded(row, lambda row: _publication(row, replaced, within)))
        elif row.kind == OVERRIDE:
            overrides.append(_decoded(row, _override))
        else:
            raise StoreError(
                f'schedule version {row.version} is of the kind "{row.kind}", which this version of oncall '
                "does not know; use the one that wrote it"
            )
    return Schedule(tuple(reversed(publications)), tuple(reversed(overrides)), fallback)


def calendar_in(publication: VersionRow) -> SupportCalendar:
    """Return the hours of a publication."""
    return _decoded(publication, lambda row: _calendar_of(cast(PublicationDocument, row.document)))


def window_of(document: Mapping[str, object]) -> Window:
    """Return the time that a version is about: a plan's first start to its last end, or an override's window."""
    return _window(*cast(tuple[float, float], document["span"]))


def _refuse_unknown(what: str, named: set[str], known: Sequence[str]) -> None:
    unknown = sorted(named.difference(known))
    if unknown:
        raise Refused(
            f"the plan names {what} {', '.join(unknown)}, which the roster does not have; it has {', '.join(known)}"
        )


def _holidays(days: CompanyDays | None, first: int, last: int) -> HolidaysDocument | None:
    if days is None:
        return None
    years = HolidayCalendar(days).known_years(first, last)
    document: HolidaysDocument = {
        "code": ",".join(days.codes),
        "years": {str(year): sorted(day.isoformat() for day in found) for year, found in years.items()},
    }
    if days.own:
        document["own"] = [[each.day.isoformat(), each.name] for each in days.own]
    if days.dropped:
        document["dropped"] = [day.isoformat() for day in days.dropped]
    return document


def _company_days(document: HolidaysDocument) -> CompanyDays:
    own = tuple(OwnDay(date.fromisoformat(day), name) for day, name in document.get("own", ()))
    dropped = tuple(map(date.fromisoformat, document.get("dropped", ())))
    return CompanyDays(tuple(filter(None, document["code"].split(","))), own, dropped)


def _people(roster: Roster, years: Sequence[int]) -> list[PersonDocument]:
    from oncall.rosters.time_off import days_off_rule
    from oncall.schedule.availability_checks import availability_document

    people, rule = [], days_off_rule(roster)
    for engineer in roster.engineers:
        person = _person(engineer.id, engineer.name, engineer.phone, engineer.email, engineer.zone)
        if availability := availability_document(engineer, roster.rules.roles, rule, years):
            person["availability"] = availability
        people.append(person)
    return people


def _person(person_id: str, name: str, phone: str, email: str | None, zone: ZoneInfo) -> PersonDocument:
    return {"id": person_id, "name": name, "phone": phone, "email": email, "timezone": zone.key}


def _epochs(window: Window) -> tuple[float, float]:
    return _epoch(window.start), _epoch(window.end)


def _epoch(at: datetime) -> float:
    return at.timestamp() if at.microsecond else int(at.timestamp())


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


def _publication(row: VersionRow, replaced: SpanSet, within: Window | None) -> Publication:
    document = cast(PublicationDocument, row.document)
    people = {person["id"]: _person_of(person) for person in document["people"]}
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
        span=window_of(document),
        seats=(),
    )
    is_needed = publication.ahead is not None and replaced.take(publication.ahead)
    if not is_needed and publication.behind is None:
        return publication
    return replace(publication, seats=_seats_of(document, list(people), within))


def _override(row: VersionRow) -> Override:
    document = cast(OverrideDocument, row.document)
    window = window_of(document)
    return Override(row.version, row.at, row.by, row.reason, window, document["role"], document["engineer"])


def _calendar_of(document: PublicationDocument) -> SupportCalendar:
    holidays = NO_HOLIDAYS
    if written := document["holidays"]:
        years = {int(year): frozenset(map(date.fromisoformat, days)) for year, days in written["years"].items()}
        holidays = HolidayCalendar(_company_days(written), years)
    spans = tuple(WeekSpan(WindowKind(span[0]), *span[1:]) for span in document["week"])
    days = tuple(document.get("coverage_days", MONDAY_TO_FRIDAY))
    return SupportCalendar(ZoneInfo(document["policy_timezone"]), spans, holidays, days)


def _seats_of(document: PublicationDocument, people: Sequence[str], within: Window | None) -> tuple[Seat, ...]:
    written = document["seats"]
    if within is not None:
        first, last = _epochs(within)
        written = [seat for seat in written if seat[1] > first and seat[0] < last]
    roles = document["roles"]
    # The roles of one shift share its window.
    windows: dict[tuple[float, float], Window] = {}
    seats = []
    for start, end, kind, role, person in written:
        window = windows.get((start, end))
        if window is None:
            window = windows[start, end] = _window(start, end)
        seats.append(Seat(window, WindowKind(kind), roles[role], people[person]))
    return tuple(seats)


def _person_of(document: PersonDocument) -> Person:
    availability = Availability(document.get("availability", {}))
    zone = ZoneInfo(document["timezone"])
    return Person(document["id"], document["name"], document["phone"], zone, document["email"], availability)


def _window(start: float, end: float) -> Window:
    return Window(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))
