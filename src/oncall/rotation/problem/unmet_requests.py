"""Finds the requests that a plan does not meet: who asked for what on which date, and why it was not possible."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from oncall.rosters.roster import SHADOW, Engineer, RequestDirection, Roster
from oncall.rotation.problem.context import PlanningContext
from oncall.rotation.problem.eligibility import duty_days
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.requests import request_costs, request_matches
from oncall.schedule.plan import Seat, Shift, UnmetRequest

_SAME_SHIFT = ("is on it in another role", "are on it in other roles")
_CANNOT = ("cannot take it", "cannot take it")
_TOO_NEAR = ("has another shift too near", "have other shifts too near")
_AVOIDS = ("asked to avoid it too", "asked to avoid it too")
_FREE = ("could only at a cost in fairness, a rule or another request",) * 2
_ORDER = (_SAME_SHIFT, _CANNOT, _TOO_NEAR, _AVOIDS, _FREE)


def unmet_requests(
    roster: Roster, shifts: Sequence[Shift], context: PlanningContext, seats: Sequence[Seat]
) -> tuple[UnmetRequest, ...]:
    """Return the requests that these seats do not meet, by engineer in roster order and then by date.

    A request to avoid a shift is unmet for every such shift that the engineer has. A request for a shift on a date is
    unmet if the engineer has none on it. A request for a weekday or a kind names no date, so that it is never unmet.
    """
    return tuple(_Unmet(Problem.of(roster, shifts, context), seats).all())


def _own_holidays(engineer: Engineer, shift: Shift) -> str:
    """Return the names of the engineer's own holidays on a shift, like ` (Republic Day)`; empty if there are none."""
    if engineer.holidays is None:
        return ""
    feasts = [feast for day in duty_days(shift) for feast in engineer.holidays.feasts_on(day)]
    names = " and ".join(dict.fromkeys(feast.name for feast in feasts if feast.name))
    return f" ({names})" if names else ""


class _Unmet:
    def __init__(self, problem: Problem, seats: Sequence[Seat]) -> None:
        self._problem = problem
        self._rest = problem.roster.rules.rest_nights
        self._costs = request_costs(problem)
        numbers = {shift.window: number for number, shift in enumerate(problem.shifts)}
        indices = {engineer.id: index for index, engineer in enumerate(problem.engineers)}
        # By engineer and shift: the role.
        self._roles: dict[tuple[int, int], str] = {}
        self._shifts_of: dict[int, list[Shift]] = defaultdict(list)
        for seat in seats:
            if seat.role != SHADOW and seat.window in numbers and seat.engineer in indices:
                index, number = indices[seat.engineer], numbers[seat.window]
                self._roles[index, number] = seat.role
                self._shifts_of[index].append(problem.shifts[number])

    def all(self) -> Iterator[UnmetRequest]:
        """Yield every request that is not met."""
        for index, engineer in enumerate(self._problem.engineers):
            for number, shift in enumerate(self._problem.shifts):
                role = self._roles.get((index, number))
                cost = self._costs.get(Duty(index, number), 0)
                if role is not None and cost > 0:
                    asked = f"asked to avoid the {shift.kind} shift{_own_holidays(engineer, shift)} and is {role}"
                    yield UnmetRequest(engineer.id, shift.day, asked, self._why_not_spared(index, number, role))
                elif role is None and self._is_wanted(index, number):
                    asked = f"asked for the {shift.kind} shift and is not on it"
                    yield UnmetRequest(engineer.id, shift.day, asked, self._why_not_given(index, number))

    def _is_wanted(self, index: int, number: int) -> bool:
        """Return True if an engineer asked for a shift on this date and has no shift that meets the request."""
        shift = self._problem.shifts[number]
        about = [each for each in self._problem.engineers[index].requests if request_matches(each, shift)]
        asked = [each for each in about if each.day is not None and each.direction is RequestDirection.PREFER]
        is_taken_back = any(each.direction is RequestDirection.AVOID for each in about)
        if not asked or is_taken_back or not self._problem.roster.rules.requests_weight:
            return False
        return not any(request_matches(each, other) for each in asked for other in self._shifts_of[index])

    def _why_not_spared(self, index: int, number: int, role: str) -> str:
        """Return in words why the other engineers of the roster do not have this seat."""
        others = Counter(
            self._obstacle(other, number, role) for other in range(len(self._problem.engineers)) if other != index
        )
        if not others:
            return "there is no other engineer"
        return "of the others, " + ", ".join(
            f"{others[each]} {each[others[each] > 1]}" for each in _ORDER if others[each]
        )

    def _obstacle(self, other: int, number: int, role: str) -> tuple[str, ...]:
        if (other, number) in self._roles:
            return _SAME_SHIFT
        if self._problem.first_obstacle(other, number, role) is not None:
            return _CANNOT
        if self._is_too_near(other, number):
            return _TOO_NEAR
        return _AVOIDS if self._costs.get(Duty(other, number), 0) > 0 else _FREE

    def _why_not_given(self, index: int, number: int) -> str:
        obstacle = self._problem.first_obstacle(index, number)
        if obstacle is not None:
            return obstacle.sentence
        if self._is_too_near(index, number):
            day = self._problem.shifts[number].day
            near = min(self._shifts_of[index], key=lambda each: abs((each.day - day).days))
            return f"the shift of {near.day} is too near"
        return "it would cost fairness, a rule or another request"

    def _is_too_near(self, index: int, number: int) -> bool:
        """Return True if an engineer has a shift at the same time as this one, or too few free nights from it."""
        shift = self._problem.shifts[number]
        return any(
            other.first_night - self._rest < shift.end_night and shift.first_night < other.end_night + self._rest
            for other in self._shifts_of[index]
        )
