"""The counting bound is what the fairest numbers cost without a calendar."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from oncall.rosters.roster import WeekendStyle
from oncall.rotation.problem.cost import load_cost
from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.counting_bound import CostCurve, cheapest_counts, max_duties
from oncall.support.windows import WindowKind
from tests.rotation.teams import shifts_of, team_of

shares = st.fractions(min_value=0, max_value=4, max_denominator=12)


def curve_of(share: Fraction) -> CostCurve:
    return lambda count: load_cost(count, share)


@given(st.lists(st.tuples(shares, st.integers(0, 4)), min_size=1, max_size=4), st.integers(0, 8))
def test_no_other_numbers_cost_less(people: list[tuple[Fraction, int]], total: int) -> None:
    curves = [curve_of(share) for share, _ in people]
    most = [limit for _, limit in people]
    ways = [numbers for numbers in product(*(range(limit + 1) for limit in most)) if sum(numbers) == total]
    dealt = cheapest_counts(total, curves, most)
    if dealt is None:
        assert not ways
        return

    def cost(numbers: tuple[int, ...]) -> int:
        return sum(curve(number) for curve, number in zip(curves, numbers, strict=True))

    assert tuple(dealt) in ways
    assert cost(tuple(dealt)) == min(map(cost, ways))


def test_one_person_has_at_most_two_nights_a_week_with_two_free_nights_between() -> None:
    roster = team_of(1)
    assert max_duties(Problem.of(roster, shifts_of(roster, days=28)), 0, WindowKind.WEEKNIGHT) == 8


def test_one_person_has_every_other_weekend_or_each_of_its_days_when_daily() -> None:
    block = team_of(1)
    assert max_duties(Problem.of(block, shifts_of(block, days=28)), 0, WindowKind.WEEKEND) == 2
    daily = team_of(1, weekend=WeekendStyle.DAILY, rest_nights=0)
    assert max_duties(Problem.of(daily, shifts_of(daily, days=28)), 0, WindowKind.WEEKEND) == 6
