"""The fairness of a plan in a terminal: whatever the width, no line is wider and no figure is missing."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest

from oncall.rosters.roster import Roster, Shadowing
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.report.heatmap import heat_map_of
from oncall.rotation.report.terminal_charts import calendar_lines, load_lines
from oncall.schedule.plan import EngineerFairness, Fairness, Load, Plan
from oncall.support.windows import WindowKind
from tests.rotation.teams import MONDAY, away, person, shifts_of, team, team_of

ROSTER = team(
    person("ana", absences=away(date(2027, 1, 11), 7)), *team_of(6).engineers[1:], person("maximiliana", fte=0.5)
)


@cache
def planned(days: int) -> Plan:
    return fairest_plan(ROSTER, shifts_of(ROSTER, days=days))


def bars(fairness: Fairness, width: int) -> list[str]:
    return [line.plain for line in load_lines(fairness, width=width, plain=True)]


def calendar(plan: Plan, roster: Roster, width: int) -> list[str]:
    return [line.plain for line in calendar_lines(heat_map_of(plan, roster), width=width, plain=True)]


@pytest.mark.parametrize("width", [40, 50, 60, 70, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal_and_every_figure_is_there(width: int) -> None:
    plan = planned(91)
    assert plan.fairness is not None
    lines = bars(plan.fairness, width)
    assert max(map(len, lines)) <= width
    words = " ".join(lines).split()
    for each in plan.fairness.engineers:
        for load in each.loads:
            figures = [f"{load.count}/{load.share:.2f}"] if load.role else [f"{load.count}", f"{load.share:.2f}"]
            assert set(figures) <= set(words)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_calendar_has_a_cell_for_every_week_and_fits(width: int) -> None:
    plan = planned(364)
    lines = calendar(plan, ROSTER, width)
    assert max(map(len, lines)) <= width
    cells = "".join(line.split(maxsplit=1)[1] for line in lines if line.startswith("ben "))
    assert len(cells) == 52
    seats = [seat for seat in plan.seats if seat.engineer == "ben"]
    assert sum(int(cell) for cell in cells if cell.isdigit()) == sum(
        3 if seat.kind is WindowKind.WEEKEND else 1 for seat in seats
    )


def test_a_week_away_is_a_dash_and_a_month_stands_over_the_week_in_which_it_begins() -> None:
    title, weeks, months, ana, *_ = calendar(planned(91), ROSTER, 80)
    assert title == "days on duty in each week; - away"
    assert weeks == "weeks of 2027-01-04 to 2027-03-29"
    assert months == "             Jan Feb Mar Apr"
    assert ana[:13] == "ana          "
    assert ana[14] == "-"
    assert ana.count("-") == 1


@pytest.mark.parametrize(
    ("first_day", "months"),
    [
        (date(2027, 3, 22), "      Apr"),
        (date(2027, 3, 29), "     Apr"),
        (date(2027, 3, 8), "     Mar"),
        (date(2027, 12, 27), "     Jan"),
    ],
)
def test_a_short_plan_that_spans_months_is_named_by_the_month_that_has_room(first_day: date, months: str) -> None:
    roster = team_of(6)
    plan = fairest_plan(roster, shifts_of(roster, first_day=first_day, days=28))
    assert calendar(plan, roster, 80)[2] == months


def test_bars_are_drawn_against_the_share() -> None:
    loads = [("ana", 4, 2.0), ("ben", 0, 2.0)]
    kind = WindowKind.WEEKEND
    fairness = Fairness(
        0,
        0,
        tuple(
            EngineerFairness(name, 1.0, (Load(kind, "primary", count, share), Load(kind, None, count, share)))
            for name, count, share in loads
        ),
    )
    assert bars(fairness, 45) == [
        "weekend: 4 shifts",
        "                           load  share    off",
        "ana  ##########|########.     4   2.00  +2.00",
        "ben  ..........|.........     0   2.00  -2.00",
    ]


def test_where_there_is_no_room_for_columns_each_figure_is_named() -> None:
    plan = planned(91)
    assert plan.fairness is not None
    lines = bars(plan.fairness, 40)
    ben = lines.index(next(line for line in lines if line.startswith("ben")))
    assert lines[ben].startswith("ben  load ")
    assert lines[ben + 1].startswith("   primary ")


def test_the_first_week_may_begin_before_the_plan() -> None:
    roster = team_of(6)
    plan = fairest_plan(roster, shifts_of(roster, first_day=date(2027, 1, 9), days=7))
    assert heat_map_of(plan, roster).weeks == (date(2027, 1, 11),)
    assert date(2027, 1, 11) > MONDAY


def test_a_newcomer_who_comes_along_is_an_s_and_has_no_nights() -> None:
    learning = (Shadowing(MONDAY, date(2027, 1, 17)),)
    roster = team(*team_of(7).engineers, person("zoe", shadows=learning))
    title, _, _, *rows = calendar(fairest_plan(roster, shifts_of(roster, days=28)), roster, 80)
    assert title == "days on duty in each week; s shadow"
    zoe = rows[-1].split()[1]
    assert zoe.startswith("ss")
    assert "s" not in zoe[2:]
