"""`oncall whatif` in the terminal: both columns equal what `generate` makes with the same options."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Oncall
from tests.cli.teams import EIGHT, MOVED, REST, WEEK

NEXT = ("--start", "2027-04-05", "--weeks", "4")


def test_whatif_prints_both_plans_side_by_side(oncall: Oncall, roster: Path) -> None:
    ran = oncall("whatif", roster, *WEEK, "--without", "ana", "--with-new", "1", "--set", "engineers.ben.fte=0.5")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].split() == ["today", "changed"]
    assert [line.split()[-2:] for line in lines[1:3]] == [["3", "3"], ["5", "5"]]
    assert lines[4].split() == ["proof", "optimal", "optimal"]
    assert lines[5].split() == ["requests", "broken", "none", "asked", "none", "asked"]
    assert lines[7].split() == ["shifts", "(share)", "weeknight", "weekend"]
    assert [line.split()[0] for line in lines[8:]] == ["ana", "ben", "chloe", "new-1"]
    assert re.search(r"^ana +\d \(2\.7\) -> - ", lines[8])
    assert re.search(r"^ben +\d \(2\.7\) -> \d \(1\.6\) ", lines[9])


def test_whatif_says_how_often_people_are_together_who_should_be(oncall: Oncall, eight: Path) -> None:
    eight.write_text(EIGHT.replace("engineers:", "rotation: {prefer_together: [[ana, ben]]}\nengineers:"))
    question = ("whatif", eight, *NEXT, "--without", "ben")
    ran = oncall(*question)
    answer = json.loads(oncall(*question, "--json").out)
    shared = answer["today"]["requests"]["together"]
    assert shared > 0
    assert answer["changed"]["requests"]["together"] is None
    assert ran.out.splitlines()[6].split() == ["shifts", "together", str(shared), "-"]


def test_whatif_prints_why_the_changed_team_has_no_plan(oncall: Oncall, roster: Path) -> None:
    ran = oncall("whatif", roster, *WEEK, "--set", "rotation.rest_nights=2")
    assert ran.code == 0
    assert re.search(r"^proof +optimal +no plan$", ran.out, re.MULTILINE)
    assert "\nchanged: no plan is possible: there are more duties than people can take\n" in ran.out


def test_machines_get_both_columns(oncall: Oncall, roster: Path) -> None:
    answer = json.loads(oncall("whatif", roster, *WEEK, "--with-new", "1", "--json").out)
    assert answer.keys() == {"today", "changed"}
    assert (answer["today"]["status"], answer["today"]["cost"]) == ("optimal", 396)
    assert answer["changed"]["engineers"] == ["ana", "ben", "chloe", "new-1"]
    assert answer["changed"]["requests"] == {"broken": 0, "avoided": 0, "together": None}
    assert len(answer["changed"]["loads"]) == 4 * 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--set", "rotation.rest_night=1"),
            '--set rotation.rest_night=1: is not a known key; did you mean "rest_nights"?',
        ),
        (
            ("--set", "engineers.ben.id=bob"),
            "--set engineers.ben.id=bob: plans and balances know an engineer by the id; try another person with "
            "--without ben --with-new 1",
        ),
        (
            ("--set", "rotation.rest_nights=1", "--set", "rotation.rest_nights=0"),
            "--set rotation.rest_nights=1 and --set rotation.rest_nights=0 set the same key; leave one of them out",
        ),
        (
            ("--set", "rotation.rest_nights=1", "--set", "rotation={rest_nights: 0}"),
            "--set rotation.rest_nights=1 and --set rotation={rest_nights: 0} set the same key; leave one of them out",
        ),
        (("--without", "bne"), '--without bne: "bne" is not an engineer of this roster; did you mean "ben"?'),
    ],
)
def test_whatif_refuses_unknown_people_and_keys(
    oncall: Oncall, roster: Path, arguments: tuple[str, ...], message: str
) -> None:
    ran = oncall("whatif", roster, *WEEK, *arguments)
    assert (ran.code, ran.out, ran.err) == (1, "", f"oncall: {message}\n")


def test_whatif_without_a_question_is_misuse(oncall: Oncall, roster: Path) -> None:
    ran = oncall("whatif", roster, *WEEK)
    assert ran.code == 2
    assert "name a change: --without, --with-new or --set" in ran.err


def figures(plan: str) -> tuple[object, ...]:
    """Return status, cost, bound, and each engineer's count and share of each kind in a generated plan."""
    made = json.loads(plan)
    loads = [
        (each["engineer"], load["kind"], load["count"], load["share"])
        for each in made["fairness"]["engineers"]
        for load in each["loads"]
        if load["role"] is None
    ]
    return made["status"], made["fairness"]["cost"], made["fairness"]["bound"], loads


def column(side: dict[str, object]) -> tuple[object, ...]:
    """Return the same figures of one column of `whatif`."""
    loads = side["loads"]
    assert isinstance(loads, list)
    return (
        side["status"],
        side["cost"],
        side["bound"],
        [(each["engineer"], each["kind"], each["count"], each["share"]) for each in loads],
    )


@pytest.mark.slow
@pytest.mark.parametrize("source", ["history", "ledger", "published", "none of the published"])
def test_both_columns_are_what_generate_makes_with_the_same_options(
    oncall: Oncall, eight: Path, quarter: Path, tmp_path: Path, source: str
) -> None:
    options: tuple[str | Path, ...] = ("--history", quarter) if source == "history" else ()
    if source == "ledger":
        balances = tmp_path / "balances.csv"
        balances.write_text("engineer,kind,balance,as_of\nana,weeknight,4,2027-04-05\nben,weeknight,-4,2027-04-05\n")
        options = ("--ledger", balances)
    if "published" in source:
        assert oncall("publish", quarter, "--roster", eight).code == 0
        options = ("--no-history",) if source.startswith("none") else ()
    asked = oncall("whatif", eight, *NEXT, "--set", "engineers.dee.fte=0.5", *options, "--json")
    assert asked.code == 0, asked.err
    answer = json.loads(asked.out)
    assert column(answer["today"]) == figures(oncall("generate", eight, *NEXT, *options, "--json").out)
    line = '  - {id: dee, name: Dee, phone: "+13055550103"}'
    eight.write_text(EIGHT.replace(line, line.replace("}", ", fte: 0.5}")))
    assert column(answer["changed"]) == figures(oncall("generate", eight, *NEXT, *options, "--json").out)


def test_context_that_both_plans_share_is_printed_once(oncall: Oncall, eight: Path, quarter: Path) -> None:
    err = oncall("whatif", eight, *NEXT, "--set", "rotation.rest_nights=1", "--history", quarter).err
    assert err.count("taken into account: shifts before the plan, 2027-01-04 to 2027-04-02\n") == 1
    assert err.count("taken into account: balances of 8 people from before this plan") == 1


def test_context_of_the_changed_plan_only_is_marked(oncall: Oncall, eight: Path, quarter: Path) -> None:
    err = oncall("whatif", eight, *NEXT, "--without", "ana", "--history", quarter).err
    assert f"changed: {quarter}: ana is not on the roster of team eight; their shifts are ignored\n" in err


def test_a_new_engineer_owes_nothing_for_the_time_before(oncall: Oncall, eight: Path, quarter: Path) -> None:
    asked = oncall("whatif", eight, *NEXT, "--without", "ana", "--with-new", "1", "--history", quarter, "--json")
    loads = {(e["engineer"], e["kind"]): e["share"] for e in json.loads(asked.out)["changed"]["loads"]}
    assert loads["new-1", "weeknight"] == pytest.approx(16 * 2 / 8)


def test_relaxations_count_in_both_plans(oncall: Oncall, tight: Path) -> None:
    asked = oncall("whatif", tight, *WEEK, "--with-new", "1", "--relax", MOVED, "--json")
    answer = json.loads(asked.out)
    assert (answer["today"]["status"], answer["changed"]["status"]) == ("optimal", "optimal")
    asked = oncall("whatif", tight, *WEEK, "--set", "rotation.rest_nights=1", "--relax", REST)
    assert asked.code == 0
    assert asked.err == (
        f'changed: a relaxation is left out: "{REST}" is not a relaxation: the roster says 1, '
        "so this would not make rest_nights looser\n"
    )
