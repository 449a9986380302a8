"""Repairs in the terminal: relaxations stay agreed, clashing frozen dates are named, options are judged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Oncall
from tests.cli.planning.conftest import Planned
from tests.cli.teams import EIGHT, JANUARY, MOVED, REST, TIGHT_ROSTER, WEEK, other_team, with_more

FLU = "unavailable: [{from: 2027-02-08, to: 2027-02-19, reason: flu}]"


@pytest.fixture
def ill(eight: Path, quarter: Path) -> Path:
    """Cai has the flu for two weeks of February."""
    eight.write_text(with_more(EIGHT, "cai", FLU))
    return eight


FROM = ("--from", "2027-02-08")


def after_progress(err: str) -> list[str]:
    """Return the lines after the progress lines, which only slow machines print."""
    return err[err.index("repaired from") :].splitlines()


@pytest.mark.slow
def test_a_repair_prints_its_changes_its_cost_and_what_more_changes_would_improve(
    oncall: Oncall, ill: Path, quarter: Path
) -> None:
    err = oncall("generate", ill, "--keep", quarter, *FROM, "--json").err
    assert after_progress(err)[:7] == [
        "repaired from 2027-02-08: 7 seats changed, the fewest possible",
        "cost 922 -> 1722; no plan with as few changes costs less",
        "+1 change: cost 1722 -> 1122",
        "+4 changes: cost 1722 -> 922",
        "choose with --changes 1 or --changes 4",
        "other numbers of changes lower the cost no further",
        "feasible: with the shifts before 2027-02-08 as they are, no plan costs less than 922, "
        "however many seats change",
    ]


def test_the_requests_that_a_repair_meets_are_printed_with_their_proof(
    oncall: Oncall, ill: Path, quarter: Path
) -> None:
    ill.write_text(with_more(ill.read_text(), "gus", "requests: [{avoid: mondays}, {avoid: tuesdays}]"))
    result = oncall("generate", ill, "--keep", quarter, *FROM, "--json")
    line = after_progress(result.err)[2]
    told = json.loads(result.out)["repair"]["requests"]
    assert told == {"broken": told["broken"], "avoided": 16, "met": 0, "together": None, "proven": True}
    assert line == (
        f"requests from 2027-02-08 on: {16 - told['broken']} of 16 requests to avoid a shift are kept; "
        "no equally fair plan with as few changes meets more"
    )


@pytest.mark.slow
def test_more_changes_improve_the_cost_as_printed(oncall: Oncall, ill: Path, quarter: Path) -> None:
    for number, cost, changes in ((2, 1122, 8), (4, 922, 11)):
        answer = json.loads(oncall("generate", ill, "--keep", quarter, *FROM, "--changes", str(number), "--json").out)
        assert (answer["fairness"]["cost"], len(answer["repair"]["changes"])) == (cost, changes)


@pytest.mark.slow
def test_changes_that_bring_nothing_are_not_made(oncall: Oncall, ill: Path, quarter: Path) -> None:
    ran = oncall("generate", ill, "--keep", quarter, *FROM, "--changes", "30", "--json")
    repair = json.loads(ran.out)["repair"]
    assert (repair["fewest"], repair["allowed"], len(repair["changes"])) == (7, 37, 11)
    assert (repair["offers"], repair["not_priced"]) == ([], [])
    assert after_progress(ran.err)[0] == (
        "repaired from 2027-02-08: 11 seats changed (37 were allowed), 7 would be the fewest possible"
    )


def test_another_solver_agrees_with_a_repaired_plan(oncall: Oncall, ill: Path, quarter: Path, planned: Planned) -> None:
    output = planned(ill, "repaired.json", "--keep", quarter, *FROM, "--changes", "60")
    last = oncall("verify", output, "--roster", ill, "--optimal").out.splitlines()[-1]
    assert last.startswith("HiGHS, another solver, proves it too: no plan costs less than 922 (")


def test_frozen_dates_that_cannot_stay_are_named_with_people_and_rule(oncall: Oncall, ill: Path, quarter: Path) -> None:
    ran = oncall("generate", ill, "--keep", quarter, *FROM, "--freeze", "14", "--json")
    assert ran.code == 1
    answer = json.loads(ran.out)
    assert answer["status"] == "infeasible"
    assert answer["summary"] == (
        "no plan keeps the rules while the shifts of 2027-02-08 to 2027-02-19 are frozen: the following exclude each "
        "other; without any one of them, the others can be kept"
    )
    assert "rest_nights 2" in answer["reasons"]
    assert "cai is away 2027-02-08 to 2027-02-19 (flu)" in answer["reasons"]
    assert sum(reason.endswith("(frozen)") for reason in answer["reasons"]) == 4
    told = answer["reasons"][-1]
    assert told == "a plan exists when 2027-02-09 may change: --open 2027-02-09"
    opened = told.partition(": ")[2].split()
    assert oncall("generate", ill, "--keep", quarter, *FROM, "--freeze", "14", *opened).code == 0


def test_opening_what_is_not_frozen_is_refused(oncall: Oncall, ill: Path, quarter: Path) -> None:
    alone = oncall("generate", ill, "--keep", quarter, *FROM, "--open", "2027-02-09")
    assert alone.code == 2
    assert "Invalid value for --open: needs --freeze DAYS, the dates that are frozen" in alone.err
    outside = oncall("generate", ill, "--keep", quarter, *FROM, "--freeze", "2", "--open", "2027-05-09")
    assert (outside.code, outside.err) == (
        1,
        "oncall: --open 2027-05-09: only 2027-02-08 to 2027-02-09 is frozen; "
        "name one of these dates, or freeze more days\n",
    )


# ---- what was agreed


@pytest.fixture
def agreed(planned: Planned, tight: Path) -> str:
    """The plan of a week that needs a relaxation of the rest rule."""
    return str(planned(tight, "agreed.json", *WEEK, "--relax", REST))


@pytest.mark.parametrize("first_open", ["2027-01-04", "2027-01-08"])
def test_relaxations_of_the_baseline_stay_and_are_counted_as_used(
    oncall: Oncall, tight: Path, agreed: str, tmp_path: Path, first_open: str
) -> None:
    output = str(tmp_path / "mended.json")
    ran = oncall("generate", tight, "--keep", agreed, "--from", first_open, "-o", output)
    assert ran.code == 0, ran.err
    assert "0 seats changed" in ran.err
    assert "by agreement: rest_nights 1 around the week of 2027-01-04\n" in ran.err
    assert json.loads(Path(output).read_text())["relaxed"] == [REST]
    verified = oncall("verify", output, "--roster", tight)
    assert verified.code == 0
    assert "rest_nights 1 around the week of 2027-01-04; used " in verified.out


def test_a_relaxation_that_the_roster_no_longer_needs_is_left_out_with_a_note(
    oncall: Oncall, tight: Path, agreed: str, tmp_path: Path
) -> None:
    tight.write_text(TIGHT_ROSTER.replace("rotation: {", "rotation: {rest_nights: 1, "))
    output = str(tmp_path / "mended.json")
    ran = oncall("generate", tight, "--keep", agreed, "--from", "2027-01-04", "-o", output)
    assert ran.code == 0, ran.err
    assert (
        f'a relaxation of {agreed} is left out: "{REST}" is not a relaxation: the roster says 1, '
        "so this would not make rest_nights looser\n"
    ) in ran.err
    assert "relaxed" not in json.loads(Path(output).read_text())


def test_a_new_relaxation_is_added_to_those_of_the_baseline(
    oncall: Oncall, tight: Path, agreed: str, tmp_path: Path
) -> None:
    output = str(tmp_path / "mended.json")
    ran = oncall("generate", tight, "--keep", agreed, "--from", "2027-01-04", "--relax", MOVED, "-o", output)
    assert ran.code == 0, ran.err
    assert json.loads(Path(output).read_text())["relaxed"] == [REST, MOVED]


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_both_kinds_of_plan_file_keep_relaxations_balances_and_the_repair_date(
    oncall: Oncall, tight: Path, tmp_path: Path, suffix: str
) -> None:
    balances, first, second = tmp_path / "balances.csv", str(tmp_path / f"a.{suffix}"), str(tmp_path / f"b.{suffix}")
    balances.write_text("engineer,kind,balance\nana,weeknight,1.5\nben,weeknight,-1.5\n")
    more = ("--relax", REST, "--ledger", str(balances), "-o", first)
    assert oncall("generate", tight, *WEEK, *more).code == 0
    cost = json.loads(oncall("fairness", first, "--roster", tight, "--json").out)["cost"]
    assert oncall("verify", first, "--roster", tight).code == 0
    mended = oncall("generate", tight, "--keep", first, "--from", "2027-01-06", "-o", second)
    assert f"0 seats changed, the fewest possible\ncost {cost} -> {cost}; " in mended.err
    verified = oncall("verify", second, "--roster", tight)
    assert verified.code == 0, verified.err
    assert "accepted: rest_nights 1 around the week of 2027-01-04; used " in verified.out


# ---- plans that do not fit


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_the_plan_of_another_team_is_not_repaired(oncall: Oncall, eight: Path, planned: Planned, suffix: str) -> None:
    theirs = planned(eight, f"theirs.{suffix}", *JANUARY)
    eight.write_text(other_team(EIGHT))
    ran = oncall("generate", eight, "--keep", theirs, "--from", "2027-01-11")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f"oncall: {theirs} is a plan of team eight, and {eight} is the roster of team other\n"
        if suffix == "json"
        else f"oncall: {theirs}: none of ana, ben, cai, dee, eve, fay and 2 more is on the roster of team other; "
        "name a plan of this team\n"
    )


def test_a_date_before_the_plan_means_its_first(oncall: Oncall, eight: Path, quarter: Path) -> None:
    ran = oncall("generate", eight, "--keep", quarter, "--from", "2026-06-01", "--json")
    assert ran.err.startswith("the plan starts on 2027-01-04: all of it may change\nrepaired from 2027-01-04: 0 seats")
    assert json.loads(ran.out)["kept_until"] == "2027-01-04"


def test_a_date_after_the_plan_leaves_nothing_to_repair(oncall: Oncall, eight: Path, quarter: Path) -> None:
    ran = oncall("generate", eight, "--keep", quarter, "--from", "2027-04-04")
    assert (ran.code, ran.err) == (
        1,
        "oncall: no shift of the plan starts on 2027-04-04 or later; there is nothing to repair\n",
    )


@pytest.mark.parametrize(("before", "after"), [("block", "daily"), ("daily", "block")])
def test_a_weekend_under_way_that_is_cut_otherwise_now_is_refused_with_dates_that_work(
    oncall: Oncall, eight: Path, planned: Planned, before: str, after: str
) -> None:
    rules = "rotation: {{weekend: {0}, rest_nights: 1, weekends_apart: 1}}\nengineers:"
    eight.write_text(EIGHT.replace("engineers:", rules.format(before)))
    plan = planned(eight, "plan.json", *JANUARY)
    eight.write_text(EIGHT.replace("engineers:", rules.format(after)))
    ran = oncall("generate", eight, "--keep", plan, "--from", "2027-01-17")
    assert (ran.code, ran.err) == (
        1,
        "oncall: a shift of the plan is under way on 2027-01-17, and the roster or its policy now has other weekends "
        "or hours; write --from 2027-01-18 or --from 2027-01-15\n",
    )
    for day in ("2027-01-18", "2027-01-15"):
        repaired = planned(eight, "repaired.json", "--keep", plan, "--from", day)
        assert oncall("verify", repaired, "--roster", eight).code == 0


@pytest.mark.slow
def test_csv_and_json_of_one_plan_get_the_same_repair(
    oncall: Oncall, eight: Path, quarter: Path, planned: Planned
) -> None:
    csv = planned(eight, "quarter.csv", "--start", "2027-01-04", "--weeks", "13")
    eight.write_text(with_more(EIGHT, "cai", FLU))
    repaired = [json.loads(oncall("generate", eight, "--keep", plan, *FROM, "--json").out) for plan in (csv, quarter)]
    assert repaired[0]["shifts"] == repaired[1]["shifts"]
    assert repaired[0]["repair"] == repaired[1]["repair"]


def test_a_cover_in_the_published_schedule_counts_for_the_rest_of_who_gave_it(
    oncall: Oncall, eight: Path, quarter: Path
) -> None:
    assert oncall("publish", quarter, "--roster", eight).code == 0
    shift = next(s for s in json.loads(quarter.read_text())["shifts"] if s["start"].startswith("2027-02-04"))
    cover = next(name for name in ("hal", "gus", "fay") if name != shift["engineer"])
    span = ("--from", shift["start"], "--to", shift["end"])
    assert oncall("override", cover, "--role", shift["role"], *span, "--reason", "flu", "--force").code == 0
    ran = oncall("generate", eight, "--keep", quarter, *FROM, "--json")
    assert ran.err.startswith(f"taken into account: {cover} covered {shift['role']} on Thu 2027-02-04\n")
    assert json.loads(ran.out)["repair"]["changes"] == []
