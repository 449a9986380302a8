"""The ledger and plans in the terminal: no shift counts twice, and each doubt is printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Oncall
from tests.cli.planning.conftest import Planned
from tests.cli.teams import EIGHT, JANUARY, other_team, without, written

SEVEN = without(EIGHT, "hal").replace("eight", "seven")
IDA = '  - {id: ida, name: Ida, phone: "+13055550109"}\n'
NEXT = ("--start", "2027-02-01", "--weeks", "2")


@pytest.fixture
def seven(tmp_path: Path) -> Path:
    return written(tmp_path / "seven.yaml", SEVEN)


@pytest.fixture
def january(planned: Planned, seven: Path) -> str:
    return str(planned(seven, "january.json", *JANUARY))


def ledger(tmp_path: Path, as_of: str = "") -> str:
    path = tmp_path / "balances.csv"
    path.write_text(f"engineer,kind,balance,as_of\nana,weekend,1,{as_of}\nben,weekend,-1,{as_of}\n")
    return str(path)


def test_a_ledger_that_counts_beyond_the_start_of_the_plan_is_refused(
    oncall: Oncall, seven: Path, tmp_path: Path
) -> None:
    file = ledger(tmp_path, "2027-03-01")
    ran = oncall("generate", seven, *NEXT, "--ledger", file)
    assert (ran.code, ran.err) == (
        1,
        f"oncall: {file} counts shifts up to 2027-02-28, but only shifts before 2027-02-01 count here; "
        "export it again with --before 2027-02-01\n",
    )


def test_shifts_that_the_ledger_has_are_not_added_again(
    oncall: Oncall, seven: Path, january: str, tmp_path: Path
) -> None:
    file = str(tmp_path / "exported.csv")
    assert oncall("ledger", "export", file, "--roster", seven, "--history", january).code == 0
    alone = oncall("generate", seven, *NEXT, "--ledger", file, "--json")
    both = oncall("generate", seven, *NEXT, "--ledger", file, "--history", january, "--json")
    assert json.loads(alone.out)["balances"] == json.loads(both.out)["balances"]


def test_shifts_without_a_record_are_reported(oncall: Oncall, seven: Path, tmp_path: Path) -> None:
    err = oncall("generate", seven, *NEXT, "--ledger", ledger(tmp_path, "2027-01-04")).err
    assert (
        "no plan or ledger says who served 20 shifts from 2027-01-04 to 2027-01-29, so they count for no one\n"
    ) in err
    assert "in no plan" not in oncall("generate", seven, *NEXT, "--ledger", ledger(tmp_path, "2027-02-01")).err


def test_a_ledger_without_a_date_beside_a_history_is_questioned(
    oncall: Oncall, seven: Path, january: str, tmp_path: Path
) -> None:
    file = ledger(tmp_path)
    err = oncall("generate", seven, *NEXT, "--ledger", file, "--history", january).err
    assert (
        f"{file} does not say up to when it counts: the 20 shifts from 2027-01-04 to 2027-01-29 are added to it; "
        "if it includes them already, give it a column as_of\n"
    ) in err


def test_a_written_ledger_file_is_listed_as_json(oncall: Oncall, seven: Path, january: str, tmp_path: Path) -> None:
    file, opened = str(tmp_path / "exported.csv"), str(tmp_path / "opened.csv")
    told = json.loads(oncall("ledger", "export", file, "--roster", seven, "--history", january, "--json").out)
    assert (told["file"], told["as_of"], len(told["balances"])) == (file, "2027-01-30", 7 * 2)
    again = json.loads(oncall("ledger", "open", file, "--roster", seven, "--output", opened, "--json").out)
    assert again == {**told, "file": opened}


@pytest.mark.parametrize("suffix", ["json", "csv"])
def test_the_plan_of_another_team_is_refused_as_history(
    oncall: Oncall, seven: Path, planned: Planned, tmp_path: Path, suffix: str
) -> None:
    theirs = planned(written(tmp_path / "other.yaml", other_team(SEVEN)), f"theirs.{suffix}", *JANUARY)
    for command in (("generate", seven, *NEXT), ("ledger", "show", "--roster", seven)):
        ran = oncall(*command, "--history", theirs)
        assert ran.code == 1
        assert ran.err == (
            f"oncall: {theirs} is a plan of team other, and {seven} is the roster of team seven\n"
            if suffix == "json"
            else f"oncall: {theirs}: none of ana-2, ben-2, cai-2, dee-2, eve-2, fay-2 and 1 more is on the roster of "
            "team seven; name a plan of this team\n"
        )


def test_who_has_left_since_is_named(oncall: Oncall, seven: Path, january: str) -> None:
    seven.write_text(without(SEVEN, "gus"))
    err = oncall("generate", seven, *NEXT, "--history", january).err
    assert f"{january}: gus is not on the roster of team seven; their shifts are ignored\n" in err


@pytest.mark.parametrize("suffix", ["json", "csv"])
def test_a_newcomer_without_a_date_starts_level_or_is_pointed_out(
    oncall: Oncall, seven: Path, planned: Planned, suffix: str
) -> None:
    history = planned(seven, f"january.{suffix}", *JANUARY)
    seven.write_text(SEVEN + IDA)
    ran = oncall("ledger", "show", "--roster", seven, "--history", history, "--json")
    owed = {entry["share"] for entry in json.loads(ran.out)["entries"] if entry["engineer"] == "ida"}
    if suffix == "json":
        assert ran.err == "ida is on no plan before 2027-01-30, so has no share of that time\n"
        assert owed == {0}
    else:
        assert ran.err == (
            "ida had no shift in that time, and no date of joining in the roster or a plan, so has a full share; "
            "write joins: DATE where that is wrong\n"
        )
        assert 0 not in owed


def test_a_published_cover_moves_the_balance_and_the_newcomer_owes_nothing(
    oncall: Oncall, seven: Path, january: str
) -> None:
    assert oncall("publish", january, "--roster", seven).code == 0
    shift = next(s for s in json.loads(Path(january).read_text())["shifts"] if s["start"].startswith("2027-01-12"))
    cover = next(name for name in ("gus", "fay") if name != shift["engineer"])
    before = balances(oncall, seven)
    span = ("--from", shift["start"], "--to", shift["end"])
    assert oncall("override", cover, "--role", shift["role"], *span, "--reason", "flu", "--force").code == 0
    after = balances(oncall, seven)
    assert after[cover, "weeknight"] == pytest.approx(before[cover, "weeknight"] + 1)
    assert after[shift["engineer"], "weeknight"] == pytest.approx(before[shift["engineer"], "weeknight"] - 1)
    seven.write_text(SEVEN + IDA)
    assert balances(oncall, seven)["ida", "weeknight"] == 0


def balances(oncall: Oncall, roster: Path) -> dict[tuple[str, str], float]:
    shown = json.loads(oncall("ledger", "show", "--roster", str(roster), "--before", "2027-02-01", "--json").out)
    return {(entry["engineer"], entry["kind"]): entry["balance"] for entry in shown["entries"]}


def test_a_ledger_alone_does_not_remember_holidays_and_says_so(oncall: Oncall, seven: Path, tmp_path: Path) -> None:
    file = ledger(tmp_path, "2027-02-01")
    seven.write_text(SEVEN.replace("engineers:", "holidays: US\nrotation: {holidays_apart: 2}\nengineers:"))
    err = oncall("generate", seven, *NEXT, "--ledger", file).err
    assert (
        f"{file} does not say who had which holiday: for holidays_apart 2 name the plans of the years before with "
        "--history\n"
    ) in err


def test_two_dates_for_one_ledger_are_refused(oncall: Oncall, seven: Path, tmp_path: Path) -> None:
    file = ledger(tmp_path, "2027-02-01")
    out = str(tmp_path / "ours.csv")
    ran = oncall("ledger", "open", file, "--roster", seven, "--as-of", "2027-03-01", "--output", out)
    assert (ran.code, ran.err) == (
        1,
        f"oncall: {file} says as_of 2027-02-01, and --as-of 2027-03-01; leave one of them out\n",
    )


def test_a_repair_keeps_the_balances_of_its_baseline(
    oncall: Oncall, seven: Path, january: str, planned: Planned, tmp_path: Path
) -> None:
    file, plan = ledger(tmp_path, "2027-02-01"), planned(seven, "february.json", *NEXT, "--history", january)
    own = json.loads(plan.read_text())["balances"]
    ran = oncall("generate", seven, "--keep", plan, "--from", "2027-02-03", "--ledger", file, "--json")
    assert json.loads(ran.out)["balances"] == own
    assert f"{plan} has its own balances, and keeps them; those of {file} are not used\n" in ran.err
    assert json.loads(ran.out)["repair"]["changes"] == []


def test_a_ledger_of_nothing_is_neither_opened_nor_written(oncall: Oncall, seven: Path, tmp_path: Path) -> None:
    empty, out = tmp_path / "empty.csv", tmp_path / "ours.csv"
    empty.write_text("engineer,kind,balance\n")
    opened = oncall("ledger", "open", str(empty), "--roster", seven, "--output", str(out))
    assert (opened.code, opened.err) == (
        1,
        f"oncall: {empty} has no balances; without any, everyone starts level and no ledger file is needed\n",
    )
    exported = oncall("ledger", "export", str(out), "--roster", seven)
    assert (exported.code, exported.err) == (
        1,
        "oncall: No shift was served yet, and no balances are given; nothing was written\n",
    )
    assert not out.exists()
