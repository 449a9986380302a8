"""How broken rules name turns: a turn by its first and last date, and two roles in one turn once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from oncall.cli.planning.repair_output import diff_lines
from oncall.rosters.roster import Absence, Handover, Roster
from oncall.rotation.check.checker import check_plan
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.repair.repair import repair
from oncall.schedule.plan import Plan, Seat
from oncall.support.policy_file import policy_from_text
from tests.rotation.teams import shifts_of, team_of
from tests.support.policy_texts import hours


def weekly(roster: Roster) -> Roster:
    return replace(roster, rules=replace(roster.rules, turn_weeks=1, handover=Handover(4)))


def day_of(seat: Seat, plan: Plan) -> date:
    return seat.window.start.astimezone(plan.zone).date()


def holder(plan: Plan, role: str, first: date, last: date) -> str:
    (who,) = {seat.engineer for seat in plan.seats if seat.role == role and first <= day_of(seat, plan) <= last}
    return who


def with_primary(plan: Plan, first: date, last: date, who: str) -> Plan:
    """Return the plan with another primary of the shifts that start between two dates, both included."""
    return replace(
        plan,
        seats=tuple(
            replace(seat, engineer=who) if seat.role == "primary" and first <= day_of(seat, plan) <= last else seat
            for seat in plan.seats
        ),
    )


def sentences(plan: Plan, roster: Roster, rule: str) -> list[str]:
    return [
        each.sentence for each in check_plan(replace(plan, fairness=None, status=None), roster) if each.rule == rule
    ]


def test_an_engineer_with_both_roles_of_a_turn_is_told_once_for_the_turn() -> None:
    roster = weekly(team_of(6, rest_nights=6))
    plan = fairest_plan(roster, shifts_of(roster, days=35))
    turn = date(2027, 1, 15), date(2027, 1, 21)
    secondary = holder(plan, "secondary", *turn)
    doubled = with_primary(plan, *turn, secondary)
    assert sentences(doubled, roster, "one_role") == [
        f"{secondary} is primary and secondary in the turn of Fri 2027-01-15"
    ]
    assert not [each for each in sentences(doubled, roster, "rest_nights") if "overlap" in each]


def test_rest_between_turns_is_told_with_the_dates_on_which_they_begin_and_end() -> None:
    roster = weekly(team_of(6, rest_nights=6))
    plan = fairest_plan(roster, shifts_of(roster, days=35))
    primary = holder(plan, "primary", date(2027, 1, 8), date(2027, 1, 14))
    near = with_primary(plan, date(2027, 1, 15), date(2027, 1, 21), primary)
    assert (
        f"{primary} has 0 free nights between the turn from Fri 2027-01-08 to Fri 2027-01-15 and "
        "the turn from Fri 2027-01-15 to Fri 2027-01-22; the rule is 6"
    ) in sentences(near, roster, "rest_nights")


def test_a_repair_prints_shifts_that_follow_each_other_as_one_line() -> None:
    text = hours("", "{duty: mon-sun 08:00-07:59}").replace("coverage: business", "coverage: 24x5")
    around = weekly(replace(team_of(9), policy=policy_from_text(text, "p.yaml")))
    roster = replace(around, rules=replace(around.rules, handover=Handover(4, 8 * 60)))
    shifts = shifts_of(roster, first_day=date(2027, 1, 8), days=28)
    plan = fairest_plan(roster, shifts)
    primary = holder(plan, "primary", date(2027, 1, 15), date(2027, 1, 21))
    gone = [
        replace(each, absences=(Absence(date(2027, 1, 15), date(2027, 1, 22)),)) if each.id == primary else each
        for each in roster.engineers
    ]
    found = repair(replace(roster, engineers=tuple(gone)), shifts, plan, first_open=date(2027, 1, 10))
    assert diff_lines(found) == [
        "ana: loses 7",
        "  - Fri 2027-01-15 08:00 to Fri 2027-01-22 08:00 duty primary (to ben), 7 shifts",
        "ben: gains 7",
        "  + Fri 2027-01-15 08:00 to Fri 2027-01-22 08:00 duty primary (from ana), 7 shifts",
    ]
