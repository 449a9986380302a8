"""`oncall diff` and `publish --dry-run`: shifts by person, people, phone numbers, names and the policy."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from oncall.cli.schedule.diff_output import people_lines, print_difference
from oncall.rosters.roster_file import read_roster
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.plan_file import write_plan
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of
from oncall.support.policy_file import packaged_policy_text
from tests.cli.conftest import Oncall
from tests.cli.teams import SMALL_ROSTER
from tests.paging.world import ROSTER
from tests.web.conftest import service  # noqa: F401
from tests.web.service import Service

ILL = ("--from", "2027-01-12T19:01", "--to", "2027-01-13T08:00", "--reason", "ana is ill")


def shown(oncall: Oncall, *arguments: str | Path) -> dict[str, Any]:
    ran = oncall(*arguments, "--json")
    assert ran.code == 0, ran.err
    view: dict[str, Any] = json.loads(ran.out)
    return view


@pytest.fixture
def covered(published: Oncall) -> Oncall:
    """The published four weeks, with an override of one night."""
    assert published("override", "chloe", *ILL).code == 0
    return published


def test_two_versions_differ_by_the_shifts_that_each_person_gains_and_loses(covered: Oncall) -> None:
    night = "Tue 2027-01-12 19:01 EST to Wed 2027-01-13 08:00 EST  weeknight  primary"
    assert covered("diff", "1").out.splitlines() == [
        "From version 1 to version 2:",
        "  ana: loses 1",
        f"    - {night}",
        "  chloe: gains 1",
        f"    + {night}",
    ]
    view = shown(covered, "diff", "2", "1")
    assert [(each["engineer"], len(each["gained"]), len(each["lost"])) for each in view["changes"]] == [
        ("ana", 1, 0),
        ("chloe", 0, 1),
    ]
    assert (view["from"], view["to"]) == (
        {"name": "version 2", "version": 2},
        {"name": "version 1", "version": 1},
    )
    assert covered("diff", "published").out.splitlines()[1:] == ["  Nothing differs."]


def test_a_changed_number_and_name_are_said_and_a_dry_run_changes_nothing(
    covered: Oncall, plan: Path, roster: Path
) -> None:
    text = SMALL_ROSTER.replace("+13055550101", "+13055550199").replace("Ben Okafor", "Ben O. Okafor")
    assert text.count("+13055550199") == 1
    roster.write_text(text, encoding="utf-8")
    ran = covered("publish", plan, "--roster", roster, "--dry-run")
    assert ran.code == 0
    people = [
        "  people: ben is called Ben O. Okafor, no longer Ben Okafor.",
        "  people: ana has another phone number, ...99, no longer ...01.",
    ]
    assert ran.out.splitlines()[-2:] == people
    assert ran.err.splitlines()[-1] == "Nothing was published."
    assert "+1305555" not in ran.out
    same = covered("diff", "published", plan, "--roster", roster)
    assert same.out == ran.out
    assert len(json.loads(covered("history", "--json").out)["versions"]) == 2
    assert covered("publish", plan, "--roster", roster).out.splitlines()[-2:] == people
    view = shown(covered, "diff", "2", "3")
    assert view["phones"] == [{"engineer": "ana", "from": "...01", "to": "...99"}]
    assert view["names"] == [{"engineer": "ben", "from": "Ben Okafor", "to": "Ben O. Okafor"}]


def test_a_dry_run_warns_of_the_gap_that_publishing_leaves(published: Oncall, roster: Path, tmp_path: Path) -> None:
    """January ends on Monday 1 February at 08:00, and the next plan begins on the evening of the 2nd."""
    team = read_roster(roster)
    calendar = calendar_of(team.policy, team.holidays)
    shifts = shifts_between(calendar, first_day=date(2027, 2, 2), last_day=date(2027, 2, 7), rules=team.rules)
    people = (("primary", "ana"), ("secondary", "ben"))
    seats = tuple(Seat(each.window, each.kind, role, person) for each in shifts for role, person in people)
    write_plan(Plan(team.team, team.zone, seats), tmp_path / "february.csv")
    ran = published("publish", tmp_path / "february.csv", "--roster", roster, "--dry-run")
    span = "from Mon 2027-02-01 19:01 EST to Tue 2027-02-02 08:00 EST"
    assert ran.err.splitlines() == [
        f"GAP IN THE SCHEDULE: nobody is primary {span}",
        f"GAP IN THE SCHEDULE: nobody is secondary {span}",
        "Nothing was published.",
    ]
    said = published("publish", tmp_path / "february.csv", "--roster", roster).err.splitlines()
    assert [line for line in said if line.startswith("GAP")] == ran.err.splitlines()[:2]


def test_a_number_with_the_same_last_digits_is_said_too() -> None:
    view: Any = {
        "people_added": [],
        "people_gone": [],
        "names": [],
        "phones": [{"engineer": "ana", "from": "...01", "to": "...01"}],
    }
    assert list(people_lines(view)) == ["people: ana has another phone number, which also ends in ...01."]


def test_people_who_come_and_go_and_the_policy_with_its_date_are_listed(
    published: Oncall, plan: Path, roster: Path, tmp_path: Path
) -> None:
    (tmp_path / "ours.policy.yaml").write_text(
        packaged_policy_text().replace("desk_after: 15m", "desk_after: 10m"), encoding="utf-8"
    )
    text = SMALL_ROSTER.replace("id: chloe", "id: zoe").replace("Chloe", "Zoe")
    roster.write_text(f"policy: ours.policy.yaml\n{text}", encoding="utf-8")
    view = shown(published, "publish", plan, "--roster", roster, "--dry-run")
    assert [each["engineer"] for each in view["people_added"]] == ["zoe"]
    assert [each["engineer"] for each in view["people_gone"]] == ["chloe"]
    assert len(view["policy_changes"]) == 1
    assert view["policy_from"] == "2027-01-09T03:12:00-05:00"


def test_plan_files_are_compared_with_the_published_people_or_with_their_roster(
    published: Oncall, plan: Path, roster: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.csv"
    lines = plan.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace(",ana", ",chloe")
    other.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for options in ((), ("--roster", str(roster))):
        view = shown(published, "diff", str(plan), str(other), *options)
        assert [each["engineer"] for each in view["changes"]] == ["ana", "chloe"]
    # The first night is over.
    assert shown(published, "diff", "published", str(other))["changes"] == []


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("7",), 'there is no version "7"; `oncall history` lists versions 1 to 2'),
        (("0",), 'there is no version "0"; `oncall history` lists versions 1 to 2'),
        (("latest",), 'there is no version "latest"; `oncall history` lists versions 1 to 2'),
        (("gone.csv",), "gone.csv: there is no such file"),
    ],
)
def test_what_cannot_be_compared_is_refused(covered: Oncall, names: tuple[str, ...], words: str) -> None:
    ran = covered("diff", *names)
    assert (ran.code, ran.err.removeprefix("oncall: ")) == (1, f"{words}\n")


def test_without_a_schedule_there_is_nothing_to_compare(oncall: Oncall, plan: Path) -> None:
    ran = oncall("diff", "1")
    assert (ran.code, ran.err.splitlines()[-1]) == (
        1,
        "oncall: no schedule is published yet; make one with `oncall generate` and `oncall publish`",
    )
    ran = oncall("diff", plan, plan)
    assert (ran.code, ran.err) == (1, f"oncall: {plan}: name its roster with --roster, because nothing is published\n")


def test_a_server_compares_its_versions(
    service: Service,  # noqa: F811
    oncall: Oncall,
    monkeypatch: pytest.MonkeyPatch,
    plan: Path,
) -> None:
    monkeypatch.setenv("ONCALL_DATABASE_URL", f"sqlite:///{service.file}")
    assert oncall("override", "chloe", *ILL, "--force").code == 0
    local = oncall("diff", "1")
    monkeypatch.setenv("ONCALL_SERVER", service.address)
    monkeypatch.setenv("ONCALL_TOKEN", "ana")
    assert oncall("diff", "1") == local
    ran = oncall("diff", "9")
    assert (ran.code, ran.err) == (1, 'oncall: there is no version "9"; `oncall history` lists versions 1 to 2\n')


def test_a_server_compares_a_plan_file_with_what_it_has_published(
    service: Service,  # noqa: F811
    oncall: Oncall,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("ONCALL_DATABASE_URL", f"sqlite:///{service.file}")
    made, other = tmp_path / "made.csv", tmp_path / "other.csv"
    rows = [line for line in _seats(oncall) if line.startswith("2027-02")]
    made.write_text("\n".join(["start,end,kind,role,engineer", *rows]) + "\n", encoding="utf-8")
    other.write_text(made.read_text(encoding="utf-8").replace(",ana", ",chloe", 1), encoding="utf-8")
    assert oncall("override", "chloe", *ILL, "--force").code == 0
    asked = [("published", str(other)), (str(other), "published"), (str(made), str(other))]
    asked += [("1", str(other)), (str(made), "1"), ("2", str(other))]
    local = [oncall("diff", *names) for names in asked]
    assert [ran.code for ran in local] == [0] * 6
    monkeypatch.setenv("ONCALL_SERVER", service.address)
    monkeypatch.setenv("ONCALL_TOKEN", "mei")
    assert [oncall("diff", *names) for names in asked] == local
    roster = ("--roster", str(ROSTER))
    assert "another phone number" not in oncall("diff", str(made), str(other), *roster).out
    ran = oncall("diff", str(made), "9")
    assert (ran.code, ran.err) == (1, 'oncall: there is no version "9"; `oncall history` lists versions 1 to 2\n')


def _seats(oncall: Oncall) -> list[str]:
    shifts = json.loads(oncall("schedule", "--json").out)["shifts"]
    return [",".join(shift[name] for name in ("start", "end", "kind", "role", "engineer")) for shift in shifts]


def test_shifts_that_follow_each_other_are_one_line_with_their_number(capsys: pytest.CaptureFixture[str]) -> None:
    def shift(start: str, end: str, role: str = "primary") -> dict[str, str]:
        return {
            "start": f"2027-01-{start}:00:00-05:00",
            "end": f"2027-01-{end}:00:00-05:00",
            "kind": "duty",
            "role": role,
            "engineer": "ana",
        }

    gained = [shift("06T10", "07T00"), shift("06T10", "07T00", "secondary"), shift("07T00", "08T00")]
    view: Any = {
        "from": {"name": "version 1"},
        "to": {"name": "version 2"},
        "changes": [{"engineer": "ana", "gained": gained, "lost": [shift("08T00", "09T00")]}],
        **dict.fromkeys(("people_added", "people_gone", "names", "phones", "policy_changes"), ()),
    }
    print_difference(view, ZoneInfo("America/New_York"))
    assert capsys.readouterr().out.splitlines() == [
        "From version 1 to version 2:",
        "  ana: gains 3, loses 1",
        "    + Wed 2027-01-06 10:00 EST to Fri 2027-01-08 00:00 EST  duty  primary  2 shifts",
        "    + Wed 2027-01-06 10:00 EST to Thu 2027-01-07 00:00 EST  duty  secondary",
        "    - Fri 2027-01-08 00:00 EST to Sat 2027-01-09 00:00 EST  duty  primary",
    ]
