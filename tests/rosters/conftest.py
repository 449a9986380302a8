"""Rosters for the tests of the roster file: one good text, and functions that break it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oncall.errors import FileFaults
from oncall.rosters.roster_file import read_roster

GOOD = """\
team: cas
timezone: America/New_York
engineers:
  - id: ana
    name: Ana Pereira
    phone: "+13055550101"
  - id: ben
    name: Ben Okafor
    phone: "+13055550102"
"""
MANAGER = 'manager: {id: mei, name: Mei Lin, phone: "+13055550100"}\n'
"""A line that gives the team of GOOD a manager."""

Refusal = Callable[[str], str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, so that messages name files as a user would."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refusal(folder: Path) -> Refusal:
    """Write a roster to `x.yaml`, read it, and return the whole refusal."""

    def refused(text: str) -> str:
        (folder / "x.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(FileFaults) as faults:
            read_roster(Path("x.yaml"))
        return str(faults.value)

    return refused
