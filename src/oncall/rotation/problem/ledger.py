"""The ledger: what people really served against their share, kept beyond the horizon of a plan.

A balance is what somebody served of one kind of shift beyond their share, all roles together; it is carried in
thousandths of a shift, and the balances of everybody add up to 0 for each kind. The next plan's shares are lowered by
it. Whoever has no balance starts level: a newcomer owes nothing for the time before, whether the roster says when they
joined or only the plans from before say that they were not there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from oncall.rosters.roster import SHADOW, Roster
from oncall.rotation.problem.shares import KIND_ORDER, shares_of
from oncall.schedule.plan import Balance, Seat, Shift
from oncall.schedule.schedule import Assignment, Schedule
from oncall.schedule.shifts import shift_of
from oncall.support.windows import Window, WindowKind

_ONE = 1000


@dataclass(frozen=True, slots=True)
class Served:
    """A part of one seat that somebody really served; `part` of 1 is the whole shift."""

    seat: Seat
    engineer: str
    part: Fraction


@dataclass(frozen=True, slots=True)
class Entry:
    """One person and kind: what they served and what their share of it was, in shifts; `opening` in thousandths."""

    engineer: str
    kind: WindowKind
    served: Fraction
    share: Fraction
    opening: int = 0

    @property
    def exact(self) -> Fraction:
        """Served less share, with what there was before, in thousandths."""
        return (self.served - self.share) * _ONE + self.opening


@dataclass(frozen=True, slots=True)
class Ledger:
    """Entries by kind and then by the roster's order; `shifts` were counted, the first and last on these days."""

    entries: tuple[Entry, ...]
    balances: tuple[Balance, ...]
    shifts: int
    first_day: date | None
    last_day: date | None


@dataclass(frozen=True, slots=True)
class Membership:
    """Whom a plan of these dates was made for. `people` None where it does not say, as in CSV."""

    first_day: date
    last_day: date
    people: frozenset[str] | None


def newcomers(roster: Roster, plans: Sequence[Membership]) -> dict[str, date]:
    """Who joined although the roster does not say when: on no plan before this date, by what the plans say.

    They owe nothing for the time before it. A plan that does not say whom it was made for was made for everybody.
    """
    first = min((plan.first_day for plan in plans), default=date.min)
    found = {}
    for engineer in roster.engineers:
        named = [plan.first_day for plan in plans if plan.people is None or engineer.id in plan.people]
        since = min(named, default=max((plan.last_day for plan in plans), default=date.min) + timedelta(days=1))
        if plans and engineer.joins is None and since > first:
            found[engineer.id] = since
    return found


def joined(roster: Roster, since: Mapping[str, date]) -> Roster:
    """The roster with these dates of joining."""
    people = (replace(each, joins=since[each.id]) if each.id in since else each for each in roster.engineers)
    return replace(roster, engineers=tuple(people))


def served_by_plan(seats: Iterable[Seat]) -> list[Served]:
    """What a plan's seats amount to when everybody served as planned."""
    return [Served(seat, seat.engineer, Fraction(1)) for seat in seats if seat.role != SHADOW]


def published_seats(schedule: Schedule) -> list[Seat]:
    """The seats that are published now: a newer version's where several speak of the same time."""
    seats: list[Seat] = []
    covered: list[Window] = []
    for publication in reversed(schedule.publications):
        span = publication.span
        for seat in publication.seats:
            if not any(newer.start < seat.window.end and seat.window.start < newer.end for newer in covered):
                seats.append(seat)
        covered.append(span)
    return sorted(seats, key=lambda seat: seat.window.start)


def really_served(schedule: Schedule) -> list[Served]:
    """Who really had each published seat, and for which part of it: overrides and swaps applied."""
    seats = published_seats(schedule)
    if not seats:
        return []
    turns: dict[str, list[Assignment]] = defaultdict(list)
    for turn in schedule.turns(seats[0].window.start, max(seat.window.end for seat in seats)):
        turns[turn.role].append(turn)
    served = []
    place: dict[str, int] = defaultdict(int)
    for seat in seats:
        mine = turns[seat.role]
        while place[seat.role] < len(mine) and mine[place[seat.role]].window.end <= seat.window.start:
            place[seat.role] += 1
        for turn in mine[place[seat.role] :]:
            if turn.window.start >= seat.window.end:
                break
            length = min(turn.window.end, seat.window.end) - max(turn.window.start, seat.window.start)
            part = Fraction(round(length.total_seconds()), round((seat.window.end - seat.window.start).total_seconds()))
            served.append(Served(seat, turn.engineer, part))
    return served


def seats_as_served(served: Iterable[Served]) -> tuple[Seat, ...]:
    """The seats with whoever served most of each: for rest and weekends a short cover is no shift."""
    most: dict[tuple[object, str], Served] = {}
    for each in served:
        key = (each.seat.window, each.seat.role)
        if key not in most or most[key].part < each.part:
            most[key] = each
    return tuple(Seat(e.seat.window, e.seat.kind, e.seat.role, e.engineer) for e in most.values())


def ledger_of(
    roster: Roster, served: Iterable[Served], *, before: date | None = None, opening: Sequence[Balance] = ()
) -> Ledger:
    """The ledger of what was served, of the shifts that start before a date (all, when None).

    Shares are those that the roster gives for these shifts. What people served who are not on the roster any more is
    left out of what there was to share; so is the time before somebody joined. opening: balances from before.
    """
    zone = roster.policy.zone
    counted = [each for each in served if before is None or shift_of(each.seat, zone).day < before]
    shifts = _shifts(counted, zone)
    shares = shares_of(roster, shifts)
    people = [engineer.id for engineer in roster.engineers]
    had: dict[tuple[str, WindowKind], Fraction] = defaultdict(Fraction)
    for each in counted:
        had[each.engineer, each.seat.kind] += each.part
    opened = {(each.engineer, each.kind): each.thousandths for each in opening}
    kinds = [kind for kind in KIND_ORDER if any(k is kind for _, k in [*had, *opened])]
    entries = []
    for kind in kinds:
        mine = sum((had[person, kind] for person in people), Fraction(0))
        owed = {person: shares.of(kind, None, person) if kind in shares.totals else Fraction(0) for person in people}
        all_owed = sum(owed.values(), Fraction(0))
        for person in people:
            share = mine * owed[person] / all_owed if all_owed else had[person, kind]
            entries.append(Entry(person, kind, had[person, kind], share, opened.get((person, kind), 0)))
    days = [shift.day for shift in shifts]
    return Ledger(
        tuple(entries), _levelled(entries, known=opened), len(shifts), min(days, default=None), max(days, default=None)
    )


def balances_of(
    roster: Roster, seats: Sequence[Seat], *, before: date, opening: Sequence[Balance] = ()
) -> tuple[Balance, ...]:
    """What these seats, served as planned before a date, leave for the next plan to make up for."""
    return ledger_of(roster, served_by_plan(seats), before=before, opening=opening).balances


def levelled(roster: Roster, balances: Sequence[Balance]) -> tuple[Balance, ...]:
    """The balances of this roster's people, brought to add up to 0 for each kind."""
    people = [engineer.id for engineer in roster.engineers]
    opened = {(each.engineer, each.kind): each.thousandths for each in balances if each.engineer in people}
    zero = Fraction(0)
    entries = [
        Entry(person, kind, zero, zero, opened[person, kind])
        for kind in KIND_ORDER
        for person in people
        if (person, kind) in opened
    ]
    return _levelled(entries, known=opened)


def _shifts(served: Sequence[Served], zone: ZoneInfo) -> tuple[Shift, ...]:
    found = dict.fromkeys(shift_of(each.seat, zone) for each in served)
    return tuple(sorted(found, key=lambda shift: shift.window.start))


def _levelled(entries: Sequence[Entry], *, known: Mapping[tuple[str, WindowKind], int]) -> tuple[Balance, ...]:
    """Whole thousandths that add up to 0 for each kind.

    What people left behind who are gone is spread evenly over those who have a part in the ledger; what rounding leaves
    goes to whoever is nearest to the next thousandth.
    """
    balances = []
    for kind in KIND_ORDER:
        mine = [entry for entry in entries if entry.kind is kind]
        part = [e for e in mine if e.served or e.share or (e.engineer, kind) in known]
        if not part:
            continue
        off = sum((entry.exact for entry in part), Fraction(0)) / len(part)
        exact = {entry.engineer: entry.exact - off for entry in part}
        whole = {name: value.__floor__() for name, value in exact.items()}
        by_rest = sorted(exact, key=lambda name: exact[name] - whole[name], reverse=True)
        for name in by_rest[: -sum(whole.values())]:
            whole[name] += 1
        balances += [Balance(name, kind, number) for name, number in whole.items() if number]
    return tuple(balances)
