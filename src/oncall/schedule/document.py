"""Schedule versions as JSON documents, and the schedule that a row of them adds up to.

Made to be read fast: "who is on call" is asked from the terminal in the dark. Times are epoch seconds, and a seat is
`[start, end, kind, number of the role, number of the person]`. Holidays are written down with the plan, so that a
published schedule neither needs the holidays library nor changes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from oncall.errors import Refused, StoreError
from oncall.rosters.roster import SHADOW, Roster
from oncall.schedule.availability import Availability, availability_document
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.schedule import Override, Person, Publication, Schedule, SpanSet
from oncall.support.calendar import SupportCalendar
from oncall.support.coverage_days import MONDAY_TO_FRIDAY
from oncall.support.holidays import NO_HOLIDAYS, HolidayCalendar
from oncall.support.windows import WeekSpan, Window, WindowKind

_Version = TypeVar("_Version", Publication, Override)

FORMAT = 1
PUBLISH, OVERRIDE = "publish", "override"


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One change of the schedule as the store keeps it. at: aware UTC. kind: PUBLISH or OVERRIDE."""

    version: int
    at: datetime
    kind: str
    by: str
    reason: str
    document: Mapping[str, Any]


def publication_document(plan: Plan, roster: Roster) -> dict[str, Any]:
    """What a publication of this plan, made for this roster, has to keep.

    Raises Refused when the plan has no shifts, or names a role or an engineer that the roster does not have.
    """
    if not plan.seats:
        raise Refused("the plan has no shifts; there is nothing to publish")
    people = [engineer.id for engineer in roster.engineers]
    _refuse_strangers("engineer", {seat.engineer for seat in plan.seats}, people)
    covering = [seat for seat in plan.seats if seat.role != SHADOW]
    _refuse_strangers("role", {seat.role for seat in covering}, roster.rules.roles)
    span = plan.window
    return {
        "format": FORMAT,
        "team": roster.team,
        "timezone": roster.zone.key,
        "policy_timezone": roster.policy.zone.key,
        "week": [[str(week.kind), week.start_minute, week.end_minute] for week in roster.policy.spans],
        **_coverage_days(roster.policy.coverage_days),
        "holidays": _holidays(roster.holidays, span.start.year - 1, span.end.year + 1),
        "roles": list(roster.rules.roles),
        "people": [
            {**_person(e.id, e.name, e.phone, e.email, e.zone), **availability_document(e, roster.rules.roles)}
            for e in roster.engineers
        ],
        "manager": (m := roster.manager) and _person(m.id, m.name, m.phone, m.email, roster.zone),
        "span": _epochs(span),
        "seats": [
            [*_epochs(seat.window), str(seat.kind), roster.rules.roles.index(seat.role), people.index(seat.engineer)]
            for seat in covering
        ],
        **_shadows(plan, people),
    }


def _coverage_days(days: tuple[int, ...]) -> dict[str, Any]:
    """Return the key of the days of 24x5; none for Monday to Friday, which a document without the key means."""
    return {} if days == MONDAY_TO_FRIDAY else {"coverage_days": list(days)}


def _shadows(plan: Plan, people: Sequence[str]) -> dict[str, Any]:
    """Who comes along where, for the people's own lists; nobody is paged by it. No key where nobody does."""
    found = [seat for seat in plan.seats if seat.role == SHADOW]
    seats = [[*_epochs(seat.window), str(seat.kind), people.index(seat.engineer)] for seat in found]
    return {"shadows": seats} if seats else {}


def override_document(window: Window, role: str, engineer: str) -> dict[str, Any]:
    """What an override has to keep; see `changes.check_override` for whether it may be."""
    return {"format": FORMAT, "span": _epochs(window), "role": role, "engineer": engineer}


def schedule_from_rows(rows: Sequence[VersionRow], fallback: SupportCalendar) -> Schedule:
    """The schedule that these versions add up to, in whatever order they come. `fallback`: hours before any plan.

    A publication that was whole to come and that newer ones replace keeps its place and people but not its seats,
    which no answer needs. Raises StoreError for a version that cannot be read.
    """
    publications: list[Publication] = []
    overrides: list[Override] = []
    replaced = SpanSet()
    for row in sorted(rows, key=lambda row: row.version, reverse=True):
        if row.kind == PUBLISH:
            publications.append(_decoded(row, lambda row: _publication(row, replaced)))
        elif row.kind == OVERRIDE:
            overrides.append(_decoded(row, _override))
        else:
            raise StoreError(
                f'schedule version {row.version} is of the kind "{row.kind}", which this version of oncall '
                "does not know; use the one that wrote it"
            )
    return Schedule(tuple(reversed(publications)), tuple(reversed(overrides)), fallback)


def calendar_in(publication: VersionRow) -> SupportCalendar:
    """The hours that a publication keeps."""
    return _decoded(publication, lambda row: _publication(row, SpanSet())).calendar


def window_of(document: Mapping[str, Any]) -> Window:
    """The span that a version speaks of: a plan's first start to its last end, or an override's window."""
    return _window(*document["span"])


def _refuse_strangers(what: str, named: set[str], known: Sequence[str]) -> None:
    strangers = sorted(named.difference(known))
    if strangers:
        raise Refused(
            f"the plan names {what} {', '.join(strangers)}, which the roster does not have; it has {', '.join(known)}"
        )


def _holidays(code: str | None, first: int, last: int) -> dict[str, Any] | None:
    if code is None:
        return None
    years = HolidayCalendar(code).known_years(first, last)
    return {
        "code": code,
        "years": {str(year): sorted(day.isoformat() for day in days) for year, days in years.items()},
    }


def _person(person_id: str, name: str, phone: str, email: str | None, zone: ZoneInfo) -> dict[str, Any]:
    return {"id": person_id, "name": name, "phone": phone, "email": email, "timezone": zone.key}


def _epochs(window: Window) -> list[float]:
    return [_epoch(window.start), _epoch(window.end)]


def _epoch(at: datetime) -> float:
    return at.timestamp() if at.microsecond else int(at.timestamp())


def _decoded(row: VersionRow, decode: Callable[[VersionRow], _Version]) -> _Version:
    if row.document.get("format") != FORMAT:
        raise StoreError(
            f"schedule version {row.version} has format {row.document.get('format')!r}, and this oncall reads "
            f"{FORMAT}; use the one that wrote it"
        )
    try:
        return decode(row)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
        raise StoreError(f"schedule version {row.version} is damaged: {type(error).__name__}: {error}") from error


def _publication(row: VersionRow, replaced: SpanSet) -> Publication:
    document = row.document
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
    return replace(publication, seats=_seats_of(document, list(people)))


def _override(row: VersionRow) -> Override:
    document = row.document
    window = window_of(document)
    return Override(row.version, row.at, row.by, row.reason, window, document["role"], document["engineer"])


def _calendar_of(document: Mapping[str, Any]) -> SupportCalendar:
    holidays = NO_HOLIDAYS
    if written := document["holidays"]:
        years = {int(year): frozenset(map(date.fromisoformat, days)) for year, days in written["years"].items()}
        holidays = HolidayCalendar(written["code"], years)
    spans = tuple(WeekSpan(WindowKind(kind), start, end) for kind, start, end in document["week"])
    days = tuple(document.get("coverage_days", MONDAY_TO_FRIDAY))
    return SupportCalendar(ZoneInfo(document["policy_timezone"]), spans, holidays, days)


def _seats_of(document: Mapping[str, Any], people: list[str]) -> tuple[Seat, ...]:
    roles = document["roles"]
    kinds = {str(kind): kind for kind in WindowKind}
    # The roles of one shift share its window.
    windows: dict[tuple[float, float], Window] = {}
    seats = []
    for start, end, kind, role, person in document["seats"]:
        window = windows.get((start, end))
        if window is None:
            window = windows[start, end] = _window(start, end)
        seats.append(Seat(window, kinds[kind], roles[role], people[person]))
    return tuple(seats)


def _person_of(written: Mapping[str, Any]) -> Person:
    zone = ZoneInfo(written["timezone"])
    # Publications of before have no such key; of their people nothing is known.
    availability = Availability(written.get("availability", {}))
    return Person(written["id"], written["name"], written["phone"], zone, written["email"], availability)


def _window(start: float, end: float) -> Window:
    return Window(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))
