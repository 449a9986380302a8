from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from oncall.cli.main import main
from oncall.rosters.roster_file import read_roster
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.plan_file import write_plan
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of
from tests.cli.teams import SMALL_ROSTER, written
from tests.store.migrated_databases import write_migrated_file

ROSTERS = Path(__file__).parents[2] / "rosters"
SATURDAY_NIGHT = "2027-01-09T03:12:00-05:00"

PROGRESS = re.compile(r"^.* \(\d+ (?:of [\d.]+ )?s\)\n", re.MULTILINE)
"""What a search tells of itself only when it takes its time, which is the machine's affair and not the command's."""


@dataclass(frozen=True)
class Ran:
    """A command's exit code and output, without its progress lines."""

    code: int
    out: str
    err: str


Oncall = Callable[..., Ran]


@pytest.fixture
def oncall(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Oncall:
    """Runs a command as the shell would, on the test's own database, at 03:12 on a Saturday night."""
    for name in list(os.environ):
        if name.startswith(("ONCALL_", "TWILIO_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ONCALL_DATABASE_URL", f"sqlite:///{tmp_path / 'oncall.db'}")
    monkeypatch.setenv("ONCALL_CLOCK", SATURDAY_NIGHT)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(*arguments: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["oncall", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as ending:
            code = ending.code if isinstance(ending.code, int) else 0 if ending.code is None else 1
        captured = capsys.readouterr()
        return Ran(code, captured.out, PROGRESS.sub("", captured.err))

    return run


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    """Three people; ben lives in India; mei is the manager."""
    return written(tmp_path / "tiny.yaml", SMALL_ROSTER)


@pytest.fixture
def plan(roster: Path, tmp_path: Path) -> Path:
    """Four weeks from 2027-01-04: ana primary and ben secondary, always."""
    team = read_roster(roster)
    calendar = calendar_of(team.policy, team.holidays)
    first, last = date(2027, 1, 4), date(2027, 1, 31)
    shifts = shifts_between(calendar, first_day=first, last_day=last, rules=team.rules)
    seats = tuple(
        Seat(shift.window, shift.kind, role, person)
        for shift in shifts
        for role, person in (("primary", "ana"), ("secondary", "ben"))
    )
    path = tmp_path / "plan.csv"
    write_plan(Plan(team.team, team.zone, seats), path)
    return path


@pytest.fixture
def published(oncall: Oncall, plan: Path, roster: Path, tmp_path: Path) -> Oncall:
    """The roster, with the plan published."""
    write_migrated_file(tmp_path / "oncall.db")
    ran = oncall("publish", str(plan), "--roster", str(roster))
    assert ran.code == 0, ran.err
    return oncall
