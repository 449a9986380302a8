"""`oncall handoff`: what the next shift should know, and notes for it."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Oncall

PAGE = ("page", "--customer", "Acme Ltd", "--plan", "standard", "--subject", "Sessions do not start")


def test_a_quiet_shift_says_so(published: Oncall) -> None:
    ran = published("handoff")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "Shift from Fri 2027-01-08 19:01 EST to Mon 2027-01-11 08:00 EST. Next: the support desk.",
        "No ticket is open.",
        "Nobody was paged in this shift.",
        "No ticket is held until the next shift.",
        "No notes.",
        "Changes of the schedule (1):",
        "  version 1, publication by root: published",
    ]


def test_open_tickets_and_notes_are_listed(published: Oncall) -> None:
    assert published(*PAGE, "--impact", "urgent", "--id", "T-1").code == 0
    ran = published("handoff", "--note", "the vendor calls back at nine", "--by", "ana")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[1:3] == [
        "Open, the clock that ends first on top (1):",
        "  T-1  urgent  Acme Ltd: Sessions do not start, first reply by Sat 2027-01-09 04:12 EST, taken by nobody",
    ]
    assert "  Sat 2027-01-09 03:12 EST  ana: the vendor calls back at nine" in lines
    view = json.loads(published("handoff", "--json").out)
    assert [note["by"] for note in view["notes"]] == ["ana"]
    assert [ticket["id"] for ticket in view["open"]] == ["T-1"]


def test_the_last_shift_names_who_came_on(published: Oncall) -> None:
    ran = published("handoff", "--last")
    assert ran.out.splitlines()[0] == (
        "Shift from Fri 2027-01-08 08:00 EST to Fri 2027-01-08 19:01 EST. Next: ana, ben."
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--note", ""), "oncall: --note: write what the next shift should know\n"),
        (("--note", "x" * 501), "oncall: --note: has 501 characters; 500 at most\n"),
        (
            ("--note", "a\nb"),
            "oncall: --note: holds a line break or another control character; write it on one line\n",
        ),
        (
            ("--note", "x", "--by", "+13055550101"),
            "oncall: --by: is not an id or a name of 1 to 60 letters, and never a phone number\n",
        ),
    ],
)
def test_a_note_that_cannot_be_kept_says_why(published: Oncall, words: tuple[str, ...], message: str) -> None:
    ran = published("handoff", *words)
    assert (ran.code, ran.out, ran.err) == (1, "", message)
    assert json.loads(published("handoff", "--json").out)["notes"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--note", "x", "--last"), "a note is for the running shift; leave out --last"),
        (("--by", "ana"), "names who writes a note; write --note, too"),
    ],
)
def test_options_that_do_not_go_together_are_misuse(published: Oncall, words: tuple[str, ...], message: str) -> None:
    ran = published("handoff", *words)
    assert ran.code == 2
    assert message in " ".join(ran.err.split())


def test_before_a_publication_it_says_what_to_do(oncall: Oncall) -> None:
    for words in ((), ("--last",), ("--note", "x")):
        ran = oncall("handoff", *words)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.endswith(
            "oncall: no schedule is published yet; make one with `oncall generate` and `oncall publish`\n"
        )
