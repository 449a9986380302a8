"""A plan of another team may name a shared engineer by the id, the name or the email address."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from oncall.errors import FileFaults
from oncall.rosters.roster import Roster
from oncall.rotation.problem.context import seats_on_other_teams
from tests.rotation.teams import person, team

PLAN = "start,end,kind,role,engineer\n2027-01-06T19:01:00-05:00,2027-01-07T08:00:00-05:00,night,primary,{}\n"


def roster_beside(folder: Path, who: str, *names: str) -> Roster:
    (folder / "db.csv").write_text(PLAN.format(who))
    people = [replace(person(f"p{n}", email=f"p{n}@example.com"), name=name) for n, name in enumerate(names)]
    return replace(team(*people), busy=("db.csv",), source=str(folder / "x.yaml"), lines={"busy[0]": 7})


@pytest.mark.parametrize("who", ["p1", "Ben Okafor", "ben  okafor", "p1@example.com"])
def test_an_engineer_of_both_teams_is_recognised(tmp_path: Path, who: str) -> None:
    seats = seats_on_other_teams(roster_beside(tmp_path, who, "Ana Pereira", "Ben Okafor"))
    assert [(seat.engineer, seat.team) for seat in seats] == [("p1", "db")]


def test_an_engineer_of_the_other_team_alone_does_not_count(tmp_path: Path) -> None:
    assert seats_on_other_teams(roster_beside(tmp_path, "Zoe Lang", "Ana Pereira", "Ben Okafor")) == ()


def test_a_name_that_two_engineers_have_is_refused_with_their_ids(tmp_path: Path) -> None:
    with pytest.raises(FileFaults) as refusal:
        seats_on_other_teams(roster_beside(tmp_path, "Ben Okafor", "Ben Okafor", "Ben Okafor"))
    assert str(refusal.value) == (
        f'{tmp_path / "x.yaml"}:7:1: busy[0]: db.csv names "Ben Okafor", which is the name of p0 and p1; write the id '
        "there"
    )
