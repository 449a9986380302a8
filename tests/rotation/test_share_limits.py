"""`fairness` says truly why an engineer's share is not even: their roles, their kinds of shift, or both."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from oncall.rosters.roster import Engineer
from oncall.rotation.problem.share_notes import share_limits
from oncall.schedule.plan import Plan, Seat
from tests.rotation.teams import person, shifts_of, team

NIGHTS, WEEKENDS = ("weeknight",), ("weekend",)


def limits(*people: Engineer) -> dict[str, str]:
    """Return the reasons for uneven shares; who has which seat does not matter to them."""
    roster = team(*people)
    shifts = shifts_of(roster, days=28)
    seats = tuple(Seat(shift.window, shift.kind, role, people[0].id) for shift in shifts for role in roster.rules.roles)
    return share_limits(Plan(roster.team, roster.zone, seats), roster)


def several(name: str, count: int, *, roles: Sequence[str] = ("primary", "secondary"), kinds: object) -> list[Engineer]:
    return [person(f"{name}-{number}", roles=roles, kinds=kinds) for number in range(count)]


@pytest.mark.parametrize(
    ("people", "reasons"),
    [
        ([*several("a", 4, kinds=None)], {}),
        (
            [*several("n", 4, kinds=NIGHTS), *several("w", 4, kinds=WEEKENDS)],
            {"n": "too few engineers take weeknight shifts", "w": "limited to weekend shifts"},
        ),
        (
            [*several("n", 5, kinds=NIGHTS), *several("w", 1, kinds=WEEKENDS), *several("all", 2, kinds=None)],
            {
                "n": "limited to weeknight shifts",
                "w": "limited to weekend shifts",
                "all": "has a share of several kinds of shift, weeknight and weekend",
            },
        ),
        (
            [*several("s", 3, kinds=None), *several("j", 6, roles=["secondary"], kinds=None)],
            {"s": "too few engineers take primary", "j": "limited to secondary"},
        ),
        (
            [
                *several("s", 2, kinds=NIGHTS),
                *several("j", 7, roles=["secondary"], kinds=NIGHTS),
                *several("w", 3, kinds=WEEKENDS),
            ],
            {
                "s": "too few engineers take primary on weeknight shifts",
                "j": "limited to secondary on weeknight shifts",
                "w": "limited to weekend shifts",
            },
        ),
    ],
)
def test_the_reason_for_an_uneven_share_is_the_true_one(people: list[Engineer], reasons: dict[str, str]) -> None:
    assert {who.rpartition("-")[0]: reason for who, reason in limits(*people).items()} == reasons
