from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Oncall
from tests.cli.teams import EIGHT, TIGHT_ROSTER, WEEK, written

Planned = Callable[..., Path]


@pytest.fixture
def tight(tmp_path: Path) -> Path:
    """Six people, of whom one is away: no plan of the first week keeps every rule."""
    return written(tmp_path / "tight.yaml", TIGHT_ROSTER)


@pytest.fixture
def eight(tmp_path: Path) -> Path:
    """Eight people who are never away."""
    return written(tmp_path / "eight.yaml", EIGHT)


@pytest.fixture
def planned(oncall: Oncall, tmp_path: Path) -> Planned:
    """Makes a plan of a roster with options of `generate`, in a file of the given name."""

    def plan(roster: Path, name: str, *options: str | Path) -> Path:
        ran = oncall("generate", roster, *options, "--output", tmp_path / name)
        assert ran.code == 0, ran.err
        return tmp_path / name

    return plan


@pytest.fixture
def week(planned: Planned, roster: Path) -> Path:
    """The fairest plan of the first week for the three, as JSON."""
    return planned(roster, "plan.json", *WEEK)


@pytest.fixture
def quarter(planned: Planned, eight: Path) -> Path:
    """The fairest plan of thirteen weeks for the eight."""
    return planned(eight, "quarter.json", "--start", "2027-01-04", "--weeks", "13")
