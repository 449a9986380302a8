"""`check` says where a roster and its policy do not fit: unpaged roles, steps without a role, no manager."""

from __future__ import annotations

from pathlib import Path

import pytest

from oncall.rosters.roster_file import read_roster
from oncall.support.policy_file import packaged_policy_text
from tests.rosters.conftest import GOOD, MANAGER, Refusal


def warnings_of(folder: Path, text: str) -> list[str]:
    """The warnings of a roster, without its phone numbers' ones."""
    (folder / "x.yaml").write_text(text)
    return [str(each) for each in read_roster(Path("x.yaml")).warnings]


def test_a_role_that_is_a_misspelt_target_of_a_step_is_refused(refusal: Refusal) -> None:
    assert refusal(GOOD + MANAGER + "rotation: {roles: [primary, secondry]}\n") == (
        'x.yaml:11:19: rotation.roles: no step of the escalation notifies "secondry"; did you mean "secondary"?'
    )


def test_a_role_that_no_step_pages_is_a_warning(folder: Path) -> None:
    text = GOOD + MANAGER + "rotation: {roles: [primary, backup]}\n"
    assert warnings_of(folder, text) == [
        'x.yaml:11:19: rotation.roles: no step of the escalation notifies "backup": its engineer is on call and never '
        "paged",
        'x.yaml:11:19: rotation.roles: the policy "itopia-cas" notifies secondary, which is no role of this roster: '
        "such a step pages nobody",
    ]


def test_a_step_without_a_role_is_a_warning(folder: Path) -> None:
    assert warnings_of(folder, GOOD + MANAGER + "rotation: {roles: [primary]}\n") == [
        'x.yaml:11:19: rotation.roles: the policy "itopia-cas" notifies secondary, which is no role of this roster: '
        "such a step pages nobody"
    ]


@pytest.mark.parametrize(("more", "is_warned"), [("", True), (MANAGER, False)])
def test_no_manager_is_a_warning(folder: Path, more: str, is_warned: bool) -> None:
    warning = (
        "x.yaml:1:1: has no manager, so the steps for the manager page nobody; write "
        'manager: {id: mei, name: Mei Lin, phone: "+13055550100"}'
    )
    assert warnings_of(folder, GOOD + more) == ([warning] if is_warned else [])


@pytest.mark.parametrize(
    ("rule", "exception"), [("", ""), (", holidays_apart: 2", ", except that holidays_apart counts it")]
)
def test_holidays_that_make_no_shift_are_a_warning(folder: Path, rule: str, exception: str) -> None:
    text = (Path(__file__).parents[2] / "rosters" / "follow-the-sun.policy.yaml").read_text(encoding="utf-8")
    (folder / "sun.policy.yaml").write_text(text)
    more = f"policy: sun.policy.yaml\nholidays: BR-SP\nrotation: {{roles: [primary]{rule}}}\n"
    assert [each for each in warnings_of(folder, GOOD + MANAGER + more) if "holidays" in each] == [
        'x.yaml:12:11: holidays: the policy "follow-the-sun" has no business hours, so a holiday is an ordinary '
        f"on-call day and no shift of its own{exception}"
    ]


def test_holidays_are_no_warning_if_the_policy_has_business_hours(folder: Path) -> None:
    assert warnings_of(folder, GOOD + MANAGER + "holidays: US\n") == []


@pytest.mark.parametrize("name", ["desk", "manager"])
def test_a_role_cannot_have_the_name_of_another_target(refusal: Refusal, name: str) -> None:
    assert refusal(GOOD + MANAGER + f"rotation: {{roles: [primary, {name}]}}\n") == (
        f'x.yaml:11:29: rotation.roles[1]: "{name}" is what escalation steps call the {name}; choose another name for '
        "the role"
    )


def test_a_stranger_whom_reminders_leave_out_is_a_warning(folder: Path) -> None:
    policy = packaged_policy_text() + "\nreminders: {before: [1d], not_to: [anna]}\n"
    (folder / "p.policy.yaml").write_text(policy)
    assert warnings_of(folder, GOOD + MANAGER + "policy: p.policy.yaml\n") == [
        'x.yaml:4:3: engineers: the policy "itopia-cas" leaves "anna" out of reminders, who is not on this roster; '
        'did you mean "ana"?'
    ]
