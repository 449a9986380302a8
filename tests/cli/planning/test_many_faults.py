"""A file's faults never flood the terminal or send it control characters."""

from __future__ import annotations

from pathlib import Path

import pytest

from oncall.errors import MOST_CHARACTERS, MOST_FAULTS, Fault, FileFaults
from oncall.file_nodes import Faults
from tests.cli.conftest import ROSTERS, Oncall

HEADER = "start,end,kind,role,engineer\n"
ROSTER = ROSTERS / "itopia-cas.yaml"
RIGHT_TO_LEFT = "\N{RIGHT-TO-LEFT OVERRIDE}"


def test_a_refusal_shows_the_first_faults_in_file_order_and_counts_the_others() -> None:
    refusal = FileFaults([Fault("x.yaml", line, 1, "", "is wrong") for line in range(MOST_FAULTS + 20, 0, -1)])
    lines = str(refusal).splitlines()
    assert lines[0] == "x.yaml:1:1: is wrong"
    assert lines[-2:] == [f"x.yaml:{MOST_FAULTS}:1: is wrong", "and 20 more faults"]
    assert (len(refusal.faults), refusal.more) == (MOST_FAULTS, 20)


def test_the_faults_that_a_named_file_has_beyond_the_bound_are_counted_with_the_others() -> None:
    faults = Faults("roster.yaml")
    faults.note(1, 1, "", "is wrong")
    faults.take_over(FileFaults([Fault("policy.yaml", line, 1, "", "is wrong") for line in range(1, MOST_FAULTS + 8)]))
    assert faults.refusal().more == 8


@pytest.mark.parametrize("control", [RIGHT_TO_LEFT, "\N{LEFT-TO-RIGHT ISOLATE}", "\x1b", "\u2028", "\u200b"])
def test_a_fault_shows_control_characters_as_escapes(control: str) -> None:
    fault = Fault("x.yaml", 1, 1, f"key{control}", f"found{control}")
    assert control not in str(fault)
    escape = control.encode("unicode_escape").decode()
    assert str(fault) == f"x.yaml:1:1: key{escape}: found{escape}"


def test_a_long_fault_keeps_its_beginning_and_its_correction() -> None:
    fault = Fault("x.yaml", 1, 1, "", f"{'long ' * 2000}; write 15m for minutes")
    assert len(fault.message) < MOST_CHARACTERS + 10
    assert fault.message.startswith("long long ")
    assert fault.message.endswith("long ; write 15m for minutes")


def test_a_message_in_another_script_stays_as_it_is() -> None:
    assert Fault("x.yaml", 1, 1, "", '"山田 Ñandú" is wrong').message == '"山田 Ñandú" is wrong'


@pytest.mark.slow
@pytest.mark.parametrize(
    "rows",
    [
        f"x,y,z,w,{RIGHT_TO_LEFT}evil\n" * 50_000,
        ("x" * 9000 + ",y,z,w,v\n") * 500,
        "".join(f"2027-01-04T19:01:00-05:00,2027-01-05T08:00:00-05:00,weeknight,primary,p{n}\n" for n in range(9000)),
    ],
    ids=["bidirectional controls", "long cells", "one shift again and again"],
)
def test_a_large_plan_at_fault_prints_a_page_of_faults(oncall: Oncall, tmp_path: Path, rows: str) -> None:
    plan = tmp_path / "plan.csv"
    plan.write_text(HEADER + rows)
    ran = oncall("verify", plan, "--roster", ROSTER)
    assert (ran.code, ran.out) == (1, "")
    assert len(ran.err) < 40_000
    assert RIGHT_TO_LEFT not in ran.err
    assert ran.err.splitlines()[-1] == "and at least 900 more faults"


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_of_a_large_plan_at_fault_the_beginning_is_shown_and_the_end_is_not_read(
    oncall: Oncall, tmp_path: Path, ending: str
) -> None:
    plan = tmp_path / f"plan.{ending}"
    if ending == "csv":
        plan.write_text(HEADER + "x,y,weeknight,primary,ana\n" * 1000 + "too few cells\n" * 1000)
        first = f'{plan}:2:1: start: "x" is not a time'
    else:
        rows = ['{"start": "x", "end": "y", "kind": "weeknight", "role": "primary", "engineer": "ana"}'] * 1000
        rows += ['{"start": "x", "start": "x"}'] * 1000
        plan.write_text('{"team": "x", "timezone": "UTC", "shifts": [\n' + ",\n".join(rows) + "]}")
        first = f'{plan}:2:11: shifts[0].start: "x" is not a time'
    ran = oncall("verify", plan, "--roster", ROSTER)
    assert ran.err.startswith(first)
    assert ran.err.splitlines()[-1] == "and at least 900 more faults"


@pytest.mark.slow
def test_a_large_list_of_tickets_at_fault_prints_a_page_of_faults(oncall: Oncall, tmp_path: Path) -> None:
    tickets = tmp_path / "tickets.csv"
    tickets.write_text("at,customer,plan,impact\n" + f"soon,Acme,{'gold' * 100}{RIGHT_TO_LEFT},high\n" * 20_000)
    ran = oncall("simulate", "--roster", ROSTER, "--tickets", tickets)
    assert (ran.code, ran.out) == (1, "")
    assert len(ran.err) < 80_000
    assert RIGHT_TO_LEFT not in ran.err
    assert ran.err.splitlines()[-1] == "and at least 900 more faults"


def test_no_error_message_steers_the_terminal(oncall: Oncall) -> None:
    ran = oncall("next", f"ana{RIGHT_TO_LEFT}")
    assert ran.code == 1
    assert RIGHT_TO_LEFT not in ran.err
