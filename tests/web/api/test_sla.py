"""Clocks, triage and all ticket actions over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.paging.world import ticket_body
from tests.web.service import Service, problem


def say(service: Service, kind: str, ticket_id: str = "T-1", **more: Any) -> dict[str, Any]:
    answer = service.post({"kind": kind, **more}, path=f"/v1/tickets/{ticket_id}/events")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_ticket_shows_its_clocks_the_one_that_ends_first_on_top(service: Service) -> None:
    service.post(ticket_body())
    (clock,) = service.ticket()["clocks"]
    # The rehearsal clock runs while the service starts.
    assert (clock["metric"], clock["state"], clock["due_at"][:16]) == ("first_reply", "running", "2027-01-09T04:12")
    assert 3500 < clock["seconds_left"] <= 3600
    say(service, "replied")
    say(service, "customer_replied")
    assert [(one["metric"], one["state"]) for one in service.ticket()["clocks"]] == [
        ("next_reply", "running"),
        ("periodic_update", "running"),
        ("first_reply", "met"),
    ]
    listed = service.call("GET", "/v1/tickets").json()["tickets"][0]
    assert [one["metric"] for one in listed["clocks"]] == ["next_reply", "periodic_update", "first_reply"]


@pytest.mark.slow
def test_waiting_for_the_customer_and_merging_a_duplicate_are_events_too(service: Service) -> None:
    service.post(ticket_body())
    service.post(ticket_body("T-2"))
    assert say(service, "waiting")["changed"] is True
    assert service.ticket()["waiting"] is True
    merged = say(service, "merged", "T-2", into="T-1")
    assert (merged["state"], merged["message"]) == ("resolved", "T-2 is merged into T-1.")
    assert service.ticket("T-2")["clocks"][0]["state"] == "merged"


def test_a_customers_message_on_a_duplicate_or_a_resolved_ticket_is_never_refused(service: Service) -> None:
    service.post(ticket_body())
    service.post(ticket_body("T-2"))
    say(service, "merged", "T-2", into="T-1")
    say(service, "resolved")
    heard = say(service, "customer_replied", "T-2", id="e-1")
    assert heard["message"] == (
        "T-2 is merged into T-1: the customer's message counts there. T-1 is open again: the customer wrote."
    )
    assert (service.ticket("T-2")["merged_into"], service.ticket()["state"]) == ("T-1", "open")
    assert say(service, "customer_replied", "T-2", id="e-1")["changed"] is False
    assert [event["kind"] for event in service.ticket()["events"]].count("customer_replied") == 1


def test_a_message_that_needs_no_reply_starts_nothing(service: Service) -> None:
    service.post(ticket_body())
    say(service, "resolved")
    assert say(service, "customer_replied", needs_reply=False)["state"] == "resolved"
    answer = service.post({"kind": "customer_replied", "needs_reply": "no"}, path="/v1/tickets/T-1/events")
    problem(answer, 422, "needs_reply: write true or false")


def test_times_are_whole_seconds_with_the_policys_offset(service: Service) -> None:
    service.post({**ticket_body(), "opened_at": "2027-01-09T02:00:00-05:00"})
    say(service, "replied")
    whole = service.ticket()
    times = [event["at"] for event in whole["events"]] + [attempt["at"] for attempt in whole["attempts"]]
    times += [whole["received_at"], whole["verdict"]["first_reply_due"], service.call("GET", "/v1/oncall").json()["at"]]
    times += [clock[name] for clock in whole["clocks"] for name in ("started_at", "due_at", "met_at") if clock[name]]
    assert [time for time in times if len(time) != len("2027-01-09T03:12:00-05:00")] == []
    assert whole["events"][0]["why"] == "posted 1 h 12 min after it was opened"


def test_merging_names_the_ticket_that_goes_on(service: Service) -> None:
    service.post(ticket_body())
    answer = service.post({"kind": "merged"}, path="/v1/tickets/T-1/events")
    problem(answer, 422, "into: missing")
    answer = service.post({"kind": "merged", "into": "T-9"}, path="/v1/tickets/T-1/events")
    problem(answer, 422, 'T-1: no ticket has the id "T-9" to merge it into')


def test_triage_answers_with_the_impact_and_why(quiet: Service) -> None:
    body = {"down": False, "users": "many", "workaround": "none"}
    answer = quiet.post(body, path="/v1/triage")
    assert answer.status_code == 200
    assert answer.json()["impact"] == "high"
    assert answer.json()["reasons"][:3] == [
        "The product is not down.",
        "Many users are hit.",
        "There is no workaround.",
    ]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ([], 'triage: a JSON object is needed, like {"down": false, "workaround": "none", "users": 12}'),
        ({"users": -3}, "users: write how many are hit, or many or few"),
    ],
)
def test_answers_that_cannot_be_used_are_refused_by_name(quiet: Service, body: object, detail: str) -> None:
    problem(quiet.post(body, path="/v1/triage"), 422, detail)


def test_a_ticket_may_bring_the_answers_instead_of_an_impact(service: Service) -> None:
    body = {**ticket_body(), "triage": {"down": True}}
    del body["impact"]
    assert service.post(body).json()["verdict"]["action"] == "page"
    assert service.ticket()["ticket"]["impact"] == "urgent"
    answer = service.post({**body, "id": "T-2", "triage": {"down": 1}})
    problem(answer, 422, "triage.down: write true or false")
