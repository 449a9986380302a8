"""The published schedule: plans, later overrides on top, and the one function that says who is on call."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from oncall.schedule.availability import Availability
from oncall.schedule.plan import Seat
from oncall.support.calendar import SupportCalendar
from oncall.support.phones import canonical_phone
from oncall.support.windows import KindWindow, Window, WindowKind

_WEEK = timedelta(days=7)
_INSTANT = timedelta(microseconds=1)
"""The shortest time there is: an instant before a window's end is its last one."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be reached: an engineer or the manager. `phone` (E.164) stays out of every text."""

    id: str
    name: str
    phone: str = field(repr=False)
    zone: ZoneInfo
    email: str | None = None
    availability: Availability = field(default=Availability({}), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Publication:
    """A plan made the schedule for its own span, with the people and hours it was made for. `at`: aware UTC."""

    version: int
    at: datetime
    by: str
    reason: str
    team: str
    zone: ZoneInfo
    roles: tuple[str, ...]
    calendar: SupportCalendar
    people: Mapping[str, Person]
    manager: Person | None
    span: Window
    seats: tuple[Seat, ...]

    @property
    def ahead(self) -> Window | None:
        """The part of the span that was still to come when it was published."""
        start = max(self.span.start, self.at)
        return Window(start, self.span.end) if start < self.span.end else None

    @property
    def behind(self) -> Window | None:
        """The part that was over by then."""
        end = min(self.span.end, self.at)
        return Window(self.span.start, end) if self.span.start < end else None


@dataclass(frozen=True, slots=True)
class Override:
    """Puts `engineer` on for `role` during `window`, whoever the plan names. Later versions win."""

    version: int
    at: datetime
    by: str
    reason: str
    window: Window
    role: str
    engineer: str


@dataclass(frozen=True, slots=True)
class RoleHolder:
    """Who holds a role, until when (aware UTC), and why: the plan, or an override's reason."""

    engineer: str
    until: datetime
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class OnCall:
    """The answer to "who": the window that holds the instant and who has which role in it.

    missing: roles that should be held now and are not. A gap is never silence: it is named here.
    """

    at: datetime
    window: KindWindow
    roles: Mapping[str, RoleHolder]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """A stretch during which one engineer holds one role, overrides applied. `kind` is the shift's.

    shift: the whole shift of the plan that it is, or is a part of; None for an override.
    """

    window: Window
    kind: WindowKind
    role: str
    engineer: str
    override: Override | None = None
    shift: Window | None = field(default=None, compare=False)


class _Timeline(NamedTuple):
    """The turns of one role in order, disjoint, and their starts for bisecting."""

    starts: list[datetime]
    turns: list[Assignment]


@dataclass(frozen=True)
class Schedule:
    """Publications and overrides in version order. `fallback` says the hours where nothing is published."""

    publications: tuple[Publication, ...]
    overrides: tuple[Override, ...]
    fallback: SupportCalendar = field(compare=False)

    @property
    def latest(self) -> Publication | None:
        """The publication with the highest version."""
        return self.publications[-1] if self.publications else None

    @property
    def calendar(self) -> SupportCalendar:
        """The hours of the latest publication."""
        return self.latest.calendar if self.latest else self.fallback

    def person_with_phone(self, number: str) -> Person | None:
        """Return the person whose phone an E.164 number reaches, by the newest roster that has it; None if none has."""
        return self._people_by_phone.get(canonical_phone(number))

    @cached_property
    def _people_by_phone(self) -> dict[str, Person]:
        known: dict[str, Person] = {}
        for publication in self.publications:
            people = [*publication.people.values(), *([publication.manager] if publication.manager else [])]
            known |= {canonical_phone(person.phone): person for person in people}
        return known

    def number_since(self, person_id: str) -> datetime | None:
        """Since when (aware UTC) the rosters have this person's number of now; None for somebody they do not have."""
        since, number = None, None
        for publication in self.publications:
            named = publication.people.get(person_id)
            if named is None and publication.manager is not None and publication.manager.id == person_id:
                named = publication.manager
            if named is not None and named.phone != number:
                since, number = publication.at, named.phone
        return since

    @cached_property
    def people(self) -> dict[str, Person]:
        """Everybody on any published roster, as the latest one that names them has them; managers included."""
        known: dict[str, Person] = {}
        for publication in self.publications:
            known.update(publication.people)
            if publication.manager is not None:
                known[publication.manager.id] = publication.manager
        return known

    @property
    def manager(self) -> Person | None:
        """The manager of the latest publication."""
        return self.latest.manager if self.latest else None

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """Every role of any publication, those of the latest first; primary and secondary when nothing is published."""
        named = [role for publication in reversed(self.publications) for role in publication.roles]
        return tuple(dict.fromkeys(named)) or ("primary", "secondary")

    def in_force(self, at: datetime) -> Publication | None:
        """Whose hours, roles and manager hold at `at`: those of the plan that covers it, else of the latest."""
        ahead = (p for p in reversed(self.publications) if p.ahead is not None and at in p.ahead)
        behind = (p for p in self.publications if p.behind is not None and at in p.behind)
        return next(ahead, None) or next(behind, None) or self.latest

    def calendar_at(self, at: datetime) -> SupportCalendar:
        """The hours that hold at `at`."""
        publication = self.in_force(at)
        return publication.calendar if publication is not None else self.fallback

    def roles_at(self, at: datetime) -> tuple[str, ...]:
        """The roles that are to be held at `at`."""
        publication = self.in_force(at)
        return publication.roles if publication is not None else self.roles

    def manager_at(self, at: datetime) -> Person | None:
        """Who is paged last at `at`."""
        publication = self.in_force(at)
        return publication.manager if publication is not None else None

    def windows(self, start: datetime, end: datetime) -> Iterator[KindWindow]:
        """The windows of [start, end), each cut where another publication's hours begin to hold."""
        edges = sorted({edge for p in self.publications for edge in (p.span.start, p.span.end, p.at)})
        at = start
        while at < end:
            window = self.calendar_at(at).window_at(at)
            following = bisect_right(edges, at)
            stop = min([window.end, end, *edges[following : following + 1]])
            yield KindWindow(at, stop, window.kind)
            at = stop

    def who(self, at: datetime) -> OnCall:
        """Who is on call at `at` (aware UTC), every role. In business hours nobody is, and nothing is missing."""
        window = self.calendar_at(at).window_at(at)
        if window.kind is WindowKind.BUSINESS:
            return OnCall(at, window, {}, ())
        roles = self.roles_at(at)
        duties = {role: duty for role in roles if (duty := self._duty(role, at)) is not None}
        return OnCall(at, window, duties, tuple(role for role in roles if role not in duties))

    def responders(self, at: datetime) -> OnCall:
        """Whom the pager reaches at `at`: who is on call, or in business hours those of the shift that ended last."""
        on_call = self.who(at)
        if on_call.window.kind is not WindowKind.BUSINESS:
            return on_call
        before = self.who(self._last_on_call_before(on_call.window))
        return OnCall(at, on_call.window, before.roles, before.missing)

    def turns(self, start: datetime, end: datetime) -> Iterator[Assignment]:
        """Every stretch of duty that touches [start, end), uncut, by start then role; overrides applied."""
        found = [turn for line in self._timelines.values() for turn in line.turns if _touches(turn.window, start, end)]
        order = {role: number for number, role in enumerate(self.roles)}
        return iter(sorted(found, key=lambda turn: (turn.window.start, order[turn.role])))

    def turns_of(self, engineer: str, start: datetime, end: datetime) -> list[Assignment]:
        """One engineer's stretches that touch [start, end)."""
        return [turn for turn in self.turns(start, end) if turn.engineer == engineer]

    def _last_on_call_before(self, business: KindWindow) -> datetime:
        """The last instant of on-call time before these business hours, or of the week before when there is none."""
        window = business
        while window.kind is WindowKind.BUSINESS and business.start - window.start < _WEEK:
            window = self.calendar_at(window.start - _INSTANT).window_at(window.start - _INSTANT)
        return window.end - _INSTANT

    def _duty(self, role: str, at: datetime) -> RoleHolder | None:
        timeline = self._timelines[role]
        index = bisect_right(timeline.starts, at) - 1
        if index < 0 or at not in (turn := timeline.turns[index]).window:
            return None
        return RoleHolder(turn.engineer, turn.window.end, turn.override)

    @cached_property
    def _timelines(self) -> dict[str, _Timeline]:
        timelines = {role: self._timeline(role) for role in self.roles}
        return {role: _Timeline([turn.window.start for turn in turns], turns) for role, turns in timelines.items()}

    def _timeline(self, role: str) -> list[Assignment]:
        """The turns of one role in time order, disjoint: the layer that speaks first of an instant decides it."""
        taken = SpanSet()
        timeline: list[Assignment] = []
        for span, layer in self._layers(role):
            # Most old versions are wholly replaced by newer ones and cost nothing here.
            if free := taken.take(span):
                timeline += [piece for turn in self._turns_in(layer, role) for piece in _inside(turn, free)]
        return _joined(sorted(timeline, key=lambda turn: turn.window.start))

    def _layers(self, role: str) -> Iterator[tuple[Window, Publication | Override]]:
        """What decides who holds the role, the strongest first: overrides, the newest first, whatever is published
        after them; what publications said of their future, the newest first; and what they said of their own past,
        the oldest first, where nothing had been published then: the past is not rewritten."""
        for override in reversed(self.overrides):
            if override.role == role:
                yield override.window, override
        for publication in reversed(self.publications):
            if publication.ahead is not None:
                yield publication.ahead, publication
        for publication in self.publications:
            if publication.behind is not None:
                yield publication.behind, publication

    def _turns_in(self, layer: Publication | Override, role: str) -> list[Assignment]:
        if isinstance(layer, Publication):
            return [
                Assignment(seat.window, seat.kind, role, seat.engineer, shift=seat.window)
                for seat in layer.seats
                if seat.role == role
            ]
        # An override counts in on-call time only, window by window.
        return [
            Assignment(Window(window.start, window.end), window.kind, role, layer.engineer, layer)
            for window in self.windows(layer.window.start, layer.window.end)
            if window.kind is not WindowKind.BUSINESS
        ]


class SpanSet:
    """A set of instants, grown span by span."""

    def __init__(self) -> None:
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []

    def take(self, span: Window) -> list[Window]:
        """Add `span`; gives the parts of it that were not in the set before, in order."""
        first, last = bisect_left(self._ends, span.start), bisect_right(self._starts, span.end)
        free: list[Window] = []
        at = span.start
        for start, end in zip(self._starts[first:last], self._ends[first:last], strict=True):
            if at < start:
                free.append(Window(at, start))
            at = max(at, end)
        if at < span.end:
            free.append(Window(at, span.end))
        self._starts[first:last] = [min([span.start, *self._starts[first:last]])]
        self._ends[first:last] = [max([span.end, *self._ends[first:last]])]
        return free


def _joined(turns: list[Assignment]) -> list[Assignment]:
    """Parts of one shift or override that stay with one engineer, put together again."""
    joined: list[Assignment] = []
    for turn in turns:
        last = joined[-1] if joined else None
        if last is not None and last.window.end == turn.window.start and _is_same(last, turn):
            joined[-1] = replace(last, window=Window(last.window.start, turn.window.end))
        else:
            joined.append(turn)
    return joined


def _is_same(one: Assignment, other: Assignment) -> bool:
    return (one.engineer, one.kind, one.override, one.shift) == (
        other.engineer, other.kind, other.override, other.shift,
    )  # fmt: skip


def _touches(window: Window, start: datetime, end: datetime) -> bool:
    return window.start < end and start < window.end


def _inside(turn: Assignment, free: list[Window]) -> Iterator[Assignment]:
    """The parts of `turn` that lie in `free`, which is in order and disjoint."""
    for window in free[bisect_right(free, turn.window.start, key=lambda window: window.end) :]:
        if window.start >= turn.window.end:
            return
        start, end = max(window.start, turn.window.start), min(window.end, turn.window.end)
        whole = start == turn.window.start and end == turn.window.end
        yield turn if whole else replace(turn, window=Window(start, end))
