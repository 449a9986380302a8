"""The ledger: what engineers served compared with their shares, carried from plan to plan.

A balance is what an engineer served of one kind of shift beyond their share, over all roles, in thousandths of a shift.
The balances of a kind add up to 0. They lower the shares of the next plan. An engineer without a balance starts at 0,
so that a newcomer owes nothing for the time before joining.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from zoneinfo import ZoneInfo

from oncall.rosters.roster import Roster
from oncall.rotation.problem.served_seats import PlanMembers, ServedPart
from oncall.rotation.problem.shares import shares_of
from oncall.schedule.plan import Balance, Shift
from oncall.schedule.shifts import shift_of
from oncall.schedule.workload import Workload
from oncall.support.windows import WindowKind

_THOUSANDTHS = 1000


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One engineer's served shifts of one kind, and their share of that kind, in shifts.

    opening: the earlier balance, in thousandths of a shift.
    """

    engineer: str
    kind: WindowKind
    served: Fraction
    share: Fraction
    opening: int = 0

    @property
    def exact_balance(self) -> Fraction:
        """Return the shifts served minus the share, plus the opening balance, in thousandths of a shift."""
        return (self.served - self.share) * _THOUSANDTHS + self.opening


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger's entries by kind and then in roster order, and the balances computed from them.

    shifts: how many shifts were counted. first_day, last_day: the dates of the first and the last one; None for no
    shifts.
    """

    entries: tuple[LedgerEntry, ...]
    balances: tuple[Balance, ...]
    shifts: int
    first_day: date | None
    last_day: date | None


def with_join_dates(roster: Roster, join_dates: Mapping[str, date]) -> Roster:
    """Return the roster with these dates of joining, given by engineer id."""
    people = (replace(each, joins=join_dates[each.id]) if each.id in join_dates else each for each in roster.engineers)
    return replace(roster, engineers=tuple(people))


def ledger_of(
    roster: Roster,
    served: Iterable[ServedPart],
    *,
    before: date | None = None,
    opening: Sequence[Balance] = (),
    plans: Sequence[PlanMembers] = (),
) -> Ledger:
    """Return the ledger of served shifts that start before a date (None: of all served shifts).

    Shifts of engineers who are not on the roster are not divided into shares, and an engineer has no share of shifts
    before their joining. opening: earlier balances. plans: a shift belongs to the first of them that covers its date.
    The shifts of each plan are divided separately: if all plans were one, an engineer who joins or returns from leave
    would have a larger share than in the plans since then. The shares of a plan are computed from its workloads; the
    roster stands in for those that are missing.
    """
    zone = roster.policy.zone
    counted = [each for each in served if before is None or shift_of(each.seat, zone).day < before]
    shifts = _shifts_of(counted, zone)
    opening_of = {(each.engineer, each.kind): each.thousandths for each in opening}
    entries = list(_entries(roster, counted, _shares_of_plans(roster, counted, plans), opening_of))
    days = [shift.day for shift in shifts]
    balances = _balances(entries, has_opening=opening_of.keys())
    return Ledger(tuple(entries), balances, len(shifts), min(days, default=None), max(days, default=None))


_EngineerKind = tuple[str, WindowKind]


def _shares_of_plans(
    roster: Roster, counted: Iterable[ServedPart], plans: Sequence[PlanMembers]
) -> Mapping[_EngineerKind, Fraction]:
    """Return each engineer's share of each kind, added up over the plans."""
    people = [engineer.id for engineer in roster.engineers]
    found: dict[_EngineerKind, Fraction] = defaultdict(Fraction)
    for plan_roster, served in _by_plan(roster, counted, plans):
        shares, had = shares_of(plan_roster, _shifts_of(served, roster.policy.zone)), _had(served)
        for kind in shares.totals:
            total = sum((had[person, kind] for person in people), Fraction(0))
            planned = {person: shares.of(kind, None, person) for person in people}
            all_planned = sum(planned.values(), Fraction(0))
            for person in people:
                found[person, kind] += total * planned[person] / all_planned if all_planned else had[person, kind]
    return found


def _by_plan(
    roster: Roster, counted: Iterable[ServedPart], plans: Sequence[PlanMembers]
) -> Iterator[tuple[Roster, Sequence[ServedPart]]]:
    """Yield the served parts of each plan with the plan's roster, then the parts that belong to no plan."""
    by_day: dict[date, list[ServedPart]] = defaultdict(list)
    for each in counted:
        by_day[shift_of(each.seat, roster.policy.zone).day].append(each)
    by_plan: dict[int, list[ServedPart]] = defaultdict(list)
    for day, served in by_day.items():
        covering = (number for number, plan in enumerate(plans) if plan.first_day <= day <= plan.last_day)
        by_plan[next(covering, len(plans))] += served
    for number, served in sorted(by_plan.items()):
        yield _roster_of_plan(roster, plans[number].workloads) if number < len(plans) else roster, served


def _roster_of_plan(roster: Roster, workloads: Mapping[str, Workload]) -> Roster:
    """Return the roster with the workloads of a plan. Engineers without one keep theirs."""
    if not workloads:
        return roster
    people = tuple(
        replace(each, fte=then.fte, roles=then.roles, kinds=then.kinds) if (then := workloads.get(each.id)) else each
        for each in roster.engineers
    )
    # The plan may have had roles that the team no longer has.
    roles = dict.fromkeys(role for names in (roster.rules.roles, *(each.roles for each in people)) for role in names)
    return replace(roster, engineers=people, rules=replace(roster.rules, roles=tuple(roles)))


def _had(served: Sequence[ServedPart]) -> dict[_EngineerKind, Fraction]:
    """Return how many shifts of each kind each engineer served."""
    had: dict[_EngineerKind, Fraction] = defaultdict(Fraction)
    for each in served:
        had[each.engineer, each.seat.kind] += each.part
    return had


def _entries(
    roster: Roster,
    served: Sequence[ServedPart],
    shares: Mapping[_EngineerKind, Fraction],
    opening: Mapping[_EngineerKind, int],
) -> Iterator[LedgerEntry]:
    """Yield the entries of each kind that was served or has an opening balance."""
    had = _had(served)
    for kind in roster.policy.in_order(kind for _, kind in [*had, *opening]):
        for engineer in roster.engineers:
            key = engineer.id, kind
            yield LedgerEntry(*key, had[key], shares.get(key, Fraction(0)), opening.get(key, 0))


def zero_sum_balances(roster: Roster, balances: Sequence[Balance]) -> tuple[Balance, ...]:
    """Return the balances of this roster's engineers, adjusted by equal amounts to add up to 0 for each kind."""
    people = [engineer.id for engineer in roster.engineers]
    opening = {(each.engineer, each.kind): each.thousandths for each in balances if each.engineer in people}
    zero = Fraction(0)
    entries = [
        LedgerEntry(person, kind, zero, zero, opening[person, kind])
        for kind in roster.policy.in_order(kind for _, kind in opening)
        for person in people
        if (person, kind) in opening
    ]
    return _balances(entries, has_opening=opening.keys())


def _shifts_of(served: Sequence[ServedPart], zone: ZoneInfo) -> tuple[Shift, ...]:
    found = dict.fromkeys(shift_of(each.seat, zone) for each in served)
    return tuple(sorted(found, key=lambda shift: shift.window.start))


def _balances(entries: Sequence[LedgerEntry], *, has_opening: Iterable[_EngineerKind]) -> tuple[Balance, ...]:
    """Return balances in whole thousandths that add up to 0 for each kind. Balances of 0 are left out.

    The remainder of a kind is divided evenly over the engineers who served, have a share or have an opening balance.
    Rounding leaves some thousandths; they go to the engineers who are nearest to the next thousandth.
    """
    opened = set(has_opening)
    balances: list[Balance] = []
    for kind in dict.fromkeys(entry.kind for entry in entries):
        entered = [entry for entry in entries if entry.kind is kind]
        taking_part = [e for e in entered if e.served or e.share or (e.engineer, kind) in opened]
        if taking_part:
            balances += [Balance(name, kind, number) for name, number in _rounded(taking_part).items() if number]
    return tuple(balances)


def _rounded(entries: Sequence[LedgerEntry]) -> dict[str, int]:
    """Return whole thousandths for each engineer that add up to 0, as near to the exact balances as possible."""
    surplus = sum((entry.exact_balance for entry in entries), Fraction(0)) / len(entries)
    exact = {entry.engineer: entry.exact_balance - surplus for entry in entries}
    whole = {name: value.__floor__() for name, value in exact.items()}
    by_remainder = sorted(exact, key=lambda name: exact[name] - whole[name], reverse=True)
    for name in by_remainder[: -sum(whole.values())]:
        whole[name] += 1
    return whole
