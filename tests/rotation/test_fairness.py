"""The fairness of a plan as a table and as a drawing."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from oncall.rotation.fairness import drawing_of, fairness_of_plan, table_of, wide_table
from oncall.rotation.model import solve
from oncall.schedule.plan import EngineerFairness, Fairness, Load
from oncall.support.windows import WindowKind
from tests.rotation.teams import person, shifts_of, team

ROSTER = team(*(person(name) for name in ("ana", "ben", "cai", "dee", "eve", "fay")), person("gus", fte=0.5))


def test_loads_worked_out_from_the_seats_are_those_of_the_proof() -> None:
    plan = solve(ROSTER, shifts_of(ROSTER, days=28))
    assert fairness_of_plan(plan, ROSTER) == plan.fairness


def test_a_plan_without_its_proof_has_the_same_loads_and_no_bound() -> None:
    plan = solve(ROSTER, shifts_of(ROSTER, days=28))
    assert plan.fairness is not None
    measured = fairness_of_plan(replace(plan, fairness=None, status=None), ROSTER)
    assert (measured.engineers, measured.bound) == (plan.fairness.engineers, 0)


def test_the_table_has_a_row_for_each_engineer_kind_and_role_and_its_difference() -> None:
    table = table_of(solve(ROSTER, shifts_of(ROSTER, days=28)).fairness or Fairness(0, 0, ()))
    assert list(table.columns) == ["engineer", "kind", "role", "count", "share", "difference"]
    assert len(table) == 7 * 2 * 3
    row = table[(table.engineer == "gus") & (table.kind == "weekend") & (table.role == "all")].iloc[0]
    assert abs(row.share - 8 * 0.5 / 6.5) < 1e-9
    assert row.difference == row["count"] - row.share
    assert int(table[table.role == "all"]["count"].sum()) == 20 * 2


def test_the_wide_table_has_a_row_for_each_engineer() -> None:
    wide = wide_table(table_of(solve(ROSTER, shifts_of(ROSTER, days=28)).fairness or Fairness(0, 0, ())))
    assert list(wide.index) == [engineer.id for engineer in ROSTER.engineers]
    assert ("weekend", "share") in wide.columns


def test_bars_are_drawn_against_the_share() -> None:
    loads = [("ana", 4, 2.0), ("ben", 0, 2.0)]
    engineers = tuple(
        EngineerFairness(name, 1.0, (Load(WindowKind.WEEKEND, None, count, share),)) for name, count, share in loads
    )
    out = io.StringIO()
    for drawing in drawing_of(Fairness(0, 0, engineers), plain=True):
        Console(file=out, width=80).print(drawing)
    lines = [line.strip() for line in out.getvalue().splitlines()]
    assert "weekend: load against share" in lines[0]
    assert "| ana | ################|##############. |    4 |  2.00 | +2.00 |" in lines
    assert "| ben | ................|............... |    0 |  2.00 | -2.00 |" in lines
