"""Programs that read status pages read ours: the real feedparser, and the real Prometheus exporter of Statuspage."""

from __future__ import annotations

import importlib
from pathlib import Path

import feedparser
import pytest

from tests.web.service import Service

EVENTS = "/v1/status/events"


@pytest.fixture
def disturbed(service: Service) -> Service:
    """The portal is down, and maintenance of the API is under way."""
    down = {"action": "open", "title": "Portal <down>", "components": {"portal": "major_outage"}, "message": "A & B"}
    assert service.post(down, by="mei", path=EVENTS).status_code == 201
    times = {"start": "2027-01-09T03:00:00-05:00", "end": "2027-01-09T05:00:00-05:00"}
    work = {"action": "announce", "title": "Upgrade", "components": ["api"], **times}
    assert service.post(work, by="mei", path=EVENTS).status_code == 201
    return service


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_feedparser_reads_an_entry_for_each_update(disturbed: Service, form: str) -> None:
    feed = feedparser.parse(disturbed.call("GET", f"/status/feed.{form}", by=None).content)
    assert not feed.bozo
    assert {entry.title for entry in feed.entries} == {"Investigating: Portal <down>", "Maintenance: Upgrade"}
    assert all(entry.id.startswith("urn:oncall:") for entry in feed.entries)


def test_the_prometheus_exporter_reads_components_incidents_and_maintenance(
    disturbed: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    checker = importlib.import_module("statuspage_prometheus_exporter.service_checker")
    address = f"{disturbed.address}/status/api/v2/summary.json"
    found = checker.check_service_status("itopia", {"url": address, "name": "itopia CAS"})
    assert (found["success"], found["status"], found["raw_status"]) == (True, 0, "critical")
    states = {each["name"]: each["status"] for each in found["component_metadata"]}
    assert (states["CAS portal"], states["DNS provider"]) == ("major_outage", "operational")
    (incident,) = found["incident_metadata"]
    assert incident["name"] == "Portal <down>"
    (work,) = found["maintenance_metadata"]
    assert work["name"] == "Upgrade"
