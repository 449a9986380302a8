"""Cover and undo in the terminal, and that changes through a server give the same answers as on a local database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Oncall


def who(oncall: Oncall, at: str) -> dict[str, str]:
    roles = json.loads(oncall("who", "--at", at, "--json").out)["roles"]
    return {role: duty["engineer"] for role, duty in roles.items()}


@pytest.fixture
def before(published: Oncall) -> dict[str, str]:
    """Who is on call now."""
    return who(published, "2027-01-09T03:12")


def test_a_cover_is_one_command_and_an_undo_takes_it_back(published: Oncall, before: dict[str, str]) -> None:
    ran = published("cover", before["primary"], "--by", "chloe")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert lines[0] == (
        f"Version 2: chloe covers for {before['primary']} from Sat 2027-01-09 03:12 EST to Mon 2027-01-11 08:00 EST."
    )
    assert lines[-1] == f"  Told by SMS: {before['primary']}."
    assert who(published, "2027-01-09T03:12") == {**before, "primary": "chloe"}
    undone = published("undo", "2", "--reason", "ana is well")
    assert undone.out.splitlines()[0].startswith("Version 3: version 2 is taken back from Sat 2027-01-09 03:12 EST")
    assert who(published, "2027-01-09T03:12") == before


def test_a_cover_takes_times_of_day(published: Oncall, before: dict[str, str]) -> None:
    tonight = published("cover", before["primary"], "--by", "chloe", "--until", "07:30")
    assert "from Sat 2027-01-09 03:12 EST to Sat 2027-01-09 07:30 EST." in tonight.out
    later = published("cover", before["primary"], "--by", "chloe", "--from", "22:00", "--until", "2:00")
    assert "from Sat 2027-01-09 22:00 EST to Sun 2027-01-10 02:00 EST." in later.out
    span = ("--from", "3:12", "--to", "03:12")
    other = published("override", "chloe", *span, "--reason", "ana is ill")
    assert "chloe is primary from Sun 2027-01-10 03:12 EST to Mon 2027-01-11 03:12 EST." in other.out
    wrong = published("cover", before["primary"], "--by", "chloe", "--until", "25:00")
    assert '"25:00" is not a time; write "07:30", "2027-01-09T03:12"' in " ".join(wrong.err.split())


def test_the_engineer_at_the_terminal_takes_over(published: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCALL_ENGINEER", "chloe")
    view = json.loads(published("cover", "ana", "--until", "2027-01-09T08:00", "--json").out)
    assert (view["kind"], view["by"], view["end"]) == ("cover", "chloe", "2027-01-09T08:00:00-05:00")


def test_history_shows_kinds_and_what_an_undo_took_back(published: Oncall) -> None:
    published("cover", "ana", "--by", "chloe", "--reason", "ana is ill")
    published("undo", "2", "--reason", "ana is well", "--by", "mei")
    versions = json.loads(published("history", "--json").out)["versions"]
    assert [(version["kind"], version["by"], version["reason"]) for version in versions[1:]] == [
        ("cover", "chloe", "ana is ill"),
        ("undo", "mei", "ana is well"),
    ]
    lines = published("history").out.splitlines()
    assert [line.split("03:12")[1].split() for line in lines[1:3]] == [
        ["undo", "of", "2", "mei", "ana", "is", "well"],
        ["cover", "chloe", "ana", "is", "ill", "(taken", "back", "by", "3)"],
    ]


def test_the_undo_of_the_only_plan_says_that_nobody_is_on_call(published: Oncall) -> None:
    ran = published("undo", "1", "--reason", "too early")
    assert (ran.code, ran.err) == (
        0,
        "WARNING: no plan is published now, so nobody is on call; `oncall publish` one\n",
    )
    who = json.loads(published("who", "--at", "2027-01-20T20:00", "--json").out)
    assert (who["roles"], who["missing"]) == ({}, ["primary", "secondary"])
    versions = json.loads(published("history", "--json").out)["versions"]
    assert [version["kind"] for version in versions] == ["publication", "undo"]
    ran = published("override", "chloe", "--from", "2027-01-20T20:00", "--to", "2027-01-20T21:00", "--reason", "x")
    assert (ran.code, ran.err) == (1, "oncall: no plan is published yet; publish one before you override it\n")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("undo", "9", "--reason", "x"),
         "oncall: the schedule has no version 9; the newest is 1. `oncall history` lists all versions\n"),
        (("undo", "1", "--reason", " "),
         "oncall: --reason is empty; say why, so that `oncall who` can show it\n"),
        (("cover", "ana"),
         "oncall: who takes over? name an engineer with --by, set ONCALL_ENGINEER to your id, or log in with `oncall "
         "login URL`\n"),
        (("cover", "anna", "--by", "chloe"),
         'oncall: there is no "anna" on the published roster; did you mean "ana"?\n'),
        (("cover", "ana", "--by", "chloe", "--until", "2027-01-08T22:00"),
         "oncall: Fri 2027-01-08 22:00 EST is over; a cover changes what is to come\n"),
        (("cover", "ana", "--by", "chloe", "--from", "2027-01-09T09:00", "--until", "2027-01-09T08:00"),
         "oncall: --until: must be after --from\n"),
        (("cover", "ana", "--by", "cloe"),
         'oncall: --by: nobody on the roster has the id "cloe"; did you mean "chloe"?\n'),
        (("undo", "1", "--reason", "too early", "--by", "maria"),
         'oncall: --by: nobody on the roster has the id "maria"; write one of ana, ben, chloe, mei\n'),
        (("accept", "7K2F", "--by", "anna"),
         'oncall: --by: nobody on the roster has the id "anna"; did you mean "ana"?\n'),
        (("handoff", "--note", "watch T-1", "--by", "anna"),
         'oncall: --by: nobody on the roster has the id "anna"; did you mean "ana"?\n'),
        (("cover", "ana", "--by", "chloe", "--force"),
         "oncall: --force needs a reason; say with --reason why the rule may be broken\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_changed_says_why(published: Oncall, command: tuple[str, ...], message: str) -> None:
    ran = published(*command)
    assert (ran.code, ran.err) == (1, message)
    assert len(json.loads(published("history", "--json").out)["versions"]) == 1


def test_an_override_over_another_one_needs_force(published: Oncall) -> None:
    span = ("--from", "2027-01-09T04:00", "--to", "2027-01-09T08:00")
    assert published("override", "chloe", *span, "--reason", "ana is ill", "--by", "mei").code == 0
    ran = published("override", "ana", *span, "--reason", "ana is well", "--by", "mei")
    assert ran.code == 1
    assert (
        "  overlap: chloe is primary from Sat 2027-01-09 04:00 EST to Sat 2027-01-09 08:00 EST by version 2 (override "
        "by mei: ana is ill), which this would replace; `oncall undo 2` takes it back\n"
    ) in ran.err
    assert published("override", "ana", *span, "--reason", "ana is well", "--force").code == 0


def test_repairing_publishing_and_the_doctor_say_who_is_absent_and_on_call_by_an_override(
    published: Oncall, roster: Path, plan: Path
) -> None:
    span = ("--from", "2027-01-18T19:01", "--to", "2027-01-19T08:00")
    assert published("override", "chloe", *span, "--reason", "ana is ill", "--by", "mei").code == 0
    text = roster.read_text().replace("id: chloe,", "id: chloe, unavailable: [{from: 2027-01-18, to: 2027-01-19}],")
    roster.write_text(text)
    kept = published("generate", roster, "--keep", plan, "--from", "2027-01-11", "--output", plan)
    assert kept.code == 0, kept.err
    ran = published("publish", plan, "--roster", roster)
    assert ran.code == 0, ran.err
    sentence = (
        "chloe is away from 2027-01-18 to 2027-01-19, but is on call as primary from Mon 2027-01-18 19:01 EST "
        "to Tue 2027-01-19 08:00 EST by version 2 (override by mei: ana is ill); `oncall undo 2` takes that back"
    )
    assert f"WARNING: {sentence}\n" in kept.err
    assert f"WARNING: {sentence}\n" in ran.err
    found = json.loads(published("doctor", "--json").out)["findings"]
    assert [each["sentence"] for each in found if each["subject"] == "absent"] == [f"{sentence}."]
