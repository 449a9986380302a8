"""`oncall simulate`: today, a proposal beside it, and refusals with their remedy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oncall.support.policy_file import packaged_policy_text
from tests.cli.conftest import Oncall

TICKETS = """\
at,customer,plan,impact
2027-01-09T03:12,Acme,standard,urgent
2027-01-12T10:00,Acme,standard,low
2027-01-13T22:00,Zenith,business-critical,high
"""


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    path = tmp_path / "tickets.csv"
    path.write_text(TICKETS, encoding="utf-8")
    return path


def simulate(oncall: Oncall, roster: Path, *arguments: str) -> str:
    ran = oncall("simulate", "--roster", str(roster), *arguments)
    assert ran.code == 0, ran.err
    return ran.out


def test_a_file_of_tickets_is_rehearsed(oncall: Oncall, roster: Path, plan: Path, tickets: Path) -> None:
    out = simulate(oncall, roster, "--tickets", str(tickets), "--plan", str(plan))
    lines = out.splitlines()
    assert lines[0] == "Rehearsal of 3 tickets from 2027-01-09 to 2027-01-13, team tiny, seed 0."
    assert [line for line in lines if line in ("Promises kept", "Pages", "Per person")] == [
        "Promises kept",
        "Pages",
        "Per person",
    ]
    assert "tickets                           3" in out


def test_the_story_is_told_on_stderr(oncall: Oncall, roster: Path, tickets: Path) -> None:
    ran = oncall("simulate", "--roster", str(roster), "--tickets", str(tickets), "--from", "2027-01-11")
    lines = ran.err.splitlines()
    assert lines[:3] == [
        "1 of 3 tickets lie outside these dates and are left out",
        "planning tiny from 2027-01-11 to 2027-01-17",
        "rehearsing today: 2027-01-12, 20 %",
    ]


@pytest.mark.slow
def test_json_has_today_the_proposal_and_the_change(
    oncall: Oncall, roster: Path, plan: Path, tickets: Path, tmp_path: Path
) -> None:
    proposed = tmp_path / "quick.policy.yaml"
    proposed.write_text(packaged_policy_text().replace("after: 5m", "after: 2m"), encoding="utf-8")
    view = json.loads(
        simulate(
            oncall, roster, "--tickets", str(tickets), "--plan", str(plan), "--against-policy", str(proposed), "--json",
            "--missed", "1", "--missed-at-night", "1",
        )
    )  # fmt: skip
    assert list(view) == ["team", "from", "to", "seed", "today", "proposed", "change", "policy_changes"]
    assert view["policy_changes"] == [
        "Engineers: escalation is primary by sms after 0 min; primary by sms after 2 min; secondary by sms after "
        "10 min; manager by sms after 20 min."
    ]
    assert (view["today"]["tickets"], view["proposed"]["tickets"]) == (3, 3)
    assert view["change"]["pages"] == view["proposed"]["pages"] - view["today"]["pages"]
    for side in ("today", "proposed"):
        numbers = view[side]
        assert numbers["pages"] == sum(person["pages"] for person in numbers["people"]) > 0
        assert numbers["clocks"]["count"] == sum(cell["count"] for cell in numbers["cells"])


def test_a_proposed_roster_is_planned_and_shown_beside(oncall: Oncall, roster: Path, tmp_path: Path) -> None:
    bigger = tmp_path / "bigger.yaml"
    more = '  - {id: dora, name: Dora Lund, phone: "+13055550104"}\nmanager:'
    bigger.write_text(roster.read_text(encoding="utf-8").replace("manager:", more), encoding="utf-8")
    out = simulate(
        oncall, roster, "--rate", "40/week", "--from", "2027-01-04", "--weeks", "2", "--against-roster", str(bigger)
    )
    people = out[out.index("Per person") :].splitlines()
    assert people[1].split("  ")[-1] == "fullest night: today, proposed"
    dora = next(line for line in people if line.startswith("dora"))
    assert dora.split()[1] == "0,"
    assert "change" in out


@pytest.mark.slow
def test_one_seed_gives_one_answer_and_another_seed_another(oncall: Oncall, roster: Path, plan: Path) -> None:
    arguments = ("--rate", "20/day", "--plan", str(plan), "--weeks", "1")
    first = simulate(oncall, roster, *arguments, "--seed", "7")
    assert first == simulate(oncall, roster, *arguments, "--seed", "7")
    assert first != simulate(oncall, roster, *arguments, "--seed", "8")


def test_a_policy_of_today_may_be_named(
    oncall: Oncall, roster: Path, plan: Path, tickets: Path, tmp_path: Path
) -> None:
    policy = tmp_path / "hard.policy.yaml"
    text = packaged_policy_text().replace("first_reply: 60m calendar", "first_reply: 55m calendar")
    policy.write_text(text, encoding="utf-8")
    view = json.loads(
        simulate(oncall, roster, "--tickets", str(tickets), "--plan", str(plan), "--policy", str(policy), "--json")
    )
    urgent = next(cell for cell in view["today"]["cells"] if cell["impact"] == "urgent")
    assert urgent["targets"] == [{"seconds": 3300, "counting": "calendar"}]


def test_faults_of_the_file_are_told_all_at_once(oncall: Oncall, roster: Path, tickets: Path) -> None:
    tickets.write_text(
        "at,customer,plan,impact\nnow,Acme,standard,urgent\n2027-01-09,Acme,gold,urgent\n", encoding="utf-8"
    )
    ran = oncall("simulate", "--roster", str(roster), "--tickets", str(tickets))
    assert (ran.code, ran.err) == (
        1,
        f'{tickets}:2:1: at: "now" is not a time; write "2027-01-09T03:12" or "2027-01-09T03:12-05:00"\n'
        f'{tickets}:3:1: plan: "gold" is not a plan of the policy; write "standard" or "business-critical"\n',
    )


def test_tickets_outside_the_dates_are_no_rehearsal(oncall: Oncall, roster: Path, plan: Path, tickets: Path) -> None:
    ran = oncall(
        "simulate", "--roster", str(roster), "--tickets", str(tickets), "--plan", str(plan), "--from", "2027-01-18"
    )
    assert ran.code == 1
    assert ran.err.splitlines()[-1] == "oncall: no ticket comes in during that time; there is nothing to rehearse"


@pytest.mark.parametrize("arguments", [(), ("--rate", "1/day", "--tickets", "x.csv")])
def test_either_a_file_or_a_rate_is_needed(oncall: Oncall, roster: Path, arguments: tuple[str, ...]) -> None:
    ran = oncall("simulate", "--roster", str(roster), *arguments)
    assert ran.code == 2
    assert "name either --tickets FILE.csv or --rate 10000/year" in " ".join(ran.err.split())


def test_a_date_that_is_none_is_misuse(oncall: Oncall, roster: Path) -> None:
    ran = oncall("simulate", "--roster", str(roster), "--rate", "1/day", "--from", "monday")
    assert ran.code == 2
    assert '"monday" is not a date; write one like "2027-01-04"' in " ".join(ran.err.split())


def test_without_a_possible_plan_it_says_how_to_rehearse_all_the_same(oncall: Oncall, roster: Path) -> None:
    text = roster.read_text(encoding="utf-8")
    roster.write_text(text.replace("rest_nights: 0", "rest_nights: 6"), encoding="utf-8")
    ran = oncall("simulate", "--roster", str(roster), "--rate", "100/year", "--from", "2027-01-04", "--weeks", "4")
    assert ran.code == 1
    assert ran.err.splitlines()[-1] == (
        "  to rehearse anyway: other dates with --from, or --plan with a plan that `oncall generate` made"
    )
