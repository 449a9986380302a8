"""Unusual rosters and dates in every planning command: a good plan or a clear sentence, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Oncall
from tests.cli.planning.conftest import Planned

LOOSE = "rest_nights: 0, weekends_apart: 1"
ALWAYS = "unavailable: [{from: 2026-01-01, to: 2030-01-01}]"
PLAIN = ("", "", "")


def roster_of(*people: str, rules: str = LOOSE, zone: str = "America/New_York", more: str = "") -> str:
    lines = [
        f'  - {{id: p{n}, name: "P {n}", phone: "+1305555{n:04d}"{", " if extra else ""}{extra}}}\n'
        for n, extra in enumerate(people, start=1)
    ]
    engineers = f"engineers:\n{''.join(lines)}" if people else "engineers: []\n"
    return f"team: edge\ntimezone: {zone}\n{more}rotation: {{{rules}}}\n{engineers}"


PLANNED = {
    "one person in one role": (roster_of("", rules=f"roles: [primary], {LOOSE}"), "2027-01-04"),
    "as many people as roles": (roster_of("", ""), "2027-01-04"),
    "somebody joins on the last day": (roster_of("", "", "joins: 2027-01-17"), "2027-01-04"),
    "somebody leaves on the first day": (roster_of("", "", "leaves: 2027-01-04"), "2027-01-04"),
    "somebody is on leave all the time": (roster_of(ALWAYS.replace("}]", ", leave: true}]"), "", ""), "2027-01-04"),
    "a request against a fixed seat": (
        roster_of(
            "requests: [{avoid: 2027-01-06}]",
            "",
            "",
            rules=f"{LOOSE}, fixed: [{{day: 2027-01-06, role: primary, engineer: p1}}]",
        ),
        "2027-01-04",
    ),
    "week 53": (roster_of(*PLAIN, rules=f"{LOOSE}, max_shifts_per_week: 7"), "2026-12-21"),
    "the clock goes forward": (roster_of(*PLAIN, rules=f"{LOOSE}, weekend: daily"), "2027-03-08"),
    "the clock goes back": (roster_of(*PLAIN, rules=f"{LOOSE}, weekend: daily"), "2027-11-01"),
    "29 February": (roster_of("unavailable: [{from: 2028-02-29, to: 2028-02-29}]", "", ""), "2028-02-21"),
    "a zone of three quarters of an hour": (roster_of(*PLAIN, zone="Asia/Kathmandu"), "2027-01-04"),
    "holidays and daily weekends": (
        roster_of(*PLAIN, rules=f"{LOOSE}, weekend: daily", more="holidays: US\n"),
        "2026-12-21",
    ),
    "somebody only ever shadows": (roster_of("shadows: {from: 2026-01-01, to: 2030-01-01}", "", ""), "2027-01-04"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANNED)
def test_an_edge_that_can_be_planned_is_planned_checked_and_shown(
    oncall: Oncall, planned: Planned, tmp_path: Path, name: str
) -> None:
    text, start = PLANNED[name]
    roster, plan = tmp_path / "edge.yaml", str(tmp_path / "plan.json")
    roster.write_text(text, encoding="utf-8")
    ran = oncall("generate", str(roster), "--start", start, "--weeks", "2", "--output", plan)
    assert (ran.code, ran.out) == (0, ""), ran.err
    assert ran.err.startswith("optimal: ")
    for suffix in ("csv", "html", "xlsx", "ics"):
        planned(roster, f"plan.{suffix}", "--start", start, "--weeks", "2")
    ours = (plan, "--roster", str(roster))
    assert "HiGHS, another solver, proves it too" in oncall("verify", *ours, "--optimal").out
    assert oncall("fairness", *ours).code == 0
    asked = oncall("why", *ours, "--shift", start)
    assert asked.code == 0 or asked.err.startswith("oncall: no shift of the plan starts at "), asked.err


REFUSED = {
    "no person": (
        roster_of(),
        "{path}:4:12: engineers: nobody can take the role primary; a roster needs an engineer for every role\n",
    ),
    "one person for two roles": (
        roster_of(""),
        "{path}:5:3: engineers: primary and secondary need 2 different people, but only p1 can take them\n",
    ),
    "everyone away": (
        roster_of(ALWAYS, ALWAYS),
        "oncall: no plan is possible: 10 shifts have fewer people than roles\n"
        "  Mon 2027-01-04 to Fri 2027-01-15 (10 shifts): nobody can be primary or secondary (p1 and p2 are away "
        "2026-01-01 to 2030-01-01)",
    ),
    "a seat fixed where no shift starts": (
        roster_of(*PLAIN, rules=f"{LOOSE}, fixed: [{{day: 2027-01-09, role: primary, engineer: p1}}]"),
        "oncall: no plan is possible: 1 fixed seat cannot be kept\n"
        "  p1 is fixed as primary on Sat 2027-01-09, but no shift starts on that day\n",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_edge_case_without_a_plan_is_refused_with_the_reason(oncall: Oncall, tmp_path: Path, name: str) -> None:
    text, message = REFUSED[name]
    roster = tmp_path / "edge.yaml"
    roster.write_text(text, encoding="utf-8")
    ran = oncall("generate", str(roster), "--start", "2027-01-04", "--weeks", "2")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(message.format(path=roster))
