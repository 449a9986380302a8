"""Swaps and absences in the terminal, on a local database."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from oncall.rosters.roster_file import read_roster
from oncall.schedule.plan_file import write_plan
from oncall.support.policy_file import packaged_policy_text
from tests.cli.conftest import Oncall
from tests.cli.teams import written
from tests.planning.conftest import FIRST, in_turn
from tests.planning.swaps.conftest import TEN
from tests.store.migrated_databases import write_migrated_file

MONDAY_MORNING = "2027-01-04T09:00:00-05:00"
BROKEN = (
    "oncall: the change breaks rules of the published roster; nothing was changed\n"
    "  rest_nights: cai has 0 free nights between Mon 2027-01-04 (weeknight) and Tue 2027-01-05 (weeknight); "
    "the rule is 2\nto make it anyway, add --force and say why with --reason\n"
)


@pytest.fixture
def ten(oncall: Oncall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Oncall:
    """Ten people on call in turn until Friday of next week; it is Monday morning."""
    monkeypatch.setenv("ONCALL_CLOCK", MONDAY_MORNING)
    write_migrated_file(tmp_path / "oncall.db")
    path = written(tmp_path / "ten.yaml", TEN + 'manager: {id: mei, name: Mei Lin, phone: "+13055550199"}\n')
    write_plan(in_turn(read_roster(path), FIRST, date(2027, 1, 14)), tmp_path / "plan.csv")
    ran = oncall("publish", tmp_path / "plan.csv", "--roster", path)
    assert ran.code == 0, ran.err
    return oncall


def answer(oncall: Oncall, *arguments: str) -> Any:
    ran = oncall(*arguments, "--json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def primary(oncall: Oncall, at: str = "2027-01-04T22:00") -> str:
    engineer: str = answer(oncall, "who", "--at", at)["roles"]["primary"]["engineer"]
    return engineer


def test_the_takers_are_listed_the_best_first(ten: Oncall) -> None:
    found = answer(ten, "swap", "ana", "2027-01-04")["takers"]
    assert {"engineer", "legal", "why", "cost_change"} <= found[0].keys()
    assert (found[0]["legal"], found[0]["why"], found[-1]["legal"]) == (True, None, False)
    assert found[-1]["why"].startswith(("rest_nights: ", "one_role: "))
    shown = ten("swap", "ana", "2027-01-04")
    assert shown.out.startswith("ana is primary from Mon 2027-01-04 19:01 EST (weeknight). Who could take it:\n")
    assert " -> " in shown.out.splitlines()[2]
    assert "Ask one of them: oncall swap ana 2027-01-04 --with " in shown.err


def test_a_date_beyond_the_calendar_is_refused(ten: Oncall) -> None:
    for command in (("2027-01-04", "--with", "gus", "--for", "9999-12-31"), ("9999-12-31",)):
        ran = ten("swap", "ana", *command)
        assert (ran.code, ran.err) == (1, "oncall: 9999-12-31 is outside the years 1971 to 2198\n")


def test_a_swap_is_asked_and_accepted(ten: Oncall) -> None:
    asked = answer(ten, "swap", "ana", "2027-01-04", "--with", "gus", "--reason", "a concert", "--by", "ana")
    assert (asked["engineer"], asked["with"], asked["state"]) == ("ana", "gus", "asked")
    assert asked["shift"] == "2027-01-04T19:01:00-05:00"
    assert primary(ten) == "ana"
    accepted = answer(ten, "accept", asked["id"], "--by", "gus")
    assert (accepted["state"], accepted["version"], primary(ten)) == ("accepted", 2, "gus")
    (listed,) = answer(ten, "swaps")["swaps"]
    assert {"id", "engineer", "with", "shift", "state"} <= listed.keys()
    assert listed["state"] == "accepted"
    assert [version["kind"] for version in answer(ten, "history")["versions"]] == ["publication", "swap"]


def test_the_words_of_asking_and_answering(ten: Oncall) -> None:
    asked = ten("swap", "ana", "2027-01-04", "--with", "gus")
    (listed,) = answer(ten, "swaps")["swaps"]
    code = listed["id"]
    assert asked.out == (
        f"Asked gus ({code}): gus takes primary from ana, Mon 2027-01-04 19:01.\n"
        f"gus answers with `oncall accept {code}`, or an SMS YES {code} or NO {code}.\n"
    )
    assert code in ten("swaps").out
    declined = ten("decline", code, "--by", "gus")
    assert declined.out == f"Swap {code} is declined. Nothing changes: ana is primary from Mon 2027-01-04 19:01.\n"
    assert ten("withdraw", code).err.startswith(
        f"oncall: swap {code} was declined already on Mon 2027-01-04 09:00 EST by gus"
    )


def test_a_swap_that_waits_for_you_is_shown_first_thing(ten: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCALL_ENGINEER", "gus")
    code = answer(ten, "swap", "ana", "2027-01-04", "--with", "gus", "--by", "ana")["id"]
    words = f"ana asks you to swap (Mon 2027-01-04 19:01): `oncall accept {code}` or `oncall decline {code}`.\n"
    assert ten().out.endswith(words)
    ten("accept", code)
    assert words not in ten().out


def test_an_agreed_swap_is_made_at_once(ten: Oncall) -> None:
    made = ten("swap", "ana", "2027-01-04", "--with", "ben", "--for", "2027-01-04", "--agreed", "--by", "mei")
    assert made.code == 0, made.err
    assert made.out.startswith(
        "Version 2: ana is secondary from Mon 2027-01-04 19:01; ben is primary from Mon 2027-01-04 19:01.\n"
    )
    assert primary(ten) == "ben"


def test_a_broken_rule_is_refused_and_can_be_forced(ten: Oncall) -> None:
    swap = ("swap", "ana", "2027-01-04", "--with", "cai", "--agreed")
    refused = ten(*swap)
    assert (refused.code, refused.err) == (1, BROKEN)
    forced = ten(*swap, "--force", "--reason", "an emergency")
    assert (forced.code, primary(ten)) == (0, "cai")
    assert forced.err.startswith("WARNING: rest_nights: cai has 0 free nights")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("swap", "ana", "2027-01-08"), 1, "ana has no shift on 2027-01-08; the nearest are Mon 2027-01-04 (primary) "),
        (("swap", "anna", "2027-01-04"), 1, 'there is no engineer "anna" on the published roster; did you mean "ana"?'),
        (("swap", "ana", "2026-12-04"), 1, "2026-12-04 is over; a swap changes what is to come"),
        (("swap", "ana", "2027-01-04", "--with", "ana"), 1, "ana cannot swap with ana; name another engineer with"),
        (("swap", "ana", "monday"), 2, '"monday" is not the date of a shift; write "2027-01-04", or the start of'),
        (("swap", "ana", "2027-01-04", "--agreed"), 2, "name the other engineer with --with"),
        (("accept", "9ZZZ"), 1, 'there is no swap "9ZZZ"; `oncall swaps` lists them'),
        (("away", "ana", "--from", "soon", "--to", "2027-01-05", "--reason", "ill"), 2, '"soon" is not a date; write'),
        (
            ("away", "ana", "--from", "2027-01-06", "--to", "2027-01-05", "--reason", "ill"),
            1,
            "--to: 2027-01-05 is before --from, 2027-01-06",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(ten: Oncall, arguments: tuple[str, ...], code: int, words: str) -> None:
    ran = ten(*arguments)
    assert (ran.code, words in ran.err) == (code, True), ran.err
    assert len(answer(ten, "history")["versions"]) == 1


def test_an_absence_is_covered_at_once_when_all_have_agreed(ten: Oncall) -> None:
    made = answer(
        ten, "away", "ana", "--from", "2027-01-04", "--to", "2027-01-06", "--reason", "ill", "--agreed", "--by", "mei"
    )
    (cover,) = made["covers"]
    assert (cover["start"], cover["role"], cover["from"]) == ("2027-01-04T19:01:00-05:00", "primary", "ana")
    assert (made["changes"], made["fewest"], made["asked"], primary(ten)) == (1, True, [], cover["to"])
    assert [version["kind"] for version in answer(ten, "history")["versions"]] == ["publication", "away"]


def test_an_absence_asks_for_covers(ten: Oncall) -> None:
    ran = ten("away", "ana", "--from", "2027-01-04", "--to", "2027-01-06", "--reason", "ill")
    assert ran.code == 0, ran.err
    assert ran.out.startswith(
        "Version 2: ana is away from 2027-01-04 to 2027-01-06.\n1 seat changes hands; no plan changes fewer:\n"
    )
    (listed,) = answer(ten, "swaps")["swaps"]
    assert f"Asked {listed['with']} ({listed['id']})." in ran.out
    assert primary(ten) == "ana"
    answer(ten, "accept", listed["id"], "--by", listed["with"])
    assert primary(ten) == listed["with"]


def test_a_new_plan_moves_a_swap_with_the_hours_of_its_shift(ten: Oncall, tmp_path: Path) -> None:
    answer(ten, "swap", "ana", "2027-01-11", "--with", "gus", "--agreed", "--by", "mei")
    later = packaged_policy_text().replace("19:00", "20:00").replace("19:01", "20:01")
    written(tmp_path / "later.policy.yaml", later)
    path = written(tmp_path / "later.yaml", TEN + "policy: later.policy.yaml\n")
    write_plan(in_turn(read_roster(path), FIRST, date(2027, 1, 14)), tmp_path / "later.csv")
    ran = ten("publish", tmp_path / "later.csv", "--roster", path, "--by", "mei")
    assert ran.code == 0, ran.err
    assert "the swap of version 2 moved with the hours of its shift" in ran.err
    kinds = [version["kind"] for version in answer(ten, "history")["versions"]]
    assert kinds == ["publication", "swap", "publication", "undo", "swap"]
    assert primary(ten, "2027-01-11T20:01") == "gus"
