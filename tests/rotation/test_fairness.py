"""The fairness of a finished plan: loads against shares, and their table."""

from __future__ import annotations

from dataclasses import replace

from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.fairness import fairness_of_plan, load_table
from oncall.schedule.plan import Fairness
from tests.rotation.teams import person, shifts_of, team

ROSTER = team(*(person(name) for name in ("ana", "ben", "cai", "dee", "eve", "fay")), person("gus", fte=0.5))


def test_loads_computed_from_the_seats_equal_those_in_the_plan() -> None:
    plan = fairest_plan(ROSTER, shifts_of(ROSTER, days=28))
    assert fairness_of_plan(plan, ROSTER) == plan.fairness


def test_a_plan_without_proof_has_the_same_loads_and_bound_0() -> None:
    plan = fairest_plan(ROSTER, shifts_of(ROSTER, days=28))
    assert plan.fairness is not None
    measured = fairness_of_plan(replace(plan, fairness=None, status=None), ROSTER)
    assert (measured.engineers, measured.bound) == (plan.fairness.engineers, 0)


def test_the_table_has_a_row_with_the_difference_for_each_engineer_kind_and_role() -> None:
    table = load_table(fairest_plan(ROSTER, shifts_of(ROSTER, days=28)).fairness or Fairness(0, 0, ()))
    assert list(table.columns) == ["engineer", "kind", "role", "count", "share", "difference"]
    assert len(table) == 7 * 2 * 3
    row = table[(table.engineer == "gus") & (table.kind == "weekend") & (table.role == "all")].iloc[0]
    assert abs(row.share - 8 * 0.5 / 6.5) < 1e-9
    assert row.difference == row["count"] - row.share
    assert int(table[table.role == "all"]["count"].sum()) == 20 * 2
