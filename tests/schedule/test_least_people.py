"""`check` warns of fewer engineers than roles and rest need in an ordinary week."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from oncall.rosters.roster_file import read_roster, roster_from_text
from oncall.schedule.least_people import too_few_people
from oncall.support.policy_file import packaged_policy
from tests.cli.conftest import Oncall, oncall

__all__ = ["oncall"]
ROSTERS = sorted((Path(__file__).parents[2] / "rosters").glob("*.yaml"))


def roster_text(people: int, rules: str = "", more: str = "") -> str:
    rows = [f'  - {{id: p{number}, name: P{number}, phone: "+1305555010{number}"}}' for number in range(people)]
    return "\n".join(["team: t", "timezone: America/New_York", f"rotation: {{{rules}}}", "engineers:", *rows, more])


def shortage(text: str) -> str | None:
    return too_few_people(roster_from_text(text, "x.yaml", packaged_policy(ZoneInfo("America/New_York"))))


@pytest.mark.parametrize(
    ("people", "rules", "sentence"),
    [
        (6, "", None),
        (
            5,
            "",
            "has 5 engineers for primary and secondary, and needs 6: by rest_nights 2 one engineer can have only one "
            "of the 3 shifts of Mon, Tue and Wed",
        ),
        (3, "rest_nights: 2, roles: [primary], weekends_apart: 3", None),
        (
            2,
            "rest_nights: 0, roles: [primary], weekends_apart: 3",
            "has 2 engineers for primary, and needs 3: by weekends_apart 3 one engineer can have only one of 3 "
            "weekends in a row",
        ),
        (
            3,
            "rest_nights: 0, weekends_apart: 1, min_rest_hours: 12",
            "has 3 engineers for primary and secondary, and needs 4: by min_rest_hours 12 one engineer can have only "
            "one of the 2 shifts of Mon and Tue",
        ),
    ],
)
def test_rest_needs_people(people: int, rules: str, sentence: str | None) -> None:
    assert shortage(roster_text(people, rules)) == sentence


def test_engineers_who_do_not_take_a_role_do_not_count_for_it() -> None:
    junior = '  - {id: j, name: J, phone: "+13055550109", roles: [secondary]}'
    text = roster_text(
        2, "", "\n".join(junior.replace("9", str(number)).replace("id: j", f"id: j{number}") for number in (5, 6, 7, 8))
    )
    assert shortage(text) == (
        "has 2 engineers for primary, and needs 3: by rest_nights 2 one engineer can have only one of the 3 shifts of "
        "Mon, Tue and Wed"
    )


@pytest.mark.parametrize("path", [path for path in ROSTERS if "policy" not in path.name], ids=lambda path: path.name)
def test_the_worked_rosters_have_enough_people(path: Path) -> None:
    assert too_few_people(read_roster(path)) is None


def test_check_warns_at_the_engineers(oncall: Oncall, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(roster_text(4), encoding="utf-8")
    ran = oncall("check", path)
    assert ran.code == 0
    assert f"warning: {path}:5:3: engineers: has 4 engineers for primary and secondary, and needs 6: by" in ran.err


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        (
            "max_hours_per_week: 60",
            "no engineer can have a weekend shift, which has 61 hours; write 61 or more, or weekend: daily",
        ),
        ("max_hours_per_week: 61", None),
        (
            "max_hours_per_week: 20, weekend: daily",
            "no engineer can have a weekend shift, which has 24 hours; write 24 or more",
        ),
        (
            "max_hours_per_week: 90, turn: week",
            "no engineer can have a whole turn, which has 113 hours in seven days; write 113 or more",
        ),
        ("max_hours_per_week: 113, turn: 2 weeks", None),
    ],
)
def test_check_warns_of_hours_that_forbid_a_shift_to_everyone(
    oncall: Oncall, tmp_path: Path, rules: str, sentence: str | None
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(roster_text(8, rules), encoding="utf-8")
    ran = oncall("check", path)
    warnings = [line for line in ran.err.splitlines() if "max_hours_per_week" in line]
    assert ran.code == 0
    assert warnings == ([] if sentence is None else [f"warning: {path}:3:32: rotation.max_hours_per_week: {sentence}"])
