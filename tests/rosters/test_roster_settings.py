"""Settings tried on a roster are checked like the file; a bad one is named with what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from oncall.errors import FileFaults, Refused
from oncall.rosters.roster_file import read_roster
from oncall.rosters.roster_settings import roster_with
from oncall.support.holidays import public_holidays

TEXT = """\
team: tiny
timezone: America/New_York
rotation: {rest_nights: 0}
engineers:
  - {id: ana, name: Ana Pereira, phone: "+13055550101"}
  - {id: ben, name: "Ben: the second", phone: +13055550102, unavailable: [{from: 2027-01-04, to: 2027-01-05}]}
  - {id: yes, name: 007, phone: "+13055550103", fte: 0.5}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def refusal_of(path: Path, setting: str) -> str:
    with pytest.raises(Refused) as refusal:
        roster_with(read_roster(path), [setting])
    return str(refusal.value)


def test_without_settings_it_is_the_roster_of_the_file(path: Path) -> None:
    assert roster_with(read_roster(path), []) == read_roster(path)


def test_a_setting_changes_its_key_and_nothing_else(path: Path) -> None:
    before, after = read_roster(path), roster_with(read_roster(path), ["rotation.rest_nights=2"])
    assert after.rules.rest_nights == 2
    assert after.engineers == before.engineers
    assert (after.team, after.zone, after.policy) == (before.team, before.zone, before.policy)


def test_keys_that_the_file_does_not_have_yet_are_added(path: Path) -> None:
    roster = roster_with(read_roster(path), ["holidays=US", "rotation.max_shifts_per_week=2"])
    assert (roster.holidays, roster.rules.max_shifts_per_week) == (public_holidays("US"), 2)


def test_engineers_go_by_their_id(path: Path) -> None:
    settings = ["engineers.ana.fte=0.5", "engineers.yes.roles=[secondary]", "engineers.ben.unavailable=[]"]
    ana, ben, yes = roster_with(read_roster(path), settings).engineers
    assert (ana.fte, ben.absences, yes.roles) == (0.5, (), ("secondary",))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("rotation.rest_night=1", '--set rotation.rest_night=1: is not a known key; did you mean "rest_nights"?'),
        ("rotaton.rest_nights=1", '--set rotaton.rest_nights=1: rotaton is not a known key; did you mean "rotation"?'),
        (
            "rotation.rest_nights=two",
            '--set rotation.rest_nights=two: "two" is not a whole number; write 2',
        ),
        (
            "engineers.anna.fte=1",
            '--set engineers.anna.fte=1: "anna" is not an engineer of this roster; did you mean "ana"?',
        ),
        ("engineers.ana.ft=1", '--set engineers.ana.ft=1: is not a known key; did you mean "fte"?'),
        (
            "engineers.ana.roles=[third]",
            '--set engineers.ana.roles=[third]: "third" is not a role of this roster; write one of primary, secondary',
        ),
        ("rest_nights", '--set "rest_nights": write a key, = and its value, like rotation.rest_nights=1'),
        ("rotation..x=1", '--set "rotation..x=1": write a key, = and its value, like rotation.rest_nights=1'),
        ("rotation.roles=[a", "--set rotation.roles=[a: the value is not YAML; write one like rotation.rest_nights=1"),
        (
            "timezone=Asia/Tokyo",
            "--set timezone=Asia/Tokyo: timezone cannot be tried; set a key of rotation, holidays or engineers",
        ),
        (
            "holidays.US=1",
            "--set holidays.US=1: is not a known key; write one of date, name, drop\n"
            "with these settings, holidays.date: is missing; write date: 2027-03-10",
        ),
        ("engineers.ana.fte.x=1", "--set engineers.ana.fte.x=1: fte holds keys; a single value is expected here"),
    ],
)
def test_a_bad_setting_says_which_and_what_to_write(path: Path, setting: str, message: str) -> None:
    assert refusal_of(path, setting) == message


def test_a_fault_of_the_file_itself_is_told_as_such(path: Path) -> None:
    path.write_text(TEXT.replace("rest_nights", "rest_night"), encoding="utf-8")
    with pytest.raises(FileFaults, match=r"tiny\.yaml:3:12: rotation\.rest_night: is not a known key"):
        roster_with(read_roster(path), ["rotation.rest_nights=1"])
