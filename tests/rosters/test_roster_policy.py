"""A roster may name a policy file beside it; faults of both are told together."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from oncall.errors import FileFaults
from oncall.rosters.roster_file import read_roster, roster_from_text
from oncall.support.policy_file import packaged_policy, packaged_policy_text
from tests.rosters.conftest import GOOD


def test_a_policy_beside_the_roster_keeps_its_own_time_zone(folder: Path) -> None:
    (folder / "rosters").mkdir()
    (folder / "rosters/my.policy.yaml").write_text(packaged_policy_text())
    text = GOOD.replace("America/New_York", "Asia/Kolkata") + "policy: my.policy.yaml\n"
    (folder / "rosters/x.yaml").write_text(text)
    roster = read_roster(Path("rosters/x.yaml"))
    assert roster.policy == packaged_policy(ZoneInfo("America/New_York"))
    assert roster.policy.source == "rosters/my.policy.yaml"
    assert roster.zone == ZoneInfo("Asia/Kolkata")


def test_faults_of_the_roster_and_of_its_policy_are_told_together(folder: Path) -> None:
    (folder / "my.policy.yaml").write_text(packaged_policy_text().replace("desk_after: 15m", "desk_after: 15"))
    (folder / "x.yaml").write_text(GOOD.replace("id: ben", "id: Ben") + "policy: my.policy.yaml\n")
    with pytest.raises(FileFaults) as refused:
        read_roster(Path("x.yaml"))
    lines = packaged_policy_text().splitlines()
    line = next(number for number, line in enumerate(lines, start=1) if line.startswith("  desk_after:"))
    assert str(refused.value).splitlines() == [
        f'my.policy.yaml:{line}:15: escalation.desk_after: "15" is not a length of time; write 15m for minutes',
        'x.yaml:7:9: engineers[1].id: "Ben" is not a name of 1 to 40 small letters, digits and dashes; write "ben"',
    ]


def test_a_policy_that_is_not_there_is_told_at_its_place(folder: Path) -> None:
    (folder / "x.yaml").write_text(GOOD + "policy: my.policy.yaml\n")
    with pytest.raises(FileFaults) as refused:
        read_roster(Path("x.yaml"))
    assert str(refused.value) == (
        'x.yaml:10:9: policy: there is no file "my.policy.yaml"; delete this line for the packaged policy'
    )


def test_a_policy_that_is_misspelt_is_told_the_nearest_one(folder: Path) -> None:
    (folder / "my.policy.yaml").write_text(packaged_policy_text())
    (folder / "x.yaml").write_text(GOOD + "policy: my.polcy.yaml\n")
    with pytest.raises(FileFaults) as refused:
        read_roster(Path("x.yaml"))
    assert str(refused.value) == (
        'x.yaml:10:9: policy: there is no file "my.polcy.yaml"; did you mean "my.policy.yaml"?'
    )


def test_a_roster_from_its_text_goes_with_the_policy_that_it_is_given() -> None:
    policy = packaged_policy(ZoneInfo("Europe/London"))
    roster = roster_from_text(GOOD + "policy: not-here.policy.yaml\n", "published roster", policy)
    assert roster.policy is policy
    assert roster.source == "published roster"


def test_a_policy_of_the_packaged_ones_name_is_still_told_from_it(folder: Path) -> None:
    (folder / "itopia-cas.policy.yaml").write_text(packaged_policy_text())
    (folder / "x.yaml").write_text(GOOD + "policy: itopia-cas.policy.yaml\n")
    assert read_roster(Path("x.yaml")).policy.source != packaged_policy().source
