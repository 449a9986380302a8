"""Checks a plan against its roster: coverage minute by minute, then rule by rule, then the plan's proof.

The checker runs no solver. It gets only the calendar and the times of the seats from other code, and computes nights,
days, weekends, shares and cost itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import Roster
from oncall.rotation.check.checked_duty import duties_by_engineer
from oncall.rotation.check.clump_check import check_clumps
from oncall.rotation.check.coverage_check import check_coverage, check_seats, expected_shifts
from oncall.rotation.check.person_rules import PERSON_CHECKS
from oncall.rotation.check.plan_proof import check_proof
from oncall.rotation.check.points_check import check_points
from oncall.rotation.check.team_rules import TEAM_CHECKS
from oncall.rotation.check.violation import Violation
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.shifts import ShiftFacts


@dataclass(frozen=True, slots=True)
class Examination:
    """The result of a check, and how much was checked.

    minutes: how many on-call minutes each role must cover. cost: the plan's fairness cost, as the checker computes it.
    """

    violations: tuple[Violation, ...]
    minutes: int
    shifts: int
    cost: int


def check_plan(
    plan: Plan, roster: Roster, *, history: Sequence[Seat] = (), elsewhere: Sequence[Seat] = ()
) -> list[Violation]:
    """Return every rule of the roster that the plan breaks, in time order; see `examine`."""
    return list(examine(plan, roster, history=history, elsewhere=elsewhere).violations)


def examine(plan: Plan, roster: Roster, *, history: Sequence[Seat] = (), elsewhere: Sequence[Seat] = ()) -> Examination:
    """Check the plan against the roster, under the relaxations that the plan names.

    history: seats of this team before and after the plan, to which the rules apply too; seats inside the time of the
    plan are ignored. elsewhere: seats of the same people in other teams' plans. Shifts that a repair left unchanged are
    treated like history. Raises Refused for a relaxation that does not fit the roster.
    """
    roster = relaxed(roster, plan.relaxed)
    expected = expected_shifts(plan, roster)
    coverage = check_coverage(plan, roster, expected)
    first_open = plan.kept_until or date.min
    found = [*coverage.violations, *check_seats(plan, roster, expected)]
    found = [violation for violation in found if violation.day >= first_open]
    found += _person_violations(plan, roster, history, elsewhere)
    for check_team in TEAM_CHECKS.values():
        found += [violation for violation in check_team(plan, roster) if violation.day >= first_open]
    proof = check_proof(plan, roster, expected)
    found += [*proof.violations, *check_clumps(plan, roster, expected), *check_points(plan, roster, expected)]
    order = {rule: number for number, rule in enumerate(dict.fromkeys(violation.rule for violation in found))}
    found.sort(key=lambda violation: (violation.day, order[violation.rule], violation.people))
    return Examination(tuple(found), coverage.minutes, len(expected), proof.cost)


def _person_violations(
    plan: Plan, roster: Roster, history: Sequence[Seat], elsewhere: Sequence[Seat]
) -> Iterator[Violation]:
    """Yield each violation of a rule about one engineer that involves at least one duty of the plan."""
    turns = ShiftFacts.of(roster).turns
    for engineer, duties in duties_by_engineer(plan, turns, roster.policy.zone, history, elsewhere).items():
        outside = [duty for duty in duties if duty.origin]
        for check in PERSON_CHECKS.values():
            known = set(check(engineer, outside, roster)) if outside else set()
            yield from (violation for violation in check(engineer, duties, roster) if violation not in known)
