"""The counting bound is the cost of the cheapest counts, whatever the calendar."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from oncall.rosters.roster import WeekendStyle
from oncall.rotation.problem.cost import load_cost
from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.counting_bound import cheapest_counts, max_duties
from oncall.rotation.solve.load_counts import CostCurve
from oncall.support.windows import WindowKind
from tests.rotation.teams import shifts_of, team_of

shares = st.fractions(min_value=0, max_value=4, max_denominator=12)


def curve_of(share: Fraction) -> CostCurve:
    return lambda count: load_cost(count, share)


@given(st.lists(st.tuples(shares, st.integers(0, 4)), min_size=1, max_size=4), st.integers(0, 8))
def test_no_other_counts_cost_less(people: list[tuple[Fraction, int]], total: int) -> None:
    curves = [curve_of(share) for share, _ in people]
    most = [limit for _, limit in people]
    ways = [counts for counts in product(*(range(limit + 1) for limit in most)) if sum(counts) == total]
    found = cheapest_counts(total, curves, most)
    if found is None:
        assert not ways
        return

    def cost(counts: tuple[int, ...]) -> int:
        return sum(curve(count) for curve, count in zip(curves, counts, strict=True))

    assert tuple(found) in ways
    assert cost(tuple(found)) == min(map(cost, ways))


def test_one_engineer_has_at_most_two_nights_a_week_with_two_rest_nights() -> None:
    roster = team_of(1)
    assert max_duties(Problem.of(roster, shifts_of(roster, days=28)), 0, WindowKind.WEEKNIGHT) == 8


def test_one_engineer_has_every_other_weekend_and_all_its_days_when_daily() -> None:
    block = team_of(1)
    assert max_duties(Problem.of(block, shifts_of(block, days=28)), 0, WindowKind.WEEKEND) == 2
    daily = team_of(1, weekend=WeekendStyle.DAILY, rest_nights=0)
    assert max_duties(Problem.of(daily, shifts_of(daily, days=28)), 0, WindowKind.WEEKEND) == 6
