"""The independent checker: does a plan keep every promise? Minute by minute and rule by rule, without a solver.

It shares no code with the planner. It knows the calendar, reads the plan's seats as instants, and works out nights,
days, weekends, shares and cost for itself, so a fault of the planner cannot hide in both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import combinations, islice, pairwise, product
from zoneinfo import ZoneInfo

from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import SHADOW, Roster
from oncall.rotation.check.check_pairs import TEAM_CHECKS
from oncall.rotation.check.check_proof import check_proof
from oncall.rotation.check.relaxed_rules import has_exceptions, over_the_most, smallest_number
from oncall.rotation.check.violation import Violation
from oncall.schedule.plan import Plan, Seat, Shift
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of
from oncall.support.holidays import Feast, feasts_on
from oncall.support.windows import WindowKind

_MINUTE = timedelta(minutes=1)
_OTHER_TEAM = "on another team"


@dataclass(frozen=True, slots=True)
class Examination:
    """What was looked at and what was found. `minutes`: on-call minutes that every role has to cover."""

    violations: tuple[Violation, ...]
    minutes: int
    shifts: int
    cost: int


@dataclass(frozen=True, slots=True)
class _Stint:
    """One person's turn on one shift, in local dates of the policy's zone. Nights: dates they begin on, half-open."""

    seat: Seat
    first_night: date
    end_night: date
    where: str = ""
    """Empty inside the plan; else what the seat is of: it cannot be changed, and is judged only beside those inside."""
    is_elsewhere: bool = False
    """Whether it is another team's."""

    @property
    def days(self) -> list[date]:
        """The dates whose duty it is."""
        nights = (self.end_night - self.first_night).days
        return [self.first_night + timedelta(days=number) for number in range(max(1, nights))]

    @property
    def text(self) -> str:
        kind = f"{self.seat.kind}, {self.where}" if self.where else str(self.seat.kind)
        return f"{self.first_night:%a} {self.first_night} ({kind})"


def check_plan(
    plan: Plan, roster: Roster, *, history: Sequence[Seat] = (), elsewhere: Sequence[Seat] = ()
) -> list[Violation]:
    """Everything in the plan that breaks a rule of the roster, in time order; empty when it keeps them all."""
    return list(examine(plan, roster, history=history, elsewhere=elsewhere).violations)


def examine(plan: Plan, roster: Roster, *, history: Sequence[Seat] = (), elsewhere: Sequence[Seat] = ()) -> Examination:
    """Check the plan against the roster, with the exceptions that the plan is marked with; say how much was checked.

    history: seats of this team before and after the plan, with which it has to keep the rules too; those inside its
    time it replaces. elsewhere: seats of the same people in other teams' plans. What the plan itself keeps from an
    earlier one is history, too. Raises Refused when an exception does not fit the roster.
    """
    roster = relaxed(roster, plan.relaxed)
    zone = roster.policy.zone
    expected = _expected_shifts(plan, roster)
    minutes, found = _coverage(plan, roster, expected)
    found += _shift_faults(plan, roster, expected)
    kept = plan.kept_until or date.min
    found = [violation for violation in found if violation.day >= kept]
    for engineer, turns in _stints(plan, zone, history, elsewhere).items():
        outside = [turn for turn in turns if turn.where]
        for check in CHECKS.values():
            # What is wrong among those outside alone is no fault of this plan.
            before = set(check(engineer, outside, roster)) if outside else set()
            found += [violation for violation in check(engineer, turns, roster) if violation not in before]
    for check_team in TEAM_CHECKS.values():
        found += [violation for violation in check_team(plan, roster) if violation.day >= kept]
    cost, wrong_claims = check_proof(plan, roster, expected)
    found += wrong_claims
    order = {rule: number for number, rule in enumerate(dict.fromkeys(violation.rule for violation in found))}
    found.sort(key=lambda violation: (violation.day, order[violation.rule], violation.people))
    return Examination(tuple(found), minutes, len(expected), cost)


def _expected_shifts(plan: Plan, roster: Roster) -> tuple[Shift, ...]:
    """The shifts that the calendar has on the plan's dates, or from its first start to its last end."""
    zone = roster.policy.zone
    starts = [seat.window.start.astimezone(zone).date() for seat in plan.seats]
    first = plan.first_day or min(starts, default=None)
    last = plan.last_day or max(starts, default=None)
    if first is None or last is None or last < first:
        return ()
    calendar = calendar_of(roster.policy, roster.holidays)
    shifts = shifts_between(calendar, first_day=first, last_day=last, weekend=roster.rules.weekend)
    if plan.first_day is None and plan.seats:
        begin = min(seat.window.start for seat in plan.seats)
        shifts = tuple(shift for shift in shifts if shift.window.end > begin)
    return shifts


def _coverage(plan: Plan, roster: Roster, expected: Sequence[Shift]) -> tuple[int, list[Violation]]:
    """Every minute of on-call time has one person in each role, and no other minute has any.

    Between two neighbouring boundaries nothing changes, so one look there is a look at each of its minutes.
    """
    if not expected:
        day = plan.first_day or date.min
        return 0, [Violation("coverage", day, (), "the plan has no shift")] if not plan.seats else []
    needed = _needed_windows(roster, expected)
    found = []
    for role in roster.rules.roles:
        seats = [seat for seat in plan.seats if seat.role == role]
        found += list(_uncovered(role, seats, needed, roster.policy.zone))
    seconds = sum((end - start).total_seconds() for start, end in needed)
    return round(seconds / 60), found


def _needed_windows(roster: Roster, expected: Sequence[Shift]) -> list[tuple[datetime, datetime]]:
    start, end = expected[0].window.start, expected[-1].window.end
    windows = calendar_of(roster.policy, roster.holidays).windows_between(start, end)
    on_call = [window for window in windows if window.kind is not WindowKind.BUSINESS]
    return [(max(window.start, start), min(window.end, end)) for window in on_call]


def _uncovered(
    role: str, seats: Sequence[Seat], needed: Sequence[tuple[datetime, datetime]], zone: ZoneInfo
) -> Iterator[Violation]:
    """Stretches of time with too few or too many people in one role."""
    changes: dict[datetime, list[int]] = defaultdict(lambda: [0, 0])
    for start, end in needed:
        changes[start][0] += 1
        changes[end][0] -= 1
    for seat in seats:
        changes[seat.window.start][1] += 1
        changes[seat.window.end][1] -= 1
    want = have = 0
    spans: list[tuple[str, datetime, datetime]] = []
    for at, until in pairwise(sorted(changes)):
        want, have = want + changes[at][0], have + changes[at][1]
        fault = _coverage_fault(want, have)
        if fault and spans and spans[-1][0] == fault and spans[-1][2] == at:
            spans[-1] = (fault, spans[-1][1], until)
        elif fault:
            spans.append((fault, at, until))
    for fault, start, end in spans:
        people = tuple(sorted({seat.engineer for seat in seats if seat.window.start < end and start < seat.window.end}))
        minutes = (end - start) // _MINUTE
        length = "1 minute" if minutes == 1 else f"{minutes} minutes"
        span = f"from {_local(start, zone)} to {_local(end, zone)} ({length})"
        yield Violation("coverage", start.astimezone(zone).date(), people, f"{role}: {fault} {span}")


def _coverage_fault(want: int, have: int) -> str:
    if want and not have:
        return "nobody is on call"
    if have > 1:
        return f"{have} people at once"
    return "" if want or not have else "somebody is on call outside on-call hours"


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M}"


def _shift_faults(plan: Plan, roster: Roster, expected: Sequence[Shift]) -> list[Violation]:
    """Seats that are no seat of this rota: other boundaries or kind, an unknown role or person."""
    zone = roster.policy.zone
    kinds = {(shift.window.start, shift.window.end): shift.kind for shift in expected}
    found = []
    for seat in plan.seats:
        day = seat.window.start.astimezone(zone).date()
        kind = kinds.get((seat.window.start, seat.window.end))
        span = f"{_local(seat.window.start, zone)} to {_local(seat.window.end, zone)}"
        if kind is None:
            sentence = f"{seat.role}: {span} is no shift of this roster's calendar on the plan's dates"
            found.append(Violation("shifts", day, (seat.engineer,), sentence))
        elif kind is not seat.kind:
            found.append(Violation("shifts", day, (seat.engineer,), f"{span} is a {kind} shift, not a {seat.kind} one"))
        if seat.role not in (*roster.rules.roles, SHADOW):
            sentence = f'"{seat.role}" is no role of this rotation ({", ".join(roster.rules.roles)})'
            found.append(Violation("roles", day, (seat.engineer,), sentence))
        if roster.engineer(seat.engineer) is None:
            sentence = f"{seat.engineer} is not an engineer of the roster"
            found.append(Violation("engineers", day, (seat.engineer,), sentence))
    return found


def _stints(plan: Plan, zone: ZoneInfo, history: Sequence[Seat], elsewhere: Sequence[Seat]) -> dict[str, list[_Stint]]:
    """Each person's turns in time order, those outside the plan included."""
    begin = min((seat.window.start for seat in plan.seats), default=None)
    end = max((seat.window.end for seat in plan.seats), default=None)
    found = [_stint(seat, zone, "") for seat in plan.seats]
    if plan.kept_until is not None:
        found = [replace(each, where="kept") if each.first_night < plan.kept_until else each for each in found]
    if begin is not None and end is not None:
        outside = [seat for seat in history if seat.window.end <= begin or end <= seat.window.start]
        found += [_stint(seat, zone, "outside this plan") for seat in outside]
    for seat in elsewhere:
        where = f"on team {seat.team}" if seat.team else _OTHER_TEAM
        found.append(replace(_stint(seat, zone, where), is_elsewhere=True))
    stints: dict[str, list[_Stint]] = defaultdict(list)
    for each in sorted(found, key=lambda each: (each.seat.window.start, each.seat.window.end)):
        stints[each.seat.engineer].append(each)
    return stints


def _stint(seat: Seat, zone: ZoneInfo, where: str) -> _Stint:
    first, end = (at.astimezone(zone).date() for at in (seat.window.start, seat.window.end))
    return _Stint(seat, first, end, where)


def _check_days(engineer: str, stints: Sequence[_Stint], roster: Roster) -> Iterator[Violation]:
    person = roster.engineer(engineer)
    if person is None:
        return
    for stint in stints:
        day = stint.first_night
        start = f"{engineer} is on {stint.text}"
        if person.joins is not None and stint.days[0] < person.joins:
            yield Violation("joins", day, (engineer,), f"{start} but joins only on {person.joins}")
        if person.leaves is not None and stint.days[-1] > person.leaves:
            yield Violation("leaves", day, (engineer,), f"{start} but leaves on {person.leaves}")
        for away in person.absences:
            if away.first_day <= stint.days[-1] and stint.days[0] <= away.last_day:
                reason = f" ({away.reason})" if away.reason else ""
                sentence = f"{start} but is away from {away.first_day} to {away.last_day}{reason}"
                yield Violation("unavailable", day, (engineer,), sentence)


def _check_roles(engineer: str, stints: Sequence[_Stint], roster: Roster) -> Iterator[Violation]:
    person = roster.engineer(engineer)
    for stint in stints:
        role = stint.seat.role
        if person is not None and role in roster.rules.roles and role not in person.roles:
            sentence = f"{engineer} is {role} on {stint.text} but takes only {', '.join(person.roles)}"
            yield Violation("roles", stint.first_night, (engineer,), sentence)


def _check_rest(engineer: str, stints: Sequence[_Stint], roster: Roster) -> Iterator[Violation]:
    for earlier, later in _close_by(engineer, stints, roster):
        rest = smallest_number(roster.rules, "rest_nights", engineer, [earlier.first_night, later.first_night])
        if earlier.seat.window == later.seat.window and earlier.where == later.where:
            roles = f"{earlier.seat.role} and {later.seat.role}"
            sentence = f"{engineer} is {roles} of the same shift, {later.text}"
            yield Violation("one_role", later.first_night, (engineer,), sentence)
        elif later.seat.window.start < earlier.seat.window.end:
            sentence = f"{engineer} is on two shifts that overlap, {earlier.text} and {later.text}"
            yield Violation(
                "busy" if earlier.is_elsewhere or later.is_elsewhere else "rest_nights",
                later.first_night,
                (engineer,),
                sentence,
            )
        elif (free := (later.first_night - earlier.end_night).days) < rest:
            nights = "1 free night" if free == 1 else f"{free} free nights"
            sentence = f"{engineer} has {nights} between {earlier.text} and {later.text}; the rule is {rest}"
            yield Violation("rest_nights", later.first_night, (engineer,), sentence)


def _close_by(engineer: str, stints: Sequence[_Stint], roster: Roster) -> Iterator[tuple[_Stint, _Stint]]:
    """Neighbours; where less rest was agreed for some shifts, also those with others in between that are too near."""
    yield from pairwise(stints)
    rest = roster.rules.rest_nights
    for number, later in enumerate(stints if has_exceptions(roster.rules, "rest_nights", engineer) else ()):
        near = (each for each in stints[: max(0, number - 1)] if (later.first_night - each.end_night).days < rest)
        yield from ((earlier, later) for earlier in near)


def _check_weekends(engineer: str, stints: Sequence[_Stint], roster: Roster) -> Iterator[Violation]:
    # A weekend's number is that of its Monday-to-Sunday week, whichever of its shifts are worked.
    worked: dict[date, list[_Stint]] = defaultdict(list)
    for stint in stints:
        if stint.seat.kind is WindowKind.WEEKEND:
            worked[_monday(stint.first_night)].append(stint)
    weekends = sorted(worked.items())
    every_pair = has_exceptions(roster.rules, "weekends_apart", engineer)
    for (_, first), (_, second) in combinations(weekends, 2) if every_pair else pairwise(weekends):
        too_near = (pair for pair in product(first, second) if _too_near(engineer, *pair, roster))
        for before, after in islice(too_near, 1):
            apart = _weekends_apart(engineer, before, after, roster)
            sentence = f"{engineer} works the weekends of {before.text} and {after.text}; the rule is 1 in {apart}"
            yield Violation("weekends_apart", after.first_night, (engineer,), sentence)


def _too_near(engineer: str, before: _Stint, after: _Stint, roster: Roster) -> bool:
    weeks = (_monday(after.first_night) - _monday(before.first_night)).days // 7
    return weeks < _weekends_apart(engineer, before, after, roster)


def _weekends_apart(engineer: str, before: _Stint, after: _Stint, roster: Roster) -> int:
    return smallest_number(roster.rules, "weekends_apart", engineer, [before.first_night, after.first_night])


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _check_week(engineer: str, stints: Sequence[_Stint], roster: Roster) -> Iterator[Violation]:
    weeks: dict[date, list[date]] = defaultdict(list)
    for stint in stints:
        weeks[_monday(stint.first_night)].append(stint.first_night)
    for monday, days in sorted(weeks.items()):
        if over := over_the_most(roster.rules, "max_shifts_per_week", engineer, days):
            sentence = f"{engineer} starts {over[0]} shifts in the week of {monday}; the most is {over[1]}"
            yield Violation("max_shifts_per_week", monday, (engineer,), sentence)


def _check_month(engineer: str, stints: Sequence[_Stint], roster: Roster) -> Iterator[Violation]:
    months: dict[date, list[date]] = defaultdict(list)
    for stint in stints:
        months[stint.first_night.replace(day=1)].append(stint.first_night)
    for first, days in sorted(months.items()):
        if over := over_the_most(roster.rules, "max_shifts_per_month", engineer, days):
            sentence = f"{engineer} starts {over[0]} shifts in {first:%B %Y}; the most is {over[1]}"
            yield Violation("max_shifts_per_month", first, (engineer,), sentence)


def _check_holidays(engineer: str, stints: Sequence[_Stint], roster: Roster) -> Iterator[Violation]:
    apart = roster.rules.holidays_apart
    last: dict[str, tuple[int, _Stint]] = {}
    for stint in stints if apart > 1 and roster.holidays else ():
        for name, year in sorted({(feast.name, feast.year) for day in stint.days for feast in _feasts(roster, day)}):
            before = last.get(name)
            if before is not None and 0 < year - before[0] < apart:
                sentence = f"{engineer} has {name} on {before[1].text} and {stint.text}; the rule is 1 in {apart} years"
                yield Violation("holidays_apart", stint.first_night, (engineer,), sentence)
            last[name] = year, stint


def _feasts(roster: Roster, day: date) -> tuple[Feast, ...]:
    return feasts_on(roster.holidays, day) if roster.holidays else ()


def _check_shadows(engineer: str, stints: Sequence[_Stint], roster: Roster) -> Iterator[Violation]:
    person = roster.engineer(engineer)
    for stint in stints if person is not None else ():
        assert person is not None
        learning = [day for day in stint.days if any(each.first_day <= day <= each.last_day for each in person.shadows)]
        if stint.seat.role == SHADOW and learning != stint.days:
            sentence = f"{engineer} is only a shadow on {stint.text}, where the roster has no shadows for {engineer}"
            yield Violation("shadows", stint.first_night, (engineer,), sentence)
        if stint.seat.role != SHADOW and learning:
            sentence = f"{engineer} is {stint.seat.role} on {stint.text} but only shadows on {learning[0]}"
            yield Violation("shadows", stint.first_night, (engineer,), sentence)


CHECKS: Mapping[str, Callable[[str, Sequence[_Stint], Roster], Iterator[Violation]]] = {
    "unavailable": _check_days,
    "roles": _check_roles,
    "rest_nights": _check_rest,
    "weekends_apart": _check_weekends,
    "max_shifts_per_week": _check_week,
    "max_shifts_per_month": _check_month,
    "holidays_apart": _check_holidays,
    "shadows": _check_shadows,
}
"""One check per rule of the roster file that speaks of one person's shifts, by its key."""
