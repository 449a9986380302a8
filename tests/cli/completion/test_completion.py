"""Completions in the shell: commands, options, engineers, tickets, dates and versions; never an error."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from oncall.cli.completion.completion_scripts import SCRIPTS
from tests.cli.conftest import Oncall

TICKET = ("--id", "A:1", "--customer", "Acme", "--plan", "standard", "--impact", "low", "--subject", "Slow\tlogin")


def words(oncall: Oncall, *line: str) -> list[str]:
    """The completions of a line whose last word is unfinished, without their descriptions."""
    ran = oncall("__complete", *line)
    assert (ran.code, ran.err) == (0, "")
    return [each.partition("\t")[0] for each in ran.out.splitlines()]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (("sch",), ["schedule"]),
        (("report", "p"), ["pay"]),
        (("shifts", ""), ["ana", "ben", "chloe", "mei"]),
        (("shifts", "c"), ["chloe"]),
        (("override", "ana", "--role", ""), ["primary", "secondary"]),
        (("override", "ana", "--role=s"), ["--role=secondary"]),
        (("who", "--at", "2027-01-1"), [f"2027-01-{day}" for day in range(10, 20)]),
        (("calendar", "--month", "2026-1"), ["2026-12", "2026-11", "2026-10"]),
        (("report", "qbr", "--quarter", "2027"), ["2027Q1"]),
        (("diff", ""), ["1", "published", ":files"]),
        (("explain", "--plan", ""), ["standard", "business-critical"]),
        (("page", "--impact", "u"), ["urgent"]),
        (("token", "create", "x", "--role", "e"), ["engineer"]),
        (("ack", "A-1", "--b"), ["--by"]),
        (("ack", "A-1", "--by", "b"), ["ben"]),
        (("check", ""), [":files"]),
        (("completion", ""), ["bash", "zsh", "fish"]),
        (("report", "pay", "--month", "2027-01", "--m"), []),
        (("swap", "ana", "2027-01-1"), [f"2027-01-{day}" for day in (11, 12, 13, 14, 15, 18, 19)]),
        (("swap", "chloe", "2027-01-1"), []),
        (("swap", "ana", "2027-01-11", "--with", "b"), ["ben"]),
        (("undo", ""), ["1"]),
        (("accept", ""), []),
        (("who", "--j"), ["--json"]),
        (("nonsense", ""), []),
        (("report", "nonsense", ""), []),
        (("shifts", "ana", "--from", "2027-01-04", ""), ["--to", "--json", "--help"]),
    ],
)
def test_the_last_word_is_completed(published: Oncall, line: tuple[str, ...], expected: list[str]) -> None:
    if line[:2] == ("calendar", "--month"):
        line = ("calendar", "month", *line[1:])
    assert words(published, *line) == expected


def test_tickets_that_are_not_resolved_are_completed_with_their_subjects(published: Oncall) -> None:
    assert published("page", *TICKET).code == 0
    assert published("__complete", "ack", "A").out == "A:1\tSlow login\n"


def test_swaps_that_wait_for_an_answer_are_completed(published: Oncall) -> None:
    asked = published("swap", "ana", "2027-01-11", "--with", "chloe", "--json")
    assert asked.code == 0, asked.err
    code = json.loads(asked.out)["id"]
    assert published("__complete", "accept", "").out == f"{code}\tana asks chloe\n"


def test_options_say_what_they_are(published: Oncall) -> None:
    assert published("__complete", "who", "--a").out == "--at\tThe time to ask about; default: now\n"


@pytest.mark.parametrize("database", ["sqlite:////nowhere/at/all.db", "postgresql://127.0.0.1:1/none", "nonsense"])
@pytest.mark.parametrize("line", [("shifts", ""), ("ack", ""), ("who", "--at", ""), ("explain", "--plan", "")])
def test_a_database_that_does_not_answer_is_no_error(
    oncall: Oncall, monkeypatch: pytest.MonkeyPatch, database: str, line: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ONCALL_DATABASE_URL", database)
    words(oncall, *line)


def test_a_server_that_does_not_answer_is_no_error(oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCALL_SERVER", "http://127.0.0.1:1")
    monkeypatch.setenv("ONCALL_TOKEN", "t")
    assert words(oncall, "shifts", "") == []
    assert words(oncall, "ack", "") == []


def test_without_a_database_none_is_made(oncall: Oncall, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ONCALL_DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    assert words(oncall, "ack", "") == words(oncall, "explain", "--plan", "") == []
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_script_of_a_shell_is_printed(oncall: Oncall, shell: str) -> None:
    ran = oncall("completion", shell)
    assert (ran.code, ran.out, ran.err) == (0, SCRIPTS[shell], "")


def test_another_shell_is_refused(oncall: Oncall) -> None:
    ran = oncall("completion", "fsh")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == 'oncall: "fsh" is not a shell that oncall completes in; did you mean "fish"?\n'


def _program(folder: Path) -> Path:
    """A program `oncall` that can be run by a shell in this test."""
    path = folder / "oncall"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} -m oncall.cli.main "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


def test_bash_completes_words_with_colons(published: Oncall, tmp_path: Path) -> None:
    assert published("page", *TICKET).code == 0
    program, script = _program(tmp_path), tmp_path / "script.bash"
    script.write_text(SCRIPTS["bash"], encoding="utf-8")
    line = f"{program} ack A:"
    asked = f"""
        set -eu
        source {script}
        COMP_LINE='{line}' COMP_POINT={len(line)} COMP_WORDS=({program} ack A :) COMP_CWORD=3
        _oncall
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    bash = shutil.which("bash")
    assert bash is not None
    ran = subprocess.run([bash, "--norc", "-c", asked], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "1\n", "")


@pytest.mark.system_packages
@pytest.mark.parametrize(
    ("shell", "asked"),
    [
        ("zsh", "source {script}; functions _oncall >/dev/null && {program} __complete shifts c"),
        ("fish", "source {script}; complete -C '{program} shifts c'"),
    ],
)
def test_zsh_and_fish_read_their_scripts(published: Oncall, tmp_path: Path, shell: str, asked: str) -> None:
    program, script = _program(tmp_path), tmp_path / f"script.{shell}"
    script.write_text(SCRIPTS[shell], encoding="utf-8")
    found = shutil.which(shell)
    assert found is not None, f"install Debian's {shell}"
    ran = subprocess.run(
        [found, "-c", asked.format(script=script, program=program)], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.split("\t")[0] == "chloe"
