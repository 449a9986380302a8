"""Plans that continue others in the terminal: history, ledger, repair, and what publish refuses where plans meet."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Oncall
from tests.cli.planning.conftest import Planned
from tests.cli.teams import JANUARY, SMALL_ROSTER, WEEK, with_more, written

FIVE = SMALL_ROSTER.replace("rest_nights: 0, weekends_apart: 1", "rest_nights: 1, weekends_apart: 2").replace(
    "manager:",
    '  - {id: dora, name: Dora Lind, phone: "+13055550104"}\n'
    '  - {id: emil, name: Emil Holm, phone: "+13055550105"}\nmanager:',
)


@pytest.fixture
def five(tmp_path: Path) -> Path:
    return written(tmp_path / "five.yaml", FIVE)


@pytest.fixture
def january(planned: Planned, five: Path) -> str:
    return str(planned(five, "january.json", *JANUARY))


def seats(text: str) -> dict[tuple[str, str], str]:
    return {(row["start"], row["role"]): row["engineer"] for row in csv.DictReader(io.StringIO(text))}


NEXT = ("--start", "2027-02-01", "--weeks", "2")


def test_generate_continues_a_plan_and_prints_what_it_took_into_account(
    oncall: Oncall, five: Path, january: str, tmp_path: Path
) -> None:
    output = tmp_path / "february.json"
    ran = oncall("generate", five, *NEXT, "--history", january, "-o", str(output))
    assert ran.code == 0
    assert "taken into account: shifts before the plan, 2027-01-04 to 2027-01-29\n" in ran.err
    assert "taken into account: balances of" in ran.err
    assert oncall("verify", str(output), "--roster", five, "--history", january).code == 0
    balances = json.loads(output.read_text())["balances"]
    assert sum(round(1000 * each["balance"]) for each in balances if each["kind"] == "weekend") == 0


def test_generate_continues_the_published_schedule_unless_it_is_excluded(
    oncall: Oncall, five: Path, january: str
) -> None:
    assert oncall("publish", january, "--roster", five).code == 0
    assert "taken into account: shifts before the plan" in oncall("generate", five, *NEXT).err
    assert "taken into account" not in oncall("generate", five, *NEXT, "--no-history").err


def test_publish_refuses_a_plan_that_breaks_a_rule_at_the_seam_and_names_it(
    oncall: Oncall, five: Path, january: str, tmp_path: Path
) -> None:
    assert oncall("publish", january, "--roster", five).code == 0
    first_night = {s["engineer"] for s in json.loads(Path(january).read_text())["shifts"][-2:]}
    made = oncall("generate", five, *NEXT, "--no-history").out
    weekend_people = first_night & set(list(seats(made).values())[:2])
    plan = tmp_path / "february.csv"
    if not weekend_people:
        # Whoever has the last weekend is put on the first night.
        rows = made.splitlines()
        rows[1] = ",".join([*rows[1].split(",")[:4], min(first_night)])
        made = "\n".join(rows) + "\n"
    plan.write_text(made)
    ran = oncall("publish", str(plan), "--roster", five)
    assert ran.code == 1
    assert "nothing was published" in ran.err
    assert "rest_nights: " in ran.err
    assert "(weekend, outside this plan) and Mon 2027-02-01 (weeknight); the rule is 1" in ran.err


def test_ledger_is_shown_exported_and_opened_again(oncall: Oncall, five: Path, january: str, tmp_path: Path) -> None:
    shown = json.loads(oncall("ledger", "show", "--roster", five, "--history", january, "--json").out)
    assert (shown["shifts"], shown["first_day"], shown["last_day"]) == (20, "2027-01-04", "2027-01-29")
    assert abs(sum(entry["balance"] for entry in shown["entries"])) < 1e-9
    lines = oncall("ledger", "show", "--roster", five, "--history", january).out.splitlines()
    assert lines[0] == "20 shifts from 2027-01-04 to 2027-01-29"
    assert lines[1].split() == ["engineer", "kind", "served", "planned", "share", "opening", "balance"]
    file = tmp_path / "balances.csv"
    assert oncall("ledger", "export", str(file), "--roster", five, "--history", january).code == 0
    again = json.loads(oncall("ledger", "show", "--roster", five, "--ledger", str(file), "--json").out)
    assert {(e["engineer"], e["kind"]): e["balance"] for e in again["entries"] if e["balance"]} == {
        (e["engineer"], e["kind"]): e["balance"] for e in shown["entries"] if e["balance"]
    }


def test_ledger_opens_balances_of_another_tool_and_brings_them_to_0(oncall: Oncall, five: Path, tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs.csv", tmp_path / "ours.csv"
    theirs.write_text("engineer,kind,balance\nana,weekend,2\nben,weekend,1\n")
    ran = oncall("ledger", "open", str(theirs), "--roster", five, "--as-of", "2027-01-04", "--output", str(ours))
    assert ran.code == 0
    assert ran.err == (
        f"weekend balances add up to +3, not to 0; each of the 5 is changed by -0.600\nwritten to {ours}\n"
    )
    header, *lines = ours.read_text().splitlines()
    assert header == "engineer,kind,balance,as_of"
    # Whoever is not in the other tool's file had nothing there: ana and ben stay the two who served too much.
    assert [line.split(",")[2] for line in lines] == ["1.400", "0.400", "-0.600", "-0.600", "-0.600"]
    assert "taken into account: balances of 5 people" in oncall("generate", five, *NEXT, "--ledger", str(ours)).err


def test_ledger_refuses_people_whom_the_roster_does_not_have(oncall: Oncall, five: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.csv"
    theirs.write_text("engineer,kind,balance\nzoe,weekend,0\n")
    ran = oncall("ledger", "open", str(theirs), "--roster", five, "--output", str(tmp_path / "ours.csv"))
    assert (ran.code, ran.err) == (
        1,
        f'{theirs}:2:1: "zoe" is not on the roster of team tiny; its people are ana, ben, chloe, dora, emil\n',
    )


def test_an_empty_ledger_says_that_everyone_starts_level(oncall: Oncall, five: Path) -> None:
    assert oncall("ledger", "show", "--roster", five).err == (
        "No shift was served yet, and no balances are given: everyone starts level.\n"
    )


# ---- repair


@pytest.fixture
def changed(five: Path, january: str) -> str:
    """The primary of the night of 12 January is away that night."""
    shifts = json.loads(Path(january).read_text())["shifts"]
    who = next(s["engineer"] for s in shifts if s["start"].startswith("2027-01-12") and s["role"] == "primary")
    five.write_text(with_more(FIVE, who, "unavailable: [{from: 2027-01-12, to: 2027-01-12, reason: flu}]"))
    return str(who)


def test_generate_keep_changes_the_fewest_seats_and_says_for_whom(
    oncall: Oncall, five: Path, january: str, changed: str, tmp_path: Path
) -> None:
    output = tmp_path / "mended.json"
    ran = oncall("generate", five, "--keep", january, "--from", "2027-01-11", "--output", str(output))
    assert ran.code == 0
    assert "repaired from 2027-01-11: " in ran.err
    assert "the fewest possible" in ran.err
    assert f"{changed}: loses" in ran.out
    assert oncall("verify", str(output), "--roster", five).code == 0
    before, after = (json.loads(Path(path).read_text())["shifts"] for path in (january, str(output)))
    assert [row for row in before if row["start"] < "2027-01-11"] == [
        row for row in after if row["start"] < "2027-01-11"
    ]


def test_generate_keep_for_machines_has_the_changes_beside_the_plan(
    oncall: Oncall, five: Path, january: str, changed: str
) -> None:
    answer = json.loads(oncall("generate", five, "--keep", january, "--from", "2027-01-11", "--json").out)
    assert answer["kept_until"] == "2027-01-11"
    assert len(answer["repair"]["changes"]) == answer["repair"]["fewest"]
    assert changed in answer["repair"]["by_person"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--from", "2027-01-11", *NEXT), "needs --keep PLAN, the plan to repair"),
        (("--keep", "january.json"), "is missing; write the first date that may change, like 2027-02-15"),
        (
            ("--keep", "january.json", "--from", "2027-01-11", "--weeks", "3"),
            "comes from the plan to repair; leave it out",
        ),
    ],
)
def test_options_of_repair_go_together(oncall: Oncall, five: Path, arguments: tuple[str, ...], message: str) -> None:
    ran = oncall("generate", five, *arguments)
    assert ran.code == 2
    assert message in " ".join(ran.err.split())


# ---- what the roster file may say


def test_a_role_named_twice_and_an_unknown_role_are_reported_together(oncall: Oncall, five: Path) -> None:
    text = Path(five).read_text().replace("{rest_nights", "{roles: [primary, primary], rest_nights")
    Path(five).write_text(text.replace('"+13055550101"}', '"+13055550101", roles: [tertiary]}'))
    err = oncall("check", five).err
    assert '"primary" is named twice' in err
    assert '"tertiary" is not a role of this roster' in err


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("never_together: [[ana, zoe]]", '"zoe" is not an engineer of this roster'),
        ("never_together: [[ana, ana]]", "a pair is two different people, like [ana, ben]; found [ana, ana]"),
        ("fixed: [{day: 2027-01-06, role: third, engineer: ana}]", '"third" is not a role of this roster'),
        ("fixed: [{day: 2027-01-06, role: primary}]", "is missing; write engineer: ana"),
        ("roles: [primary, shadow]", '"shadow" is not a role that covers a shift; give the newcomer shadows: {from: '),
        (
            "holidays_apart: 2",
            "needs to know the holidays; write holidays: US, or another place, at the top of the file",
        ),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_place(oncall: Oncall, five: Path, rule: str, message: str) -> None:
    Path(five).write_text(Path(five).read_text().replace("{rest_nights", f"{{{rule}, rest_nights"))
    ran = oncall("check", five)
    assert ran.code == 1
    assert message in ran.err
    assert f"{five}:3:" in ran.err


def test_a_plan_is_not_made_without_the_history_of_a_server_that_is_away(
    oncall: Oncall, roster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCALL_SERVER", "http://127.0.0.1:9")
    monkeypatch.setenv("ONCALL_TOKEN", "ana")
    for command in (("ledger", "show", "--roster", roster), ("generate", roster, *WEEK)):
        ran = oncall(*command)
        assert (ran.code, ran.err.splitlines()[-1]) == (
            1,
            "oncall: http://127.0.0.1:9 cannot be reached (Connection refused); nothing was changed",
        )
    assert oncall("ledger", "show", "--roster", roster, "--no-history").code == 0


def test_the_ledger_tells_what_was_served_from_what_is_planned(published: Oncall, roster: Path) -> None:
    def ana() -> dict[str, float]:
        entries = json.loads(published("ledger", "show", "--roster", roster, "--json").out)["entries"]
        (entry,) = [each for each in entries if (each["engineer"], each["kind"]) == ("ana", "weeknight")]
        return {key: entry[key] for key in ("served", "planned")}

    # The clock says Saturday 9 January; the plan has four weeks of four weeknights from 4 January on.
    assert ana() == {"served": 4.0, "planned": 12.0}
