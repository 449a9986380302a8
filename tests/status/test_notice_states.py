"""A notice names the state of each component after the update, also after the last one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from oncall.status.status_actions import OpenIncident, UpdateIncident
from tests.status.readers import Readers

DOWN = OpenIncident("Portal down", {"portal": "major_outage"})


@pytest.fixture
def readers(tmp_path: Path) -> Iterator[Readers]:
    found = Readers(tmp_path)
    found.joined()
    yield found
    found.world.close()


def states(readers: Readers) -> list[str]:
    """Return the line with the components of each new notice."""
    lines = [line for mail in readers.mails() for line in mail.text.splitlines()]
    return [line.removeprefix("Components: ") for line in lines if line.startswith("Components: ")]


def test_the_notice_of_the_end_says_that_the_component_is_operational_again(readers: Readers) -> None:
    incident = readers.act(DOWN)
    assert states(readers) == ["CAS portal (Major outage)"]
    readers.act(UpdateIncident(incident, "monitoring", {"portal": "degraded_performance"}))
    assert states(readers) == ["CAS portal (Degraded performance)"]
    readers.act(UpdateIncident(incident, "resolved"))
    assert states(readers) == ["CAS portal (Operational)"]


def test_the_notice_of_the_end_names_the_outage_of_another_open_incident(readers: Readers) -> None:
    incident = readers.act(DOWN)
    readers.act(OpenIncident("Sign-in fails", {"portal": "partial_outage"}))
    states(readers)
    readers.act(UpdateIncident(incident, "resolved"))
    assert states(readers) == ["CAS portal (Partial outage)"]
