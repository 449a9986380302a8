"""The published schedule, with the functions that find out who is on call."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from oncall.schedule.absences import StoredAbsence
from oncall.schedule.timeline import Assignment, Timeline, timeline_of
from oncall.schedule.versions import Override, Person, Piece, Publication, VersionNote
from oncall.support.calendar import SupportCalendar
from oncall.support.phones import canonical_phone
from oncall.support.windows import KindWindow, Window, WindowKind

_WEEK = timedelta(days=7)
_INSTANT = timedelta(microseconds=1)
"""The resolution of time: the last instant of a window is its end minus this."""


@dataclass(frozen=True, slots=True)
class RoleHolder:
    """The engineer who has a role, and until when (aware UTC).

    override: the override that put them on call, or None.
    """

    engineer: str
    until: datetime
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call at one instant. window: the window that contains the instant.

    roles: who has each role; empty in business hours. missing: roles that should be filled but that no one has.
    """

    at: datetime
    window: KindWindow
    roles: Mapping[str, RoleHolder]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Schedule:
    """The publications and the pieces of all changes, each in version order.

    A version that was undone before it began is in neither; a version that was undone later ends at the undo. fallback:
    the support hours that apply where no plan is published. log: every version, the oldest first. absences: the
    absences that were entered after a roster was published.
    """

    publications: tuple[Publication, ...]
    overrides: tuple[Override, ...]
    fallback: SupportCalendar = field(compare=False)
    log: tuple[VersionNote, ...] = field(default=(), compare=False)
    absences: tuple[StoredAbsence, ...] = field(default=(), compare=False)

    @property
    def newest(self) -> int:
        """Return the number of the newest version; 0 if there is none."""
        return self.log[-1].version if self.log else 0

    @property
    def latest(self) -> Publication | None:
        """Return the publication with the highest version that no undo took back; None if there is none."""
        return next((each for each in reversed(self.publications) if each.undone_at is None), None)

    def with_pieces(self, pieces: Sequence[Piece], kind: str, at: datetime) -> Schedule:
        """Return this schedule with one more change. kind: of the new version. at: when it is made (aware UTC)."""
        made = (Override(self.newest + 1, at, "", "", p.window, p.role, p.engineer, kind) for p in pieces)
        return replace(self, overrides=(*self.overrides, *made))

    @property
    def calendar(self) -> SupportCalendar:
        """Return the support hours of the latest publication, or the fallback hours if nothing is published."""
        return self.latest.calendar if self.latest else self.fallback

    @property
    def manager(self) -> Person | None:
        """Return the manager of the latest publication; None if there is none."""
        return self.latest.manager if self.latest else None

    @cached_property
    def people(self) -> dict[str, Person]:
        """Return every engineer and manager of any publication, by id, from the latest publication that names them."""
        return {person.id: person for publication in self._by_strength for person in _people_of(publication)}

    def name_of(self, person: str) -> str:
        """Return the name of the person with this id; the id itself if no publication names the person."""
        return self.people[person].name if person in self.people else person

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """Return the roles of all publications, the latest first; primary and secondary if nothing is published."""
        named = [role for publication in reversed(self._by_strength) for role in publication.roles]
        return tuple(dict.fromkeys(named)) or ("primary", "secondary")

    def person_with_phone(self, number: str) -> Person | None:
        """Return the person with this phone number (E.164) on the newest roster that has it; None if no one has it."""
        return self._people_by_phone.get(canonical_phone(number))

    @cached_property
    def _by_strength(self) -> list[Publication]:
        """Return all publications, the weakest first: undone ones, then the others, each group in version order."""
        return sorted(self.publications, key=lambda each: each.undone_at is None)

    @cached_property
    def _people_by_phone(self) -> dict[str, Person]:
        people = (person for publication in self._by_strength for person in _people_of(publication))
        return {canonical_phone(person.phone): person for person in people}

    def phone_since(self, person_id: str) -> datetime | None:
        """Return when the person's current phone number was first published (aware UTC); None for an unknown person."""
        since, number = None, None
        for publication in self._by_strength:
            named = next((person for person in _people_of(publication) if person.id == person_id), None)
            if named is not None and named.phone != number:
                since, number = publication.at, named.phone
        return since

    def in_force(self, at: datetime) -> Publication | None:
        """Return the publication whose policy, hours, roles and manager are in force at `at`; None if there is none.

        The first choice is the newest publication whose policy is in force at `at` and whose plan covers `at`. If no
        plan covers `at`, it is the newest publication whose policy is in force; before the first publication, the first
        one.
        """
        ahead = (p for p in reversed(self.publications) if p.holds_at(at) and p.ahead is not None and at in p.ahead)
        behind = (p for p in self.publications if p.behind is not None and at in p.behind)
        holding = (p for p in reversed(self.publications) if p.holds_at(at))
        oldest = (p for p in self.publications if p.undone_at is None)
        return next(ahead, None) or next(behind, None) or next(holding, None) or next(oldest, None)

    def policy_version_at(self, at: datetime) -> int:
        """Return the version of the publication whose policy is in force at `at`; 0 for the packaged policy."""
        publication = self.in_force(at)
        return publication.version if publication is not None else 0

    def calendar_at(self, at: datetime) -> SupportCalendar:
        """Return the support hours that are in force at `at` (aware UTC)."""
        publication = self.in_force(at)
        return publication.calendar if publication is not None else self.fallback

    def roles_at(self, at: datetime) -> tuple[str, ...]:
        """Return the roles that must be filled in on-call time at `at` (aware UTC)."""
        publication = self.in_force(at)
        return publication.roles if publication is not None else self.roles

    def manager_at(self, at: datetime) -> Person | None:
        """Return the manager who is paged last at `at` (aware UTC); None if there is none."""
        publication = self.in_force(at)
        return publication.manager if publication is not None else None

    @cached_property
    def _edges(self) -> list[datetime]:
        """Return the instants, in order, at which the support hours of another publication may come into force."""
        return sorted({edge for p in self.publications for edge in (p.span.start, p.span.end, p.holds_from)})

    def windows(self, start: datetime, end: datetime) -> Iterator[KindWindow]:
        """Yield the windows of [start, end), also cut where another publication's hours may come into force."""
        edges, at = self._edges, start
        while at < end:
            window = self.calendar_at(at).window_at(at)
            following = bisect_right(edges, at)
            stop = min([window.end, end, *edges[following : following + 1]])
            yield KindWindow(at, stop, window.kind)
            at = stop

    def window_at(self, at: datetime) -> KindWindow:
        """Return the window that contains `at`. It ends early if other hours come into force and change its kind."""
        window = self.calendar_at(at).window_at(at)
        if not any(at < edge < window.end for edge in self._edges):
            return window
        end = at
        for part in self.windows(at, at + _WEEK):
            if part.kind != window.kind:
                break
            end = part.end
        return KindWindow(window.start, end, window.kind)

    def who(self, at: datetime) -> OnCall:
        """Return who is on call at `at` (aware UTC), in every role. In business hours there is no one."""
        window = self.window_at(at)
        if window.kind is WindowKind.BUSINESS:
            return OnCall(at, window, {}, ())
        roles = self.roles_at(at)
        holders = {role: holder for role in roles if (holder := self._holder(role, at)) is not None}
        return OnCall(at, window, holders, tuple(role for role in roles if role not in holders))

    def responders(self, at: datetime) -> OnCall:
        """Return the people whom the pager reaches at `at` (aware UTC).

        They are the people on call; in business hours, those of the last shift.
        """
        on_call = self.who(at)
        if on_call.window.kind is not WindowKind.BUSINESS:
            return on_call
        before = self.who(self._last_on_call_before(on_call.window))
        return OnCall(at, on_call.window, before.roles, before.missing)

    def assignments(self, start: datetime, end: datetime) -> Iterator[Assignment]:
        """Yield whole assignments that overlap [start, end), in order of start and then of role."""
        every = (each for timeline in self._timelines.values() for each in timeline.assignments)
        found = [each for each in every if _touches(each.window, start, end)]
        order = {role: number for number, role in enumerate(self.roles)}
        return iter(sorted(found, key=lambda each: (each.window.start, order[each.role])))

    def assignments_of(self, engineer: str, start: datetime, end: datetime) -> list[Assignment]:
        """Return one engineer's assignments that overlap [start, end), uncut and in order."""
        return [each for each in self.assignments(start, end) if each.engineer == engineer]

    def _last_on_call_before(self, business: KindWindow) -> datetime:
        """Return the last on-call instant before these business hours.

        Without one, the result is about a week earlier.
        """
        window = business
        while window.kind is WindowKind.BUSINESS and business.start - window.start < _WEEK:
            window = self.calendar_at(window.start - _INSTANT).window_at(window.start - _INSTANT)
        return window.end - _INSTANT

    def _holder(self, role: str, at: datetime) -> RoleHolder | None:
        assignment = self._timelines[role].at(at)
        if assignment is None:
            return None
        return RoleHolder(assignment.engineer, assignment.window.end, assignment.override)

    @cached_property
    def _timelines(self) -> dict[str, Timeline]:
        return {role: timeline_of(role, self.publications, self.overrides, self.windows) for role in self.roles}


def _people_of(publication: Publication) -> list[Person]:
    """Return the engineers of a publication, followed by its manager if it has one."""
    return [*publication.people.values(), *([publication.manager] if publication.manager else [])]


def _touches(window: Window, start: datetime, end: datetime) -> bool:
    return window.start < end and start < window.end
