"""Commands that answer without typer print the same answers, messages and exit codes as through typer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from oncall.cli import main as entry
from oncall.cli.command_tree import make_app
from oncall.cli.quick_answers import QUICK, quick_answer, values_in
from tests.cli.conftest import Oncall, Ran

OPTIONS = ["--json", "--at", "--from", "--to", "-h", "--help", "--", "-", "--js", "--at=2027-01-09", "--json=1", "-5"]
WORDS = st.sampled_from([*OPTIONS, "", "2027-01-09T03:12", "2027-01-09", "ana", "who", "next"])
TIMES = [
    "2027-01-05T22:00",
    "2027-01-05T12:00",
    "2027-01-09T03:12:00-05:00",
    "2027-01-11T08:00",
    "2026-11-01T01:30",
    "2027-03-14T02:30",
    "2031-01-01",
    "9999-12-31",
    "yesterday",
]
LINES = [
    *(["who", "--at", time] for time in TIMES),
    *(["who", "--json", "--at", time] for time in TIMES),
    ["who"],
    ["who", "ana"],
    ["who", "--at"],
    ["who", "--help"],
    *([name, engineer, *options] for name in ("next", "shifts") for engineer in ("ana", "ben", "anna", "mei")
      for options in ([], ["--json"])),
    ["next"],
    ["next", "ana", "ben"],
    ["shifts", "ana", "--from", "2027-01-10", "--to", "2027-01-12"],
    ["shifts", "ana", "--from", "2027-01-12", "--to", "2027-01-10"],
    ["shifts", "nobody", "--from", "2027-01-12", "--to", "2027-01-10"],
    ["shifts", "ana", "--from", "tomorrow"],
]  # fmt: skip


def typer_command(name: str) -> typer.core.TyperCommand:
    group = typer.main.get_command(make_app(name))
    assert isinstance(group, typer.core.TyperGroup)
    command = group.commands[name]
    assert isinstance(command, typer.core.TyperCommand)
    return command


@pytest.mark.parametrize("name", QUICK)
def test_a_quick_command_has_the_words_and_options_that_typer_knows(name: str) -> None:
    quick, known = QUICK[name], typer_command(name)
    words: list[str] = []
    options: dict[str, str] = {}
    flags: dict[str, str] = {}
    for parameter in known.params:
        assert parameter.name is not None
        assert parameter.type.name in ("str", "boolean")
        if isinstance(parameter, typer.core.TyperArgument):
            words.append(parameter.name)
            assert not parameter.required
        else:
            assert isinstance(parameter, typer.core.TyperOption)
            target = flags if parameter.is_flag else options
            target |= dict.fromkeys(parameter.opts, parameter.name)
            assert parameter.default in (None, False)
    assert (quick.words, dict(quick.options), dict(quick.flags)) == (tuple(words), options, flags)


@given(name=st.sampled_from(sorted(QUICK)), arguments=st.lists(WORDS, max_size=6))
def test_it_reads_a_line_as_typer_does_or_leaves_it_to_typer(name: str, arguments: list[str]) -> None:
    values = values_in(arguments, QUICK[name])
    if values is not None:
        read = typer_command(name).make_context(name, list(arguments)).params
        assert values == {parameter: value for parameter, value in read.items() if value not in (None, False)}


@pytest.mark.parametrize("line", [["who"], ["who", "--at", "2027-01-09", "--json"], ["next", "ana"], ["shifts", "ana"]])
def test_the_usual_lines_need_no_typer(line: list[str]) -> None:
    assert quick_answer(line) is not None


@pytest.mark.parametrize(
    "line", [["who", "--help"], ["who", "--at"], ["next", "ana", "ben"], ["tickets"], ["--version"]]
)
def test_other_lines_are_left_to_typer(line: list[str]) -> None:
    assert quick_answer(line) is None


def test_the_shells_question_for_completions_is_left_to_typer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_ONCALL_COMPLETE", "complete_bash")
    assert quick_answer(["who"]) is None


def test_who_and_next_load_neither_typer_nor_a_database_driver(published: Oncall) -> None:
    for line in (["who"], ["next", "ana"], ["tonight"]):
        assert published(*line).code == 0
        script = f"import sys; sys.argv = ['oncall', *{line}]\nfrom oncall.cli.main import main\nmain()\n"
        shown = subprocess.run(
            [sys.executable, "-c", script + "print(*sys.modules)"],
            env=dict(os.environ),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()[-1]
        loaded = {name.partition(".")[0] for name in shown.split()}
        assert not {"typer", "rich", "sqlalchemy", "pydantic", "yaml", "httpx"} & loaded


def through_typer(oncall: Oncall, line: list[str], monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Run a command line as if no command were quick."""
    with monkeypatch.context() as patched:
        patched.setattr("oncall.cli.quick_answers.QUICK", {})
        return oncall(*line)


@pytest.fixture
def covered(published: Oncall) -> Oncall:
    """The published four weeks, with an override of ana's Saturday."""
    span = ["--from", "2027-01-09T00:00", "--to", "2027-01-09T12:00"]
    ran = published("override", "chloe", "--role", "primary", *span, "--reason", "ana is ill")
    assert ran.code == 0, ran.err
    return published


def test_every_answer_and_message_is_the_one_that_typer_would_give(
    covered: Oncall, monkeypatch: pytest.MonkeyPatch
) -> None:
    for line in LINES:
        assert covered(*line) == through_typer(covered, line, monkeypatch), line


def test_without_a_schedule_the_message_is_the_same(oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    for line in (["who"], ["who", "--at", "yesterday"], ["next", "ana"]):
        ran = oncall(*line)
        assert ran == through_typer(oncall, line, monkeypatch)
        assert (ran.code, ran.err) == (
            1,
            "oncall: no schedule is published yet; make one with `oncall generate` and `oncall publish`\n",
        )


def test_a_bad_setting_gives_the_same_message(published: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCALL_SERVER", "http://127.0.0.1:1")
    ran = published("who")
    assert ran == through_typer(published, ["who"], monkeypatch)
    assert ran.err == (
        "oncall: ONCALL_SERVER is set but ONCALL_TOKEN is not; `oncall token create` on the server makes one\n"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_names_are_written_in_the_streams_own_encoding_as_typer_writes_them(
    published: Oncall, plan: Path, roster: Path, encoding: str
) -> None:
    named = roster.read_text(encoding="utf-8").replace("Ana Pereira", "Aña Pereira 東")
    roster.write_text(named, encoding="utf-8")
    assert published("publish", plan, "--roster", roster).code == 0
    shown = []
    for prelude in ("", "import oncall.cli.quick_answers as q; q.QUICK.clear()\n"):
        script = f"import sys; sys.argv = ['oncall', 'who']\n{prelude}from oncall.cli.main import main\nmain()\n"
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True)
        shown.append(ran.stdout)
    assert shown[0] == shown[1]
    assert b"Pereira" in shown[0]


def test_a_reader_that_is_gone_ends_the_command_without_a_message(published: Oncall) -> None:
    assert published("who").code == 0
    for prelude in ("", "import oncall.cli.quick_answers as q; q.QUICK.clear()\n"):
        script = f"import sys; sys.argv = ['oncall', 'who']\n{prelude}from oncall.cli.main import main\nmain()\n"
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "wb") as gone:
            ran = subprocess.run([sys.executable, "-c", script], stdout=gone, stderr=subprocess.PIPE, check=False)
        assert (ran.returncode, ran.stderr) == (1, b"")


def test_ctrl_c_in_a_quick_command_ends_with_the_usual_sentence(
    oncall: Oncall, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("oncall.cli.quick_answers.quick_answer", lambda line: interrupted)
    monkeypatch.setattr(entry, "_leave_at_once", lambda: sys.exit(1))
    ran = oncall("who")
    assert (ran.code, ran.err) == (1, f"{entry.STOPPED}\n")
