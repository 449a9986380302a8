"""From a roster to a checked plan in the terminal."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from oncall.cli.terminal.search_progress import interruption, progress_line
from oncall.rotation.solve.search import SearchProgress
from tests.cli.conftest import ROSTERS, Oncall
from tests.cli.teams import SMALL_ROSTER, WEEK, with_more

ITOPIA = str(ROSTERS / "itopia-cas.yaml")


# ---- generate


def test_generate_prints_the_plan_as_csv_and_the_story_on_stderr(oncall: Oncall, roster: Path) -> None:
    ran = oncall("generate", roster, *WEEK)
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert ran.code == 0
    assert len(rows) == 5 * 2
    assert list(rows[0]) == ["start", "end", "kind", "role", "engineer"]
    assert (rows[0]["start"], rows[0]["end"]) == ("2027-01-04T19:01:00-05:00", "2027-01-05T08:00:00-05:00")
    assert ran.err == (
        "optimal: 5 shifts from 2027-01-04 to 2027-01-10, fairness cost 396, "
        "proven: no plan that keeps the rules costs less\n"
    )


def test_generate_gives_machines_the_plan_with_its_proof(oncall: Oncall, roster: Path) -> None:
    plan = json.loads(oncall("generate", roster, *WEEK, "--json", "--seed", "3").out)
    assert (plan["status"], plan["fairness"]["cost"], plan["fairness"]["bound"]) == ("optimal", 396, 396)
    assert (plan["first_day"], plan["last_day"], plan["seed"]) == ("2027-01-04", "2027-01-10", 3)
    assert len(plan["shifts"]) == 10


@pytest.mark.parametrize("suffix", ["csv", "json", "ics", "html", "xlsx"])
def test_generate_writes_the_file_and_says_so(oncall: Oncall, roster: Path, tmp_path: Path, suffix: str) -> None:
    output = tmp_path / f"plan.{suffix}"
    ran = oncall("generate", "--output", str(output), *WEEK, roster)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.splitlines()[-1] == f"written to {output}"
    assert output.stat().st_size > 500


@pytest.mark.slow
def test_generate_makes_the_same_file_again(oncall: Oncall, tmp_path: Path) -> None:
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file in files:
        assert oncall("generate", ITOPIA, "--start", "2027-01-04", "--weeks", "13", "-o", str(file)).code == 0
    assert files[0].read_bytes() == files[1].read_bytes()


def test_generate_says_how_the_requests_fared(oncall: Oncall) -> None:
    err = oncall("generate", ITOPIA, "--start", "2027-01-04", "--weeks", "4").err
    lines = err.splitlines()
    requests, clumps = lines[-4:-2]
    assert lines[-2:] == [
        "requests that are not met:",
        "  ana, 2027-01-15: asked to avoid the weekend shift and is secondary; of the others, 1 is on it in another "
        "role, 2 cannot take it, 4 have other shifts too near",
    ]
    assert requests.startswith("requests: ")
    assert requests.endswith("no equally fair plan meets more")
    assert clumps.startswith("clumps: in any four weeks in a row nobody is more than ")


def test_generate_from_any_day_covers_the_shifts_that_start_in_its_weeks(oncall: Oncall, roster: Path) -> None:
    out = oncall("generate", roster, "--start", "2027-01-09", "--weeks", "1").out
    starts = [row["start"][:10] for row in csv.DictReader(io.StringIO(out)) if row["role"] == "primary"]
    assert starts == ["2027-01-11", "2027-01-12", "2027-01-13", "2027-01-14", "2027-01-15"]


def test_generate_refuses_dates_that_cannot_be_staffed_with_each_reason(
    oncall: Oncall, roster: Path, tmp_path: Path
) -> None:
    flight = "unavailable: [{from: 2027-01-04, to: 2027-01-04, reason: flight}]"
    gone = with_more(with_more(SMALL_ROSTER, "ana", "joins: 2027-01-05"), "ben", flight)
    roster.write_text(gone, encoding="utf-8")
    output = tmp_path / "plan.csv"
    ran = oncall("generate", roster, *WEEK, "--output", str(output))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "oncall: no plan is possible: 1 shift has fewer people than roles\n"
        "  Mon 2027-01-04 (weeknight): primary and secondary need 2 people and only chloe can be on call "
        "(ana joins only on 2027-01-05; ben is away on 2027-01-04 (flight))\n"
        "  with nobody away, 2 of the 3 people are enough; with the days off as they are, the team needs 1 more "
        "who takes every role and is never away\n"
        "  a plan exists with ben's day off on 2027-01-04 moved: --relax unavailable@2027-01-04:ben\n"
    )
    assert not output.exists()


def test_generate_stops_at_its_time_limit_with_the_best_plan_so_far_and_its_gap(oncall: Oncall, tmp_path: Path) -> None:
    output = tmp_path / "plan.json"
    year = ("--start", "2027-01-04", "--weeks", "52")
    ran = oncall("generate", ITOPIA, *year, "--time-limit", "0.001", "--output", str(output))
    plan = json.loads(output.read_text(encoding="utf-8"))
    cost, bound = plan["fairness"]["cost"], plan["fairness"]["bound"]
    assert ran.code == 0
    assert bound <= cost
    assert f"263 shifts from 2027-01-04 to 2028-01-02, fairness cost {cost}" in ran.err
    assert (f"no plan can cost less than {bound} (gap {(cost - bound) / cost:.1%})" in ran.err) == (bound < cost)
    assert plan["status"] == ("feasible" if bound < cost else "optimal")
    assert oncall("verify", str(output), "--roster", ITOPIA).code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--start", "next week", "--weeks", "1"), '"next week" is not a date; write one like "2027-01-04"'),
        (("--start", "02/15/2027", "--weeks", "1"), '"02/15/2027" is not a date; write "2027-02-15"'),
        (("--start", "2027-02-29", "--weeks", "1"), '"2027-02-29" is not a date; February 2027 has 28 days'),
        (("--start", "2027-01-04", "--weeks", "0"), "0 is out of range; write a number from 1 to 530, like 13"),
        (("--start", "2027-01-04", "--weeks", "531"), "531 is out of range; write a number from 1 to 530, like 13"),
        (("--start", "2027-01-04", "--weeks", "9" * 20), f"{'9' * 20} is out of range; write a number from 1 to 530"),
        (("--start", "2027-01-04", "--weeks", "many"), '"many" is not a whole number; write one like 13'),
        ((*WEEK, "--time-limit", "0"), "0 is out of range; write seconds from 0.001 to 1000000, like 30"),
        ((*WEEK, "--time-limit", "1" * 12), f"{'1' * 12} is out of range; write seconds from 0.001 to 1000000, like"),
        ((*WEEK, "--time-limit", "soon"), '"soon" is not a time to search for; write seconds above 0, like 30'),
        ((*WEEK, "--output", "plan.xls"), '"plan.xls" should end in .csv, .json, .ics, .html or .xlsx'),
        (
            ("--keep", "q.json", "--from", "soon"),
            'Invalid value for --from: "soon" is not a date; write one like "2027-01-04"',
        ),
        (("--weeks", "1"), "is missing; write one like --start 2027-01-04"),
    ],
)
def test_misuse_of_generate_exits_with_2_and_a_correction(
    oncall: Oncall, roster: Path, arguments: tuple[str, ...], message: str
) -> None:
    ran = oncall("generate", roster, *arguments)
    assert ran.code == 2
    assert message in " ".join(ran.err.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--start", "9999-12-01", "--weeks", "9"), "oncall: 9 weeks from 9999-12-01 lie outside the calendar\n"),
        (
            ("--start", "2500-01-04", "--weeks", "1"),
            "oncall: the year 2500 is outside the calendar, which answers for 1970 to 2199\n",
        ),
        (
            (*WEEK, "--output", "/nowhere/at/all/plan.csv"),
            "oncall: /nowhere/at/all/plan.csv: there is no folder /nowhere/at/all; make it first\n",
        ),
    ],
)
def test_generate_refuses_before_it_searches(
    oncall: Oncall, roster: Path, arguments: tuple[str, ...], message: str
) -> None:
    ran = oncall("generate", roster, *arguments)
    assert (ran.code, ran.out, ran.err) == (1, "", message)


def test_a_file_that_cannot_be_written_is_refused_before_the_search(
    oncall: Oncall, roster: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "plan.csv"
    folder.mkdir()
    ran = oncall("generate", roster, *WEEK, "--output", str(folder))
    assert (ran.code, ran.out, ran.err) == (1, "", f"oncall: {folder}: is a folder; name a file in it\n")
    # Whoever is not root would meet this in a folder of somebody else's.
    ran = oncall("generate", roster, *WEEK, "--output", "/proc/plan.csv")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "oncall: /proc/plan.csv: nothing can be written in /proc: No such file or directory; name another file\n"
    )


def test_the_first_interrupt_asks_to_stop_and_the_second_breaks_off(capsys: pytest.CaptureFixture[str]) -> None:
    usual = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), interruption() as is_interrupted:
        assert not is_interrupted()
        os.kill(os.getpid(), signal.SIGINT)
        assert is_interrupted()
        assert capsys.readouterr().err == (
            "stopping: the best plan so far is the answer; press Ctrl-C again to end without one\n"
        )
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is usual


def test_progress_in_a_pipe_is_a_line_now_and_then_with_cost_bound_gap_and_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with progress_line() as show:
        for cost, bound, seconds in ((None, 5, 1), (20, 5, 1.5), (20, 10, 3), (20, 10, 9), (10, 10, 12)):
            show(SearchProgress(cost, bound, timedelta(seconds=seconds)))
        for seconds in (13, 17, 18):
            show(SearchProgress(None, 0, timedelta(seconds=seconds), "weighing requests"))
    assert capsys.readouterr().err.splitlines() == [
        "searching for a first plan; no plan costs less than 5 (1 s)",
        "cost 20, bound 10, gap 50.0% (3 s)",
        "cost 10, bound 10, gap 0.0% (12 s)",
        "weighing requests (17 s)",
    ]


# ---- verify


def test_verify_prints_what_it_checked(oncall: Oncall, roster: Path, week: Path) -> None:
    ran = oncall("verify", week, "--roster", roster)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        f"{week}: keeps every rule\n"
        "checked 6,775 minutes in 2 roles, 5 shifts\n"
        "fairness cost 396; the plan says: optimal, bound 396\n"
    )


def test_verify_takes_csv_without_a_proof(oncall: Oncall, roster: Path, tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    oncall("generate", roster, *WEEK, "--output", str(path))
    assert oncall("verify", "--roster", roster, str(path)).out == (
        f"{path}: keeps every rule\nchecked 6,775 minutes in 2 roles, 5 shifts\nfairness cost 396\n"
    )


def test_verify_prints_every_violation_and_ends_with_1(oncall: Oncall, roster: Path, week: Path) -> None:
    spoiled = json.loads(week.read_text(encoding="utf-8"))
    spoiled["fairness"] = spoiled["status"] = None
    spoiled["shifts"][0]["engineer"] = "zoe"
    del spoiled["shifts"][2]
    week.write_text(json.dumps(spoiled), encoding="utf-8")
    ran = oncall("verify", week, "--roster", roster)
    assert ran.code == 1
    assert ran.out == (
        "engineers: zoe is not an engineer of the roster\n"
        "coverage: primary: nobody is on call from Tue 2027-01-05 19:01 to Wed 2027-01-06 08:00 (779 minutes)\n"
    )
    assert ran.err == f"oncall: {week}: 2 violations\n"


def test_verify_as_json_has_each_violation(oncall: Oncall, roster: Path, week: Path) -> None:
    good = json.loads(oncall("verify", week, "--roster", roster, "--json").out)
    assert good == {"plan": str(week), "ok": True, "minutes": 6775, "shifts": 5, "cost": 396, "violations": []}
    spoiled = week.read_text(encoding="utf-8").replace('"cost": 396', '"cost": 395')
    week.write_text(spoiled.replace('"bound": 396', '"bound": 395'), encoding="utf-8")
    ran = oncall("verify", week, "--roster", roster, "--json")
    assert ran.code == 1
    assert json.loads(ran.out)["violations"] == [
        {
            "rule": "fairness",
            "day": "2027-01-04",
            "people": [],
            "sentence": "the plan states a cost of 395; it is 396",
        }
    ]


# ---- fairness


def test_fairness_shows_the_bars_and_the_calendar(oncall: Oncall, roster: Path, week: Path) -> None:
    ran = oncall("fairness", week, "--roster", roster)
    assert (ran.code, ran.err) == (0, "")
    first, second, *rest = ran.out.splitlines()
    assert first == str(week)
    assert second == "fairness cost 396; the plan says: optimal, bound 396"
    assert [line.split()[0] for line in rest if line.strip().startswith(("ana", "ben", "chloe"))] == [
        "ana", "ben", "chloe", "ana", "ben", "chloe", "ana", "ben", "chloe", "ana", "ben", "chloe",
    ]  # fmt: skip
    assert "all kinds: 5 shifts; roles load/share" in ran.out
    assert "weeknight: 4 shifts; roles load/share" in ran.out
    assert "weekend: 1 shift; roles load/share" in ran.out
    assert "days on duty in each week" in ran.out


def test_fairness_for_machines_has_a_row_for_each_engineer_kind_and_role(
    oncall: Oncall, roster: Path, week: Path
) -> None:
    answer = json.loads(oncall("fairness", week, "--roster", roster, "--json").out)
    assert (answer["status"], answer["cost"], answer["bound"]) == ("optimal", 396, 396)
    assert len(answer["loads"]) == 3 * 2 * 3
    assert answer["loads"][0].keys() == {"engineer", "kind", "role", "count", "share", "difference"}
    assert answer["notes"] == []


def test_fairness_refuses_the_plan_of_another_team(oncall: Oncall, week: Path) -> None:
    ran = oncall("fairness", week, "--roster", str(ROSTERS / "large-team.yaml"))
    assert ran.code == 1
    assert ran.err == (
        f"oncall: {week}: ana, ben, chloe not on the roster of team platform-support; name the plan's own roster\n"
    )
