"""`max_shifts` of a person is named among the reasons, and offered as a relaxation that makes a plan possible."""

from __future__ import annotations

import pytest

from oncall.errors import PlanInfeasible, Refused
from oncall.rosters.relaxation import relaxation_named
from oncall.rosters.relaxed_roster import relaxed
from oncall.rotation.check.used_relaxations import used_relaxations, with_relaxations
from oncall.rotation.generate.fairest_plan import fairest_plan
from tests.rotation.teams import sentences, shifts_of, team_of

ROSTER = team_of(2, roles=("primary",), rest_nights=0, weekends_apart=1, max_shifts=(("ana", 3), ("ben", 4)))


def test_the_reason_is_a_sum_and_the_relaxation_names_the_person() -> None:
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(ROSTER, shifts_of(ROSTER, days=14))
    lines = str(refusal.value).splitlines()
    assert (
        "  2027-01-04 to 2027-01-15: 10 shifts in 1 role are 10 duties, and under max_shifts people can take 7: ana 3, "
        "ben 4"
    ) in lines
    assert "  a plan exists with max_shifts 7 for ben: --relax max_shifts=7@2027-01-04..2027-01-15:ben" in lines


def test_a_maximum_that_all_engineers_share_is_named_with_its_number() -> None:
    roster = team_of(
        3,
        roles=("primary",),
        rest_nights=0,
        weekends_apart=1,
        max_shifts=tuple((who, 3) for who in ("ana", "ben", "cai")),
    )
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(roster, shifts_of(roster, days=14))
    assert "and under max_shifts 3 people can take 9: ana 3, ben 3, cai 3" in str(refusal.value)


def test_the_plan_with_the_relaxation_is_checked_and_proven() -> None:
    mark = relaxation_named("max_shifts=7@2027-01-04..2027-01-15:ben")
    plan = with_relaxations(fairest_plan(relaxed(ROSTER, [mark]), shifts_of(ROSTER, days=14)), [mark])
    assert sentences(plan, ROSTER) == []
    assert [each.uses for each in used_relaxations(plan, ROSTER)] == [1]
    assert plan.notes[-1] == "by agreement: max_shifts 7 for ben"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "max_shifts@2027-01-04:ana",
            '"max_shifts@2027-01-04:ana" is not a relaxation: name the number and the person, like '
            '"max_shifts=22@2027-01-04..2027-04-04:ana"',
        ),
        (
            "max_shifts=3@2027-01-04:ana",
            '"max_shifts=3@2027-01-04:ana" is not a relaxation: the roster says 3 for ana, so this would not make '
            "max_shifts looser",
        ),
        (
            "max_shifts=3@2027-01-04:cai",
            '"max_shifts=3@2027-01-04:cai" is not a relaxation: "cai" is not on the roster; write one of ana, ben',
        ),
    ],
)
def test_a_relaxation_that_does_not_fit_is_refused(written: str, message: str) -> None:
    with pytest.raises(Refused) as refusal:
        relaxed(ROSTER, [relaxation_named(written)])
    assert str(refusal.value) == message
