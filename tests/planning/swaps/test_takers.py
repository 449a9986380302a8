"""Who could take a shift: legal or why not, and what each choice does to the fairness cost and to both balances."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from oncall.errors import NotFound, Refused
from oncall.planning.published.override_shift import override_shift
from oncall.planning.swaps.ask_to_swap import SwapAsked, list_takers
from oncall.planning.swaps.change_costs import BalanceChange
from oncall.planning.swaps.takers import Taker
from oncall.rosters.roster import Roster
from oncall.rotation.problem.fairness import fairness_of_plan
from oncall.schedule.plan import Plan, Seat
from tests.planning.conftest import in_turn, roster_of
from tests.planning.swaps.conftest import MONDAY, NOW, TEN, TUESDAY, SwapMemory, by


def takers_of(desk: SwapMemory, asked: SwapAsked, now: datetime) -> list[Taker]:
    return list_takers(desk, asked, now)[1]


def test_everyone_else_is_listed_the_legal_ones_first_and_the_cheapest_first(desk: SwapMemory) -> None:
    found = takers_of(desk, SwapAsked("ana", MONDAY), NOW)
    assert sorted(each.engineer for each in found) == ["ben", "cai", "dee", "eve", "fay", "gus", "hal", "ida", "jon"]
    assert [each.is_legal for each in found] == sorted((each.is_legal for each in found), reverse=True)
    legal = [each.cost_change for each in found if each.is_legal]
    assert legal == sorted(legal)


def test_an_illegal_choice_names_its_rule(desk: SwapMemory) -> None:
    why = {each.engineer: each.why for each in takers_of(desk, SwapAsked("ana", MONDAY), NOW)}
    assert why["cai"] == (
        "rest_nights: cai has 0 free nights between Mon 2027-01-04 (weeknight) and Tue 2027-01-05 (weeknight); "
        "the rule is 2"
    )
    assert why["ben"] == "one_role: ben is primary and secondary of the same shift, Mon 2027-01-04 (weeknight)"
    assert why["gus"] is None


def test_the_change_of_cost_is_that_of_the_planner(desk: SwapMemory, ten: Roster) -> None:
    plan = in_turn(ten)

    def cost(seats: tuple[Seat, ...]) -> int:
        return fairness_of_plan(Plan(plan.team, plan.zone, seats), ten).cost

    first = plan.seats[0]
    assert (first.engineer, first.role) == ("ana", "primary")
    for taker in takers_of(desk, SwapAsked("ana", MONDAY), NOW):
        changed = (Seat(first.window, first.kind, "primary", taker.engineer), *plan.seats[1:])
        assert taker.cost_change == cost(changed) - cost(plan.seats)


def test_both_balances_move_by_one_shift(desk: SwapMemory) -> None:
    found = {each.engineer: each for each in takers_of(desk, SwapAsked("ana", MONDAY), NOW)}
    assert found["gus"].giver_balance == BalanceChange(0.4, -0.6)
    assert found["gus"].balance == BalanceChange(0.4, 1.4)


def test_an_override_counts(desk: SwapMemory) -> None:
    start, end = datetime(2027, 1, 5, 0, 1, tzinfo=UTC), datetime(2027, 1, 5, 13, tzinfo=UTC)
    override_shift(desk, "jon", "secondary", start=start, end=end, author=by("mei"))
    why = {each.engineer: each.why for each in takers_of(desk, SwapAsked("ana", MONDAY), NOW)}
    assert why["jon"] == "one_role: jon is primary and secondary of the same shift, Mon 2027-01-04 (weeknight)"
    assert why["ben"] is None


def test_a_day_off_of_the_published_roster_counts(ten: Roster) -> None:
    text = TEN.replace('"+13055550106"}', '"+13055550106", unavailable: [{from: 2027-01-05, to: 2027-01-06}]}')
    store = SwapMemory()
    store.publish(roster_of(text))
    why = {each.engineer: each.why for each in takers_of(store, SwapAsked("ana", MONDAY), NOW)}
    assert why["gus"] is not None
    assert why["gus"].startswith("unavailable: gus is away from 2027-01-05 to 2027-01-06")


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        (
            SwapAsked("anna", MONDAY),
            NotFound,
            'there is no engineer "anna" on the published roster; did you mean "ana"?',
        ),
        (
            SwapAsked("ana", MONDAY, role="primry"),
            NotFound,
            'there is no role "primry"; did you mean "primary"?',
        ),
        (SwapAsked("ana", MONDAY.replace(year=2026)), Refused, "2026-01-04 is over; a swap changes what is to come"),
        (
            SwapAsked("ana", MONDAY.replace(day=8)),
            Refused,
            "ana has no shift on 2027-01-08; the nearest are Mon 2027-01-04 (primary) and Mon 2027-01-11 (primary)",
        ),
        (
            SwapAsked("ana", MONDAY, role="secondary"),
            Refused,
            "ana has no shift as secondary on 2027-01-04; ana has none within 60 days of it",
        ),
    ],
)
def test_a_shift_that_is_not_there_is_refused(
    desk: SwapMemory, asked: SwapAsked, error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as refusal:
        takers_of(desk, asked, NOW)
    assert str(refusal.value) == words


def test_a_date_that_the_shift_covers_names_it_too(desk: SwapMemory) -> None:
    assert takers_of(desk, SwapAsked("ana", TUESDAY), NOW) == takers_of(desk, SwapAsked("ana", MONDAY), NOW)
    saturday = MONDAY.replace(day=9)
    assert takers_of(desk, SwapAsked("ida", saturday), NOW) == takers_of(
        desk, SwapAsked("ida", MONDAY.replace(day=8)), NOW
    )


def test_a_shift_that_has_begun_is_for_cover(desk: SwapMemory) -> None:
    with pytest.raises(Refused) as refusal:
        takers_of(desk, SwapAsked("ana", MONDAY), datetime(2027, 1, 5, 3, tzinfo=UTC))
    assert str(refusal.value) == (
        "the shift of ana on 2027-01-04 began Mon 2027-01-04 19:01 EST; "
        "`oncall cover ana` takes over a shift that has begun"
    )


def test_before_the_first_publication_there_is_nothing_to_swap() -> None:
    with pytest.raises(Refused, match=r"^no plan is published yet; publish one first$"):
        takers_of(SwapMemory(), SwapAsked("ana", MONDAY), NOW)
