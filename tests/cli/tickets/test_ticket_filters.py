"""`oncall tickets` by owner, time and customer, and the timeline of a ticket as a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Oncall
from tests.web.conftest import service  # noqa: F401
from tests.web.service import Service

TICKET = ("--plan", "standard", "--impact", "urgent")


@pytest.fixture
def busy(published: Oncall, monkeypatch: pytest.MonkeyPatch) -> Oncall:
    """Ana took and resolved T-1, ben has T-2 of another customer; they are the person at the terminal in turn."""
    published("page", "--id", "T-1", "--customer", "Acme Ltd", "--subject", "Down | again", *TICKET)
    published("page", "--id", "T-2", "--customer", "Bolt", "--subject", "Slow", *TICKET)
    published("ack", "T-1", "--by", "ana")
    published("resolve", "T-1", "--by", "ana", "--note", "restarted")
    published("ack", "T-2", "--by", "ben")
    monkeypatch.setenv("ONCALL_ENGINEER", "ana")
    return published


def listed(oncall: Oncall, *options: str) -> list[str]:
    ran = oncall("tickets", *options, "--json")
    assert ran.code == 0, ran.err
    return sorted(item["id"] for item in json.loads(ran.out)["tickets"])


def test_a_person_finds_what_they_had_last_night_also_when_it_is_resolved(busy: Oncall) -> None:
    assert listed(busy) == ["T-2"]
    assert listed(busy, "--mine", "--since", "last night") == ["T-1", "T-2"]
    assert listed(busy, "--mine", "--state", "resolved") == ["T-1"]
    assert listed(busy, "--owner", "ben") == ["T-2"]
    assert listed(busy, "--since", "2h", "--customer", "acme ltd") == ["T-1"]


def test_what_cannot_be_asked_is_refused(busy: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = busy("tickets", "--since", "soon")
    assert (ran.code, ran.err) == (
        1,
        'oncall: --since: "soon" is not a time in the past; write "last night", "yesterday", "2h", "monday", '
        '"2027-01-09" or "2027-01-09T03:12"\n',
    )
    ran = busy("tickets", "--owner", "anna")
    assert (ran.code, ran.err) == (
        1,
        'oncall: "anna" is on no published roster and owns no ticket; did you mean "ana"?\n',
    )
    monkeypatch.delenv("ONCALL_ENGINEER")
    ran = busy("tickets", "--mine")
    assert (ran.code, ran.err) == (
        1,
        "oncall: whose tickets? write --owner ENGINEER instead of --mine, set ONCALL_ENGINEER to your id, or log in "
        "with `oncall login URL`\n",
    )


def test_a_server_finds_the_same(service: Service, oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("ONCALL_SERVER", service.address)
    monkeypatch.setenv("ONCALL_TOKEN", "ana")
    service.post({"id": "S-1", "customer": "Acme", "plan": "standard", "impact": "urgent", "subject": "Down"})
    found = service.call("GET", "/v1/tickets?engineer=ana&since=last+night", by="ana").json()["tickets"]
    assert [item["id"] for item in found] == ["S-1"]
    assert service.call("GET", "/v1/tickets?owner=ben", by="ana").json()["tickets"] == []
    # The pager of this process writes its log to the same stdout.
    assert "S-1  " in oncall("tickets", "--mine").out
    ran = oncall("tickets", "--since", "2031-01-01")
    assert (ran.code, ran.err) == (
        1,
        "oncall: --since: Wed 2031-01-01 00:00 EST is still to come; write a time in the past\n",
    )


def test_the_timeline_goes_into_a_file_for_a_post_mortem(busy: Oncall, tmp_path: Path) -> None:
    path = tmp_path / "T-1.md"
    ran = busy("tickets", "show", "T-1", "--timeline", "--output", path)
    assert (ran.code, ran.out, ran.err) == (0, "", f"Wrote {path}.\n")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# T-1: Down \\| again"
    assert "- State: resolved" in lines
    assert "All times are America/New_York." in lines
    timeline = lines[lines.index("| time | event | by | what happened |") :]
    assert timeline[2].startswith("| Sat 2027-01-09 03:12 | received |")
    assert any("| acknowledged | ana |" in line for line in timeline)
    assert any("restarted" in line for line in timeline)
    assert all(line.count("|") - line.count("\\|") == 5 for line in timeline)


def test_a_timeline_in_another_kind_of_file_is_refused(busy: Oncall, tmp_path: Path) -> None:
    ran = busy("tickets", "show", "T-1", "--output", tmp_path / "T-1.pdf")
    assert ran.code == 2
    assert 'write a file that ends in .md, like "T-1.md"' in " ".join(ran.err.split())
    assert not (tmp_path / "T-1.pdf").exists()
