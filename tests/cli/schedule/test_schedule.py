"""Publish, who, shifts and override in the terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from oncall.support.policy_file import packaged_policy_text
from tests.cli.conftest import Oncall


def test_publish_prints_every_shift_that_changes_hands(oncall: Oncall, plan: Path, roster: Path) -> None:
    ran = oncall("publish", str(plan), "--roster", str(roster), "--by", "mei", "--reason", "January")
    assert ran.code == 0
    assert ran.out == (
        "Published version 1: tiny, 40 seats.\n"
        "  ana: gains 20 (the first on 2027-01-04)\n"
        "  ben: gains 20 (the first on 2027-01-04)\n"
    )


def test_publishing_the_same_plan_again_changes_nothing(published: Oncall, plan: Path, roster: Path) -> None:
    ran = published("publish", str(plan), "--roster", str(roster))
    assert ran.out == "Published version 2: tiny, 40 seats.\n  Nothing changes.\n"


def test_publishing_another_policy_prints_what_it_changes(published: Oncall, plan: Path, roster: Path) -> None:
    faster = packaged_policy_text().replace("first_reply: 60m calendar", "first_reply: 50m calendar")
    (roster.parent / "ours.policy.yaml").write_text(faster, encoding="utf-8")
    text = roster.read_text(encoding="utf-8")
    roster.write_text(text.replace("rotation:", "policy: ours.policy.yaml\nrotation:"), encoding="utf-8")
    told = "standard customers, urgent: first reply within 50 min, before 1 h (faster)."
    assert published("publish", str(plan), "--roster", str(roster)).out == (
        f"Published version 2: tiny, 40 seats.\n  No shift changes hands.\n  policy: {told}\n"
        "  policy: this holds from Sat 2027-01-09 03:12 EST on.\n"
    )
    roster.write_text(text, encoding="utf-8")
    back = json.loads(published("publish", str(plan), "--roster", str(roster), "--json").out)
    assert (back["changes"], back["policy_changes"]) == (
        [],
        ["standard customers, urgent: first reply within 1 h, before 50 min (slower)."],
    )


def test_a_plan_that_breaks_a_rule_is_not_published(oncall: Oncall, plan: Path, roster: Path) -> None:
    lines = plan.read_text(encoding="utf-8").splitlines()
    plan.write_text("\n".join([*lines[:3], *lines[4:]]) + "\n", encoding="utf-8")
    ran = oncall("publish", str(plan), "--roster", str(roster))
    assert ran.code == 1
    assert "does not keep the rules of" in ran.err
    assert oncall("who").code == 1


def test_a_plan_of_another_team_is_not_published_over_this_one(published: Oncall, plan: Path, roster: Path) -> None:
    roster.write_text(roster.read_text(encoding="utf-8").replace("team: tiny", "team: other"), encoding="utf-8")
    ran = published("publish", str(plan), "--roster", str(roster))
    assert ran.code == 1
    assert ran.err == (
        "oncall: this database holds the schedule of tiny, and the plan is of other; "
        "use one database for each team (ONCALL_DATABASE_URL)\n"
    )


def test_who_shows_policy_time_and_their_own_side_by_side(published: Oncall) -> None:
    ran = published("who")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "Sat 2027-01-09 03:12 EST: on call, weekend until Mon 2027-01-11 08:00 EST.",
        "primary    Ana Pereira (ana)  until Mon 2027-01-11 08:00 EST",
        "secondary  Ben Okafor (ben)   until Mon 2027-01-11 08:00 EST  Mon 2027-01-11 18:30 IST in Asia/Kolkata",
    ]


def test_who_as_json_is_the_body_of_the_api(published: Oncall) -> None:
    view = json.loads(published("who", "--at", "2027-01-05T22:00", "--json").out)
    assert view["at"] == "2027-01-05T22:00:00-05:00"
    assert view["window"] == "weeknight"
    assert view["roles"]["primary"]["engineer"] == "ana"
    assert view["roles"]["primary"]["until"] == "2027-01-06T08:00:00-05:00"
    assert view["missing"] == []


def test_in_business_hours_an_empty_rota_is_no_gap(published: Oncall) -> None:
    ran = published("who", "--at", "2027-01-05T12:00:00-05:00")
    assert ran.code == 0
    assert ran.out == (
        "Tue 2027-01-05 12:00 EST: business hours until Tue 2027-01-05 19:01 EST. The support desk has the tickets.\n"
        "If nobody there takes an Urgent or High ticket in time, the pages go to Ana Pereira (ana, primary), "
        "Ben Okafor (ben, secondary).\n"
    )
    view = json.loads(published("who", "--at", "2027-01-05T12:00:00-05:00", "--json").out)
    assert (view["window"], view["roles"]) == ("business", {})


def test_a_gap_is_printed_in_capitals(published: Oncall) -> None:
    ran = published("who", "--at", "2027-03-06T12:00:00-05:00", "--json")
    assert ran.code == 1
    assert json.loads(ran.out)["missing"] == ["primary", "secondary"]
    assert ran.err == (
        "oncall: GAP IN THE SCHEDULE: nobody is on call as primary or secondary; pages go to the manager at once\n"
    )


@pytest.mark.parametrize("command", [("who",), ("shifts", "ana"), ("next", "ana")])
def test_without_a_published_schedule_who_says_so(oncall: Oncall, command: tuple[str, ...]) -> None:
    ran = oncall(*command)
    assert ran.code == 1
    assert ran.out == ""
    assert ran.err == ("oncall: no schedule is published yet; make one with `oncall generate` and `oncall publish`\n")


def test_before_the_schedule_begins_who_says_so(published: Oncall) -> None:
    ran = published("who", "--at", "2027-01-02T12:00:00-05:00")
    assert ran.code == 1
    assert ran.err == (
        "oncall: NOBODY IS ON CALL as primary or secondary: the published schedule begins on Mon 2027-01-04 19:01 EST; "
        "pages go to the manager at once\n"
    )


def test_a_time_that_is_none_is_misuse(published: Oncall) -> None:
    ran = published("who", "--at", "tonight")
    assert ran.code == 2
    assert '"tonight" is not a time; write "2027-01-09T03:12" or "2027-01-09T03:12:00-05:00"' in " ".join(
        ran.err.split()
    )
    assert published("shifts", "ana", "--from", "someday").code == 2


def test_shifts_lists_an_engineers_turns_in_both_times(published: Oncall) -> None:
    found = json.loads(published("shifts", "ben", "--from", "2027-01-11", "--to", "2027-01-12", "--json").out)["shifts"]
    assert [(shift["kind"], shift["start"], shift["start_local"]) for shift in found] == [
        ("weekend", "2027-01-08T19:01:00-05:00", "2027-01-09T05:31:00+05:30"),
        ("weeknight", "2027-01-11T19:01:00-05:00", "2027-01-12T05:31:00+05:30"),
        ("weeknight", "2027-01-12T19:01:00-05:00", "2027-01-13T05:31:00+05:30"),
    ]
    assert "Asia" not in published("shifts", "ben").err


def test_shifts_has_no_second_time_for_an_engineer_in_the_policys_zone(published: Oncall) -> None:
    both = published("shifts", "ben", "--from", "2027-01-11", "--to", "2027-01-12").out.splitlines()
    one = published("shifts", "ana", "--from", "2027-01-11", "--to", "2027-01-12").out.splitlines()
    assert both[0].split("  ")[-1].strip() == "their own time"
    assert "Asia" in published("who").out
    assert "their own time" not in one[0]
    assert [line.count("19:01") for line in one[1:]] == [1] * len(one[1:])


def test_an_unknown_engineer_differs_from_one_without_shifts(published: Oncall) -> None:
    ran = published("shifts", "anna")
    assert (ran.code, ran.err) == (
        1,
        'oncall: nobody on the published rosters has the id "anna"; did you mean "ana"?\n',
    )
    assert json.loads(published("shifts", "chloe", "--json").out) == {"shifts": []}


def test_next_shows_the_running_shift_and_the_one_after(published: Oncall) -> None:
    view = json.loads(published("next", "ana", "--json").out)
    assert view["now"]["start"] == "2027-01-08T19:01:00-05:00"
    assert view["next"]["start"] == "2027-01-11T19:01:00-05:00"


def test_an_override_puts_another_person_on_at_once_and_says_from_when_and_why(published: Oncall) -> None:
    ran = published(
        "override", "chloe", "--from", "2027-01-09T00:00", "--to", "2027-01-09T08:00", "--reason", "ana is ill"
    )
    assert ran.code == 0
    assert ran.out.splitlines()[0] == (
        "Version 2: chloe is primary from Sat 2027-01-09 03:12 EST to Sat 2027-01-09 08:00 EST."
    )
    assert re.search(r"chloe: gains 1", ran.out)
    assert re.search(r"ana: loses 1", ran.out)
    primary = json.loads(published("who", "--json").out)["roles"]["primary"]
    assert (primary["engineer"], primary["override"]) == ("chloe", "ana is ill")
    after = json.loads(published("who", "--at", "2027-01-09T08:00", "--json").out)["roles"]["primary"]
    assert after["engineer"] == "ana"


def test_an_override_that_cannot_be_meant_so_is_refused(published: Oncall) -> None:
    ran = published("override", "chloe", "--from", "2027-01-09T08:00", "--to", "2027-01-09T00:00", "--reason", "x")
    assert (ran.code, ran.err) == (
        1,
        "oncall: --to must be after --from: 2027-01-09T00:00 is not after 2027-01-09T08:00\n",
    )
    ran = published("override", "zoe", "--from", "2027-01-09T00:00", "--to", "2027-01-09T08:00", "--reason", "x")
    assert ran.code == 1
    assert 'there is no "zoe" on the published roster' in ran.err
