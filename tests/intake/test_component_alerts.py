"""Alerts with a label `component`: they page as every alert does, and propose an incident on the status page."""

from __future__ import annotations

from typing import Any

from tests.intake.test_alertmanager import alert, send
from tests.web.service import Service, problem

EVENTS = "/v1/status/events"


def proposals(service: Service) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = service.call("GET", "/v1/status").json()["proposals"]
    return found


def test_an_alert_proposes_an_incident_that_a_person_publishes_and_its_end_resolves_it(service: Service) -> None:
    ((_, became),) = send(service, alert("a1", component="portal"))
    (proposal,) = proposals(service)
    assert (became, proposal["component"], proposal["state"]) == ("opened", "portal", "proposed")
    assert proposal["started_at"] == "2027-01-09T08:10:21+00:00"
    assert "Problem with CAS portal" not in service.call("GET", "/status", by=None).text
    publish = {"action": "publish", "proposal": proposal["id"], "title": "Sign-in fails"}
    assert service.post(publish, by="ana", path=EVENTS).status_code == 201
    page = service.call("GET", "/status", by=None).text
    assert "Sign-in fails" in page and "Partial System Outage" in page
    words = f"incident {proposal['id']} is public already; to write on it: oncall status update {proposal['id']}"
    problem(service.post(publish, by="ana", path=EVENTS), 409, words)
    send(service, alert("a1", "resolved", component="portal"))
    (incident,) = service.call("GET", "/v1/status").json()["incidents"]
    assert (incident["state"], incident["updates"][-1]["message"]) == ("resolved", "CAS portal is up again.")


def test_an_alert_about_an_unknown_component_pages_and_proposes_nothing(shared: Service) -> None:
    before = proposals(shared)
    assert [became for _, became in send(shared, alert("b1", component="kubelet"), alert("b2", component=""))] == [
        "opened",
        "opened",
    ]
    assert proposals(shared) == before


def test_the_end_of_an_alert_that_never_fired_says_nothing(shared: Service) -> None:
    before = shared.call("GET", "/v1/status").json()["components"]
    assert send(shared, alert("c1", "resolved", component="api")) == [(None, "ignored")]
    assert shared.call("GET", "/v1/status").json()["components"] == before
