"""Alertmanager's webhook, and Grafana's: each alert is a ticket of its own, paged once, and ended by its sender."""

from __future__ import annotations

from typing import Any

from tests.web.service import Service, problem

STARTED = "2027-01-09T08:10:21.255091827Z"
OPEN_END = "0001-01-01T00:00:00Z"


def alert(key: str, status: str = "firing", *, starts: str = STARTED, **labels: str) -> dict[str, Any]:
    """One alert as Alertmanager 0.25 sends it."""
    return {
        "status": status,
        "fingerprint": key,
        "startsAt": starts,
        "endsAt": OPEN_END if status == "firing" else "2027-01-09T08:20:00Z",
        "generatorURL": "http://prom.example.com/graph",
        "labels": {"alertname": "CheckoutDown", "customer": "Acme Ltd", "severity": "critical", **labels},
        "annotations": {"summary": "Acme: checkout down", "description": "two\nlines"},
    }


def body(*alerts: dict[str, Any]) -> dict[str, Any]:
    return {
        "receiver": "intake",
        "status": "firing",
        "version": "4",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "commonLabels": {},
        "alerts": list(alerts),
    }


def send(service: Service, *alerts: dict[str, Any], **more: Any) -> list[tuple[str | None, str]]:
    """The ticket of each alert and what became of it."""
    answer = service.call("POST", "/webhooks/alertmanager", by="zendesk", json={**body(*alerts), **more})
    assert answer.status_code == 202, answer.text
    return [(one["ticket"], one["became"]) for one in answer.json()["signals"]]


def only_ticket(service: Service, *alerts: dict[str, Any]) -> str:
    ((ticket, became),) = send(service, *alerts)
    assert became == "opened"
    assert ticket is not None
    return ticket


def pages(service: Service, ticket: str) -> int:
    return sum(one["kind"] == "step_fired" for one in service.ticket(ticket)["events"])


def test_an_alert_that_fires_pages_once_and_says_how_it_was_routed(shared: Service) -> None:
    ticket = only_ticket(shared, alert("a1"))
    found = shared.ticket(ticket)
    assert ticket.startswith("am-")
    assert found["ticket"]["subject"] == "Acme: checkout down"
    assert found["ticket"]["impact"] == "urgent"
    assert found["ticket"]["plan"] == "standard"
    assert found["ticket"]["url"] == "http://prom.example.com/graph"
    assert found["verdict"]["reasons"][:2] == [
        '"Acme Ltd" is on no list of customers, so the plan is standard.',
        'The severity "critical" counts as urgent.',
    ]
    assert found["verdict"]["action"] == "page"
    assert pages(shared, ticket) == 1


def test_the_same_alert_again_pages_nobody(shared: Service) -> None:
    ticket = only_ticket(shared, alert("a2"))
    for _ in range(3):
        assert send(shared, alert("a2")) == [(ticket, "updated")]
    assert pages(shared, ticket) == 1


def test_each_alert_of_a_body_is_judged_by_its_own_status(shared: Service) -> None:
    first = only_ticket(shared, alert("a3"))
    answers = send(shared, alert("a4"), alert("a3", "resolved"))
    assert [became for _, became in answers] == ["resolved", "opened"]
    assert answers[0][0] == first
    assert shared.ticket(first)["state"] == "resolved"


def test_an_alert_that_fires_again_later_opens_a_ticket_of_its_own(shared: Service) -> None:
    first = only_ticket(shared, alert("a5"))
    send(shared, alert("a5", "resolved"))
    assert only_ticket(shared, alert("a5", starts="2027-01-09T09:00:00Z")) != first


def test_a_late_repeat_of_an_alert_that_has_ended_pages_nobody(shared: Service) -> None:
    ticket = only_ticket(shared, alert("a6"))
    send(shared, alert("a6", "resolved"))
    assert send(shared, alert("a6")) == [(ticket, "ignored")]
    assert shared.ticket(ticket)["state"] == "resolved"


def test_an_end_that_comes_before_the_beginning_pages_nobody(shared: Service) -> None:
    assert send(shared, alert("a7", "resolved")) == [(None, "ignored")]
    assert send(shared, alert("a7")) == [(None, "ignored")]


def test_an_alert_that_a_person_resolved_a_moment_ago_pages_nobody(shared: Service) -> None:
    ticket = only_ticket(shared, alert("a8"))
    shared.call("POST", f"/v1/tickets/{ticket}/events", by="mei", json={"kind": "resolved"})
    assert send(shared, alert("a8")) == [(ticket, "noted")]
    assert shared.ticket(ticket)["events"][-1]["why"] == (
        "alertmanager repeats the alert; a person resolved it a moment ago"
    )


def test_a_graver_severity_raises_the_impact_and_a_lesser_one_does_not_lower_it(shared: Service) -> None:
    ticket = only_ticket(shared, alert("a9", severity="warning"))
    assert send(shared, alert("a9", severity="critical")) == [(ticket, "raised")]
    assert send(shared, alert("a9", severity="info")) == [(ticket, "updated")]
    assert shared.ticket(ticket)["ticket"]["impact"] == "urgent"


def test_an_unknown_severity_is_not_refused(shared: Service) -> None:
    ticket = only_ticket(shared, alert("a10", severity="banana"))
    reasons = shared.ticket(ticket)["verdict"]["reasons"]
    assert reasons[1:3] == [
        'The severity "banana" is not known, so it does not count.',
        "No known severity is given, so the impact is high.",
    ]


def test_an_alert_without_a_customer_is_the_default_customer_s(shared: Service) -> None:
    ticket = only_ticket(shared, alert("a11", customer=""))
    assert shared.ticket(ticket)["ticket"]["customer"] == "monitoring"


def test_grafana_s_fields_are_taken(shared: Service) -> None:
    grafana = {**alert("a12"), "values": {"B": 3}, "silenceURL": "https://g", "dashboardURL": "", "panelURL": ""}
    more = {"numFiring": 1, "numResolved": 0, "orgId": 1, "title": "[FIRING:1]", "state": "alerting", "message": "m"}
    assert [became for _, became in send(shared, grafana, **more)] == ["opened"]


def test_numbers_as_labels_and_an_alert_of_the_future_are_taken(shared: Service) -> None:
    odd = alert("a13", starts="2027-01-09T19:00:00Z")
    odd["labels"] |= {"shard": 7, "ratio": 0.5, "on": True, "none": None, "list": ["a", 1]}
    assert [became for _, became in send(shared, odd)] == ["opened"]


def test_basic_authentication_is_a_token_as_the_password(shared: Service) -> None:
    answer = shared.http.post("/webhooks/alertmanager", json=body(alert("a14")), auth=("anything", "zendesk"))
    assert answer.status_code == 202


def test_a_missing_or_wrong_secret_is_refused_and_nothing_is_kept(shared: Service) -> None:
    needs = "a token is needed: send it as a bearer token, as the password of basic authentication, or as a GenieKey"
    problem(shared.call("POST", "/webhooks/alertmanager", by=None, json=body(alert("a15"))), 401, needs)
    wrong = shared.http.post("/webhooks/alertmanager", json=body(alert("a15")), auth=("x", "wrong"))
    problem(wrong, 401, "this token is not known; `oncall token create` makes one")


def test_one_hundred_and_twenty_alerts_in_one_body_are_all_stored(shared: Service) -> None:
    many = [alert(f"many-{number}", severity="info") for number in range(120)]
    assert [became for _, became in send(shared, *many)] == ["opened"] * 100
    assert [became for _, became in send(shared, *many[100:])] == ["updated"] * 20


def test_an_alert_on_a_ticket_that_was_merged_updates_the_other_one(shared: Service) -> None:
    kept, duplicate = only_ticket(shared, alert("a16")), only_ticket(shared, alert("a17"))
    merged = shared.call("POST", f"/v1/tickets/{duplicate}/events", by="mei", json={"kind": "merged", "into": kept})
    assert merged.status_code == 200
    assert send(shared, alert("a17")) == [(kept, "updated")]
    assert send(shared, alert("a17", "resolved")) == [(kept, "noted")]
    assert shared.ticket(kept)["state"] == "open"


def test_an_alert_with_another_start_after_a_restart_stays_on_its_open_ticket(shared: Service) -> None:
    """Prometheus and Alertmanager were restarted together: the end of the first occurrence never comes."""
    later = "2027-01-09T08:40:00Z"
    ticket = only_ticket(shared, alert("restart"))
    assert send(shared, alert("restart", starts=later)) == [(ticket, "updated")]
    assert send(shared, alert("restart", starts=later)) == [(ticket, "updated")]
    assert pages(shared, ticket) == 1
    assert send(shared, alert("restart", "resolved")) == [(ticket, "noted")]
    assert shared.ticket(ticket)["state"] == "open"
    assert send(shared, alert("restart", "resolved", starts=later)) == [(ticket, "resolved")]
    assert only_ticket(shared, alert("restart", starts="2027-01-09T08:50:00Z")) != ticket


def test_another_start_with_a_graver_severity_raises_the_open_ticket(shared: Service) -> None:
    later = "2027-01-09T08:40:00Z"
    ticket = only_ticket(shared, alert("graver", severity="warning"))
    assert send(shared, alert("graver", starts=later)) == [(ticket, "raised")]
    assert send(shared, alert("graver", "resolved", starts=later)) == [(ticket, "resolved")]
