"""A foreign roster or policy reads no file outside its folder, and blocks on none."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from oncall.errors import FileFaults
from oncall.rosters.roster_file import read_roster
from oncall.rotation.problem.context import seats_on_other_teams
from oncall.support.policy_file import packaged_policy_text, read_policy
from tests.rosters.conftest import GOOD

SECRET = "root:$6$salt$hash:19000:0:99999:7:::\n"
POLICY = "shop.policy.yaml"


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the roster; a secret file and a policy lie outside it."""
    folder = tmp_path / "team"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("shadow", "shadow.csv"):
        (tmp_path / name).write_text(SECRET)
    (tmp_path / POLICY).write_text(packaged_policy_text())
    return folder


def refusal(line: str) -> str:
    """Return the refusal of a roster with this line. It shows nothing of the secret."""
    return _refusal("x.yaml", GOOD + line + "\n", read_roster)


def policy_refusal(line: str) -> str:
    """Return the refusal of a policy with this line. It shows nothing of the secret."""
    return _refusal(POLICY, f"{packaged_policy_text()}\n{line}\n", read_policy)


def _refusal(name: str, text: str, read: Callable[[Path], object]) -> str:
    Path(name).write_text(text)
    with pytest.raises(FileFaults) as refused:
        read(Path(name))
    (fault,) = refused.value.faults
    assert "root" not in fault.message
    return fault.message


@pytest.mark.parametrize(
    "name", ["../shadow", "../../../../../../etc/shadow", "/etc/shadow", "../nowhere", "../team/../shadow"]
)
def test_a_policy_outside_the_rosters_folder_is_not_read_whether_it_exists_or_not(team: Path, name: str) -> None:
    assert (
        refusal(f"policy: {name}") == f'"{name}" is outside the folder of this file; put it there, and write its name'
    )


@pytest.mark.parametrize("name", ["../shadow.csv", "/etc/shadow.csv", "../nowhere.json"])
def test_another_teams_plan_outside_the_rosters_folder_is_not_read(team: Path, name: str) -> None:
    assert (
        refusal(f"busy: [{name}]") == f'"{name}" is outside the folder of this file; put it there, and write its name'
    )


@pytest.mark.parametrize("key", ["customers", "status"])
@pytest.mark.parametrize("name", ["../shadow", "/etc/shadow", "../nowhere", "up/shadow", "link.yaml"])
def test_a_file_that_a_policy_names_outside_its_folder_is_not_read(team: Path, key: str, name: str) -> None:
    (team / "up").symlink_to(team.parent)
    (team / "link.yaml").symlink_to(team.parent / "shadow")
    outside = "is outside the folder of this file; put it there, and write its name"
    beside = f"is not the name of a file beside this one; write one like {key}.yaml"
    assert policy_refusal(f"{key}: {name}") == f'"{name}" {beside if "/" in name else outside}'


def test_a_link_that_leads_out_of_the_folder_is_not_followed(team: Path) -> None:
    for name in ("link.policy.yaml", "link.csv", "customers.yaml"):
        (team / name).symlink_to(team.parent / "shadow")
    outside = "is outside the folder of this file; put it there, and write its name"
    assert refusal("policy: link.policy.yaml") == f'"link.policy.yaml" {outside}'
    assert refusal("busy: [link.csv]") == f'"link.csv" {outside}'
    assert policy_refusal("customers: customers.yaml") == f'"customers.yaml" {outside}'


def test_a_folder_that_is_a_link_leads_out_no_more_than_a_file(team: Path) -> None:
    (team / "up").symlink_to(team.parent)
    assert refusal("policy: up/shadow") == (
        '"up/shadow" is outside the folder of this file; put it there, and write its name'
    )


def test_only_regular_files_are_read(team: Path) -> None:
    for name in ("pipe", "pipe.csv"):
        os.mkfifo(team / name)
    (team / "folder").mkdir()
    for line, name in (("policy: pipe", "pipe"), ("busy: [pipe.csv]", "pipe.csv"), ("policy: folder", "folder")):
        assert refusal(line) == f'"{name}" is not a regular file; write the name of a file'
    assert policy_refusal("customers: pipe") == '"pipe" is not a regular file; write the name of a file'


@pytest.mark.parametrize(
    "name", [POLICY, f"./{POLICY}", f"../team/{POLICY}", "below/other.policy.yaml", "link.policy.yaml", "ABSOLUTE"]
)
def test_a_policy_in_the_folder_or_below_it_is_read_however_it_is_named(team: Path, name: str) -> None:
    (team / POLICY).write_text(packaged_policy_text())
    (team / "below").mkdir()
    (team / "below" / "other.policy.yaml").write_text(packaged_policy_text())
    (team / "link.policy.yaml").symlink_to(POLICY)
    name = str(team / POLICY) if name == "ABSOLUTE" else name
    Path("x.yaml").write_text(f"{GOOD}policy: {name}\n")
    assert read_roster(Path("x.yaml")).policy.source == str(Path(name))


def test_a_roster_that_is_reached_through_a_link_to_its_folder_finds_its_policy(team: Path, tmp_path: Path) -> None:
    (team / POLICY).write_text(packaged_policy_text())
    (team / "x.yaml").write_text(f"{GOOD}policy: {POLICY}\n")
    (tmp_path / "current").symlink_to(team)
    assert read_roster(tmp_path / "current" / "x.yaml").policy.source == str(tmp_path / "current" / POLICY)


def test_a_plan_that_was_named_after_the_roster_was_read_stays_in_the_folder_too(team: Path) -> None:
    Path("x.yaml").write_text(GOOD)
    roster = replace(read_roster(Path("x.yaml")), busy=("../shadow.csv",))
    with pytest.raises(FileFaults) as refused:
        seats_on_other_teams(roster)
    assert str(refused.value) == (
        'x.yaml: busy: "../shadow.csv" is outside the folder of this file; put it there, and write its name'
    )
