"""`oncall why` in the terminal: for each other person, the rule that forbids them or the cost of choosing them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Oncall
from tests.cli.planning.conftest import Planned
from tests.cli.teams import SMALL_ROSTER, written

TWO_WEEKS = ("--start", "2027-01-04", "--weeks", "2")


def test_why_lists_every_other_engineer_for_every_role(oncall: Oncall, roster: Path, week: Path) -> None:
    ran = oncall("why", week, "--roster", roster, "--shift", "2027-01-05")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "Tue 2027-01-05 19:01 EST to Wed 2027-01-06 08:00 EST (weeknight)"
    assert [line for line in lines if not line.startswith(" ")][1].startswith("primary: ")
    assert sum("solved with" in line for line in lines) == 4
    assert "costs the same, proven" in ran.out
    assert "in this plan: one_role: " in ran.out


def test_machines_get_every_other_person_with_rule_and_price(oncall: Oncall, roster: Path, week: Path) -> None:
    time = "2027-01-05T19:01"
    answer = json.loads(oncall("why", week, "--roster", roster, "--shift", time, "--role", "secondary", "--json").out)
    assert (answer["start"], answer["kind"]) == ("2027-01-05T19:01:00-05:00", "weeknight")
    [seat] = answer["seats"]
    assert (seat["role"], seat["cost"], len(seat["others"])) == ("secondary", 396, 2)
    assert seat["others"][0].keys() == {
        "engineer",
        "rule",
        "cannot",
        "rules",
        "swap",
        "asked_to_avoid",
        "anew",
        "because",
    }
    assert seat["others"][0]["anew"] == {"more": 0, "at_least": 0, "proven": True}


def test_a_time_within_a_shift_means_that_shift(oncall: Oncall, roster: Path, week: Path) -> None:
    ran = oncall("why", week, "--roster", roster, "--shift", "2027-01-09T12:00", "--role", "primary")
    assert ran.out.startswith("Fri 2027-01-08 19:01 EST to Mon 2027-01-11 08:00 EST (weekend)\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--shift", "2027-01-09"), "no shift of the plan starts at 2027-01-09; the last one starts 2027-01-08T19:01"),
        (("--shift", "2027-01-01"), "no shift of the plan starts at 2027-01-01; the next one starts 2027-01-04T19:01"),
        (
            ("--shift", "2027-01-05", "--role", "primry"),
            '"primry" is not a role of this rotation; did you mean "primary"?',
        ),
    ],
)
def test_why_lists_the_shifts_when_none_is_meant(
    oncall: Oncall, roster: Path, week: Path, arguments: tuple[str, ...], message: str
) -> None:
    ran = oncall("why", week, "--roster", roster, *arguments)
    assert (ran.code, ran.out, ran.err) == (1, "", f"oncall: {message}\n")


def test_two_shifts_on_one_day_are_named_by_their_time(oncall: Oncall, roster: Path, planned: Planned) -> None:
    roster.write_text(SMALL_ROSTER.replace("rotation:", "holidays: US\nrotation:"), encoding="utf-8")
    plan = planned(roster, "plan.json", "--start", "2027-12-20", "--weeks", "1")
    ran = oncall("why", plan, "--roster", roster, "--shift", "2027-12-24")
    assert ran.err == (
        "oncall: 2 shifts start on 2027-12-24; name one by its time: 2027-12-24T08:00 or 2027-12-24T19:01\n"
    )


# ---- every rule and every kind of plan

LARGE_ROSTER = """\
team: support
timezone: America/New_York
busy: [database.csv]
rotation: {rest_nights: 1, weekends_apart: 1}
engineers:
  - {id: ana, name: Ana, phone: "+13055550101"}
  - {id: ben, name: Ben, phone: "+13055550102", roles: [secondary]}
  - {id: cai, name: Cai, phone: "+13055550103", unavailable: [{from: 2027-01-06, to: 2027-01-07, reason: flight}]}
  - {id: dee, name: Dee, phone: "+13055550104"}
  - {id: eve, name: Eve, phone: "+13055550105"}
  - {id: fay, name: Fay, phone: "+13055550106"}
  - {id: gus, name: Gus, phone: "+13055550107", shadows: {from: 2027-01-04, to: 2027-01-17}}
  - {id: hal, name: Hal, phone: "+13055550108", shadows: {from: 2027-01-04, to: 2027-01-08}}
  - {id: ida, name: Ida, phone: "+13055550109", joins: 2027-02-01}
  - {id: jon, name: Jon, phone: "+13055550110", leaves: 2027-01-02}
"""
DATABASE_PLAN = """\
start,end,kind,role,engineer
2027-01-06T19:01:00-05:00,2027-01-07T08:00:00-05:00,weeknight,primary,dee
"""


@pytest.fixture
def support(tmp_path: Path) -> Path:
    (tmp_path / "database.csv").write_text(DATABASE_PLAN, encoding="utf-8")
    return written(tmp_path / "support.yaml", LARGE_ROSTER)


def about(answer: str, seat: int = 0) -> dict[str, dict[str, object]]:
    return {other["engineer"]: other for other in json.loads(answer)["seats"][seat]["others"]}


def test_an_engineer_who_cannot_has_the_rules_key_and_the_other_teams_name(
    oncall: Oncall, support: Path, planned: Planned
) -> None:
    plan = planned(support, "plan.json", *TWO_WEEKS)
    asked = ("why", plan, "--roster", support, "--shift", "2027-01-06", "--role", "primary")
    found = about(oncall(*asked, "--json").out)
    told = {name: (each["rule"], each["cannot"]) for name, each in found.items() if each["cannot"]}
    assert told == {
        "ben": ("roles", "ben does not take the role primary"),
        "cai": ("unavailable", "cai is away 2027-01-06 to 2027-01-07 (flight)"),
        "dee": ("busy", "dee is on Wed 2027-01-06 (weeknight) on team database, and the rule is rest_nights 1"),
        "gus": ("shadows", "gus only shadows 2027-01-04 to 2027-01-17"),
        "hal": ("shadows", "hal only shadows 2027-01-04 to 2027-01-08"),
        "ida": ("joins", "ida joins only on 2027-02-01"),
        "jon": ("leaves", "jon has left (last day 2027-01-02)"),
    }
    assert all(each["anew"] for name, each in found.items() if name not in told)
    assert "    cannot (unavailable): cai is away 2027-01-06 to 2027-01-07 (flight)\n" in oncall(*asked).out


def test_a_shadow_is_explained_too(oncall: Oncall, support: Path, planned: Planned) -> None:
    plan = planned(support, "plan.json", *TWO_WEEKS)
    rows = json.loads(plan.read_text(encoding="utf-8"))["shifts"]
    seat = next(
        row for row in rows if row["role"] == "shadow" and row["engineer"] == "gus" and row["start"] < "2027-01-08"
    )
    asked = ("why", str(plan), "--roster", support, "--shift", seat["start"], "--role", "shadow")
    ran = oncall(*asked)
    assert ran.code == 0, ran.err
    assert "shadow: gus, who shadows and covers no shift\n" in ran.out
    on_duty = next(row["engineer"] for row in rows if row["start"] == seat["start"] and row["role"] == "primary")
    found = about(oncall(*asked, "--json").out)
    assert found[on_duty]["cannot"] == f"{on_duty} is primary of this shift"
    assert (found["ida"]["rule"], found["ida"]["cannot"]) == ("shadows", "ida does not shadow then")
    assert found["hal"]["cannot"] is None
    assert found["hal"]["rules"] or found["hal"]["swap"] == 0


def test_a_shift_without_a_shadow_says_so(oncall: Oncall, support: Path, planned: Planned) -> None:
    plan = planned(support, "plan.csv", *TWO_WEEKS)
    rows = plan.read_text(encoding="utf-8").splitlines()[1:]
    shadowed = {row.split(",")[0] for row in rows if ",shadow," in row}
    start = next(row.split(",")[0] for row in rows if row.split(",")[0] not in shadowed)
    ran = oncall("why", str(plan), "--roster", support, "--shift", start, "--role", "shadow")
    assert (ran.code, ran.err) == (1, f"oncall: nobody is shadow on the shift that starts {start[:16]}\n")


def test_an_engineer_whom_no_plan_puts_there_has_the_rules_that_exclude_it(
    oncall: Oncall, roster: Path, planned: Planned
) -> None:
    apart = "weekends_apart: 1, never_together: [[ben, ana], [ben, chloe]]}"
    roster.write_text(SMALL_ROSTER.replace("weekends_apart: 1}", apart))
    plan = planned(roster, "plan.json", *TWO_WEEKS)
    asked = ("why", plan, "--roster", roster, "--shift", "2027-01-05", "--role", "primary")
    ben = about(oncall(*asked, "--json").out)["ben"]
    assert ben["anew"] == {"more": None, "at_least": None, "proven": True}
    assert ben["because"] == [
        "the week of Mon 2027-01-04: 5 shifts, 2 roles each",
        "never_together ben and ana",
        "never_together ben and chloe",
    ]
    text = oncall(*asked).out
    assert "    solved with ben in this seat: no plan keeps the rules, proven\n" in text
    assert "      never_together ben and ana\n" in text


@pytest.mark.parametrize("suffix", ["json", "csv"])
def test_plans_that_are_relaxed_published_or_without_a_proof_are_explained(
    oncall: Oncall, support: Path, planned: Planned, suffix: str
) -> None:
    plan = planned(support, f"plan.{suffix}", *TWO_WEEKS, "--relax", "unavailable@2027-01-06..2027-01-07:cai")
    if suffix == "json":
        assert oncall("publish", plan, "--roster", support).code == 0
    ran = oncall("why", plan, "--roster", support, "--shift", "2027-01-06", "--json")
    assert ran.code == 0, ran.err
    found = about(ran.out)
    # CSV holds no marks of what was agreed to.
    held = json.loads(ran.out)["seats"]
    assert "cai" in {seat["engineer"] for seat in held} or (found["cai"]["rule"] == "unavailable") == (suffix == "csv")


def test_a_repaired_plan_is_explained_from_the_repair_date(oncall: Oncall, support: Path, planned: Planned) -> None:
    plan = planned(support, "plan.json", *TWO_WEEKS)
    repaired = planned(support, "repaired.json", "--keep", plan, "--from", "2027-01-11")
    asked = ("why", repaired, "--roster", support, "--shift")
    assert oncall(*asked, "2027-01-12", "--json").code == 0
    assert oncall(*asked, "2027-01-05").err == (
        "oncall: the shift of 2027-01-05 comes from an earlier plan; this plan was made from 2027-01-11 on\n"
    )


def test_shifts_around_the_plan_forbid_as_they_did_when_it_was_made(
    oncall: Oncall, support: Path, tmp_path: Path, planned: Planned
) -> None:
    before = tmp_path / "before.csv"
    before.write_text(
        "start,end,kind,role,engineer\n2027-01-01T19:01:00-05:00,2027-01-04T08:00:00-05:00,weekend,primary,eve\n"
    )
    plan = planned(support, "plan.json", *TWO_WEEKS, "--history", before)
    asked = ("why", plan, "--roster", support, "--shift", "2027-01-04", "--history", str(before), "--json")
    ran = oncall(*asked)
    assert ran.err == "taken into account: shifts before the plan, 2027-01-01 to 2027-01-01\n"
    assert (about(ran.out)["eve"]["rule"], about(ran.out)["eve"]["cannot"]) == (
        "rest_nights",
        "eve is on Fri 2027-01-01 (weekend) outside this plan, and the rule is rest_nights 1",
    )


def test_a_cost_that_is_not_proven_in_time_is_marked(oncall: Oncall, support: Path, planned: Planned) -> None:
    plan = planned(support, "plan.csv", *TWO_WEEKS)
    ran = oncall("why", plan, "--roster", support, "--shift", "2027-01-06", "--time-limit", "0.001")
    assert ran.code == 0, ran.err
    assert "less than the same" not in ran.out
