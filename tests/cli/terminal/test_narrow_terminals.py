"""No answer is wider than the terminal: tables wrap their cells between words, or become lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from oncall.support.text_tables import display_width
from tests.cli.conftest import Oncall
from tests.cli.terminal.pseudo_terminal import on_a_terminal

COMMANDS = [
    ["tickets"],
    ["tickets", "--state", "open,acknowledged,resolved"],
    ["tickets", "show", "T-1", "--timeline"],
    ["who"],
    ["shifts", "ben"],
    ["who", "--at", "2027-01-11T10:00"],
    ["next", "ana"],
    ["tonight"],
    ["schedule", "--from", "2027-01-04", "--to", "2027-01-12"],
    ["calendar", "--month", "2027-01"],
    ["history"],
    ["diff", "1", "2"],
    ["tickets", "--since", "2h"],
    ["whoami"],
    ["explain", "--plan", "standard", "--impact", "urgent"],
    ["policy", "show"],
    ["report", "sla", "--from", "2027-01-01", "--to", "2027-01-31"],
    ["check", "tiny.yaml"],
    ["ledger", "show", "--roster", "tiny.yaml"],
]
RUN = """
import sys
from oncall.cli.main import main
for command in {commands!r}:
    sys.argv = ["oncall", *command]
    print("$ oncall", *command, flush=True)
    try:
        main()
    except SystemExit as ending:
        assert not ending.code, (command, ending.code)
"""


@pytest.fixture
def shown(published: Oncall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[str]]:
    """Return the lines of every command's answer at this width, with three tickets posted."""
    monkeypatch.chdir(tmp_path)
    rest = ("--plan", "standard", "--subject", "Sessions do not start for anybody in the office of Miami, since noon")
    published("page", "--id", "T-1", "--customer", "Acme Limited of Miami", "--impact", "urgent", *rest)
    published("page", "--id", "T-2", "--customer", "東京 株式会社 サポート", "--impact", "high", *rest)
    published("page", "--id", "T-3", "--customer", "Zenith", "--impact", "urgent", *rest)
    published("ack", "T-1", "--by", "ana")
    published("reply", "T-1", "--by", "ana", "--note", "called them, and they try again on Monday morning at nine")
    published("resolve", "T-3", "--by", "ben")
    span = ("--from", "2027-01-09T04:00", "--to", "2027-01-09T06:00")
    published("override", "chloe", *span, "--reason", "ana has to take her neighbour to the hospital")

    def answers(columns: int) -> list[str]:
        screen = on_a_terminal(RUN.format(commands=COMMANDS), COLUMNS=str(columns), NO_COLOR="1")
        return screen.splitlines()

    return answers


@pytest.mark.slow
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(shown: Callable[[int], list[str]], columns: int) -> None:
    lines = shown(columns)
    assert [line for line in lines if line.startswith("$ ")] == [
        f"$ oncall {' '.join(command)}" for command in COMMANDS
    ]
    # A word alone, like the name of a rule, stays whole.
    assert [line for line in lines if display_width(line) > columns and " " in line.strip()] == []


@pytest.mark.slow
def test_a_table_becomes_a_list_where_it_does_not_fit(shown: Callable[[int], list[str]]) -> None:
    lines = shown(60)
    place = lines.index("$ oncall tickets")
    assert re.fullmatch(r"T-1  [0-9A-Z]+", lines[place + 1])
    assert lines[place + 2] == "  impact      urgent"
    assert lines[place + 3] == "  customer    Acme Limited of Miami"
    who = lines.index("$ oncall who")
    assert lines[who + 3 : who + 6] == [
        "primary",
        "  Ana Pereira (ana)",
        "  until Sat 2027-01-09 04:00 EST",
    ]


def test_in_a_pipe_a_table_stays_as_it_is(
    published: Oncall, shown: Callable[[int], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    header, *rows = published("tickets").out.splitlines()
    assert header.split() == ["id", "code", "impact", "customer", "state", "next", "clock", "left", "due", "subject"]
    assert len(rows) == 2
