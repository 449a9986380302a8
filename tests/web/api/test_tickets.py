"""Tickets over HTTP: posted, paged, listed, acknowledged, resolved."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from oncall.paging.actions.posted_action import EVENT_FIELDS
from oncall.paging.actions.unknown_fields import TICKET_FIELDS
from oncall.support.triage import QUESTIONS
from tests.paging.world import ticket_body
from tests.web.service import Service, problem

ROSTER_PHONES = {
    "ana": "+13055550101",
    "ben": "+13055550102",
    "farid": "+13055550106",
    "grace": "+13055550107",
}


def test_an_urgent_ticket_at_night_is_accepted_and_the_primary_gets_an_sms(service: Service) -> None:
    answer = service.post(ticket_body())
    assert answer.status_code == 202
    body = answer.json()
    assert (body["ticket"], body["verdict"]["action"], body["verdict"]["engineer"]) == ("T-1", "page", "ana")
    (message,) = service.twilio.wait_for_messages(1)
    assert message.to == ROSTER_PHONES["ana"]
    assert message.body.endswith(f"Reply ACK {body['page']['code']}")


def test_the_same_ticket_again_is_200_with_the_first_answer_and_pages_nobody(service: Service) -> None:
    first = service.post(ticket_body())
    again = service.post({**ticket_body(), "extra": "let through"})
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json() == first.json()
    service.until(lambda: service.ticket()["attempts"][0]["status"] == "accepted")
    assert len(service.twilio.messages) == 1


def test_the_same_ticket_posted_many_times_at_once_is_one_ticket_and_one_page(service: Service) -> None:
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: service.post(ticket_body()), range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [202]
    assert len({answer.text for answer in answers}) == 1
    service.until(lambda: service.ticket()["attempts"][0]["status"] == "accepted")
    assert len(service.twilio.messages) == 1


def test_the_same_id_with_other_content_is_409_and_changes_nothing(service: Service) -> None:
    service.post(ticket_body(impact="normal"))
    before = service.ticket()
    answer = service.post(ticket_body(impact="urgent"))
    problem(answer, 409, "ticket T-1 is already stored with other content; nothing was changed")
    after = service.ticket()
    for passing_time in (before, after):
        del passing_time["clocks"]
    assert after == before


def test_a_ticket_shows_its_verdict_its_log_and_every_try_without_any_number(service: Service) -> None:
    posted = service.post(ticket_body(url="https://desk/1", contact="kim", opened_at="2027-01-09T03:00:00-05:00"))
    service.until(lambda: service.ticket()["attempts"][0]["status"] == "accepted")
    shown = service.ticket()
    assert shown["state"] == "open"
    assert shown["verdict"] == posted.json()["verdict"]
    assert shown["ticket"] == {
        **ticket_body(),
        "url": "https://desk/1",
        "opened_at": "2027-01-09T03:00:00-05:00",
        "contact": "kim",
    }
    assert [(event["kind"], event["by"]) for event in shown["events"]] == [
        ("received", "zendesk"),
        ("judged", "oncall"),
        ("step_fired", "oncall"),
    ]
    (attempt,) = shown["attempts"]
    assert (attempt["to"], attempt["channel"], attempt["provider_id"]) == ("ana", "sms", service.twilio.messages[0].sid)
    assert "+1305" not in str(shown)


def test_a_ticket_is_found_by_its_code_as_well(service: Service) -> None:
    code = service.post(ticket_body()).json()["page"]["code"]
    assert service.ticket(code.lower())["id"] == "T-1"


def test_a_ticket_whose_id_is_another_ones_code_is_not_confused_with_it(service: Service) -> None:
    code = service.post(ticket_body()).json()["page"]["code"]
    assert service.post(ticket_body(code)).status_code == 202
    words = (
        f'"{code}" is the code of ticket T-1 and the id of ticket {code}; '
        f"write code={code} for T-1, or id={code} for the other"
    )
    problem(service.call("GET", f"/v1/tickets/{code}"), 409, words)
    acknowledged = {"kind": "acknowledged"}
    problem(service.post(acknowledged, by="ana", path=f"/v1/tickets/{code}/events"), 409, words)
    assert [service.ticket(name)["state"] for name in (f"id={code}", f"code={code}")] == ["open", "open"]
    answer = service.post(acknowledged, by="ana", path=f"/v1/tickets/id={code}/events").json()
    assert (answer["id"], answer["message"]) == (code, f"{code} is yours.")
    assert service.ticket("T-1")["state"] == "open"


def test_a_listing_shows_the_newest_first_and_held_tickets_with_their_hour(service: Service) -> None:
    for ticket_id, impact in (("T-1", "low"), ("T-2", "high"), ("T-3", "low")):
        service.post(ticket_body(ticket_id, impact=impact, customer=f"Customer {ticket_id}"))
    page = service.call("GET", "/v1/tickets", params={"limit": 2}).json()
    assert [item["id"] for item in page["tickets"]] == ["T-3", "T-2"]
    assert page["tickets"][1]["hold_until"] == "2027-01-11T00:00:00-05:00"
    rest = service.call("GET", "/v1/tickets", params={"limit": 2, "after": page["next"]}).json()
    assert ([item["id"] for item in rest["tickets"]], rest["next"]) == (["T-1"], None)
    mine = service.call("GET", "/v1/tickets", params={"customer": "Customer T-2", "state": "open, acknowledged"}).json()
    assert [item["id"] for item in mine["tickets"]] == ["T-2"]
    assert service.call("GET", "/v1/tickets", params={"state": "resolved"}).json()["tickets"] == []


@pytest.mark.parametrize("asked", ["acme ltd", "ACME  LTD.", "Acme Ltd"])
def test_a_customer_s_tickets_are_found_in_every_spelling(service: Service, asked: str) -> None:
    for ticket_id, customer in (("T-1", "Acme Ltd"), ("T-2", "ACME, Ltd."), ("T-3", "Birch")):
        service.post(ticket_body(ticket_id, impact="low", customer=customer))
    found = service.call("GET", "/v1/tickets", params={"customer": asked}).json()["tickets"]
    assert [item["id"] for item in found] == ["T-2", "T-1"]
    unknown = service.call("GET", "/v1/tickets", params={"customer": "Birhc"})
    problem(unknown, 404, '"Birhc" is not a customer of any ticket or of the policy; did you mean "Birch"?')


def test_an_acknowledgement_stops_the_paging_and_says_so(service: Service) -> None:
    service.post(ticket_body())
    service.twilio.wait_for_messages(1)
    answer = service.post({"kind": "acknowledged"}, by="ana", path="/v1/tickets/T-1/events")
    body = answer.json()
    assert (answer.status_code, body["state"], body["owner"]) == (200, "acknowledged", "ana")
    assert (body["changed"], body["message"]) == (True, "T-1 is yours.")


def test_whoever_was_paged_is_told_when_somebody_else_takes_it(service: Service) -> None:
    service.post(ticket_body())
    service.twilio.wait_for_messages(1)
    service.post({"kind": "acknowledged", "by": "ben"}, by="mei", path="/v1/tickets/T-1/events")
    notice = service.twilio.wait_for_messages(2)[1]
    assert (notice.to, notice.body) == (
        ROSTER_PHONES["ana"],
        "URGENT T-1 is taken by Ben Okafor. No action needed.",
    )


def test_passing_on_pages_the_next_one_at_once(service: Service) -> None:
    service.post(ticket_body())
    service.twilio.wait_for_messages(1)
    service.post({"kind": "passed"}, by="ana", path="/v1/tickets/T-1/events")
    assert service.twilio.wait_for_messages(2)[1].to == ROSTER_PHONES["ben"]


def test_a_ticket_is_passed_to_a_named_person(service: Service) -> None:
    service.post(ticket_body())
    service.twilio.wait_for_messages(1)
    event = {"kind": "passed", "to": "grace", "why": "she knows this customer"}
    answer = service.post(event, by="ana", path="/v1/tickets/T-1/events")
    assert answer.json()["message"] == "T-1 is passed to Grace Kim."
    assert service.twilio.wait_for_messages(2)[1].to == ROSTER_PHONES["grace"]
    passed = next(event for event in service.ticket()["events"] if event["kind"] == "passed")
    assert (passed["details"], passed["why"]) == ({"to": "grace"}, "she knows this customer")


def test_a_ticket_is_taken_over_only_if_the_caller_says_so(service: Service) -> None:
    service.post(ticket_body())
    service.twilio.wait_for_messages(1)
    service.post({"kind": "acknowledged", "by": "farid"}, by="mei", path="/v1/tickets/T-1/events")
    plain = service.post({"kind": "acknowledged"}, by="ana", path="/v1/tickets/T-1/events").json()
    assert (plain["changed"], plain["owner"], plain["message"]) == (False, "farid", "T-1 is taken by Farid Haddad.")
    taken = service.post({"kind": "acknowledged", "take_over": True}, by="ana", path="/v1/tickets/T-1/events").json()
    assert (taken["changed"], taken["owner"]) == (True, "ana")
    texts = {message.to: message.body for message in service.twilio.wait_for_messages(4)[2:]}
    assert texts[ROSTER_PHONES["farid"]] == "URGENT T-1 was taken over by Ana Pereira. It is not yours any more."
    assert texts[ROSTER_PHONES["ana"]].startswith("YOURS NOW URGENT T-1 ")


@pytest.mark.parametrize(
    ("event", "detail"),
    [
        ({"kind": "acknowledged", "take_over": "yes"}, "take_over: write true or false"),
        ({"kind": "replied", "take_over": "yes"}, "take_over: write true or false"),
        ({"kind": "updated", "needs_reply": 1}, "needs_reply: write true or false"),
        ({"kind": "replied", "to": ""}, 'to: is not the id of a person; write one of the roster, like "ana"'),
        ({"kind": "replied", "impact": 7}, "impact: is not text"),
        ({"kind": "replied", "into": []}, "into: is not text"),
        ({"kind": "passed", "to": 7}, 'to: is not the id of a person; write one of the roster, like "ana"'),
        (
            {"kind": "passed", "to": "gracie"},
            'nobody on the published rosters has the id "gracie"; did you mean "grace"?',
        ),
    ],
)
def test_a_take_over_or_a_pass_that_cannot_be_says_why(service: Service, event: dict[str, Any], detail: str) -> None:
    service.post(ticket_body())
    service.twilio.wait_for_messages(1)
    problem(service.post(event, by="ana", path="/v1/tickets/T-1/events"), 422, detail)


def test_a_change_of_impact_is_judged_and_pages(service: Service) -> None:
    service.post(ticket_body(impact="low"))
    body = {"kind": "impact_changed", "impact": "CRITICAL", "why": "everybody is down", "id": "e-1"}
    assert service.post(body, path="/v1/tickets/T-1/events").json()["message"] == "T-1 is urgent now."
    service.twilio.wait_for_messages(1)
    changed = service.ticket()["events"][2]
    assert (changed["by"], changed["why"], changed["id"]) == ("zendesk", "everybody is down", "e-1")


def test_an_event_sent_twice_happens_once(service: Service) -> None:
    service.post(ticket_body(impact="low"))
    event = {"kind": "customer_replied", "id": "e-1", "at": "2027-01-09T03:10:00-05:00"}
    first, again = (service.post(event, path="/v1/tickets/T-1/events").json() for _ in range(2))
    assert (first["changed"], again["changed"]) == (True, False)
    assert [item["kind"] for item in service.ticket()["events"]].count("customer_replied") == 1


def test_the_id_of_a_change_of_impact_with_another_impact_is_a_conflict_and_changes_nothing(service: Service) -> None:
    service.post(ticket_body(impact="low"))
    events = [{"kind": "impact_changed", "id": "e-1", "impact": impact} for impact in ("high", "HIGH", "urgent")]
    first, again, other = (service.post(event, path="/v1/tickets/T-1/events") for event in events)
    assert (first.json()["changed"], again.json()["changed"]) == (True, False)
    problem(other, 409, 'T-1: the event "e-1" is recorded as impact_changed to high already')


@pytest.mark.parametrize("kind", ["replied", "updated", "resolved"])
def test_a_resolved_ticket_takes_no_more_events_until_it_is_reopened(service: Service, kind: str) -> None:
    service.post(ticket_body(impact="low"))
    service.post({"kind": "resolved"}, path="/v1/tickets/T-1/events")
    answer = service.post({"kind": kind}, path="/v1/tickets/T-1/events")
    if kind == "resolved":
        assert (answer.json()["changed"], answer.json()["message"]) == (False, "T-1 is resolved already.")
    else:
        problem(answer, 422, "T-1 is resolved; reopen it first")
    assert service.post({"kind": "reopened"}, path="/v1/tickets/T-1/events").json()["state"] == "open"


def test_explain_says_what_would_happen_and_stores_nothing(service: Service) -> None:
    asked: dict[str, Any] = {"plan": "Standard", "impact": "Critical", "at": "2027-01-09T03:12:00-05:00"}
    answer = service.post(asked, path="/v1/explain").json()
    assert (answer["action"], answer["engineer"], answer["plan"], answer["impact"]) == (
        "page",
        "ana",
        "standard",
        "urgent",
    )
    assert [(step["at"][11:16], step["notify"], step["engineer"], step["channel"]) for step in answer["steps"]] == [
        ("03:12", "primary", "ana", "sms"),
        ("03:17", "primary", "ana", "sms"),
        ("03:22", "secondary", "ben", "sms"),
        ("03:32", "manager", "mei", "sms"),
    ]
    assert service.call("GET", "/v1/tickets").json()["tickets"] == []


def test_a_provider_that_fails_after_taking_a_page_gets_it_once(service: Service) -> None:
    from doubles.twilio_faults import reset

    service.twilio.script(reset(accept=True))
    service.post(ticket_body())
    service.until(lambda: service.ticket()["attempts"][0]["provider_id"] is not None)
    assert len(service.twilio.messages) == 1


def test_fields_that_nothing_reads_are_left_out_and_named(service: Service) -> None:
    answer = service.post({**ticket_body(), "opend_at": "2027-01-09T03:00:00-05:00", "tags": ["vip"]}).json()
    assert answer["warnings"] == [
        '"opend_at" is not a known field and was left out; did you mean "opened_at"?',
        '"tags" is not a known field and was left out.',
    ]
    assert service.ticket()["notes"] == answer["warnings"]
    assert service.post(ticket_body()).json() == answer


def test_a_help_desk_that_sends_all_it_has_is_told_of_the_first_fields(service: Service) -> None:
    warnings = service.post({**ticket_body(), **{f"custom_{number}": 1 for number in range(500)}}).json()["warnings"]
    assert (len(warnings), warnings[-1]) == (21, "480 more fields that are not known were left out.")


@pytest.mark.slow
def test_a_ticket_with_known_fields_alone_has_no_warning(service: Service) -> None:
    assert "warnings" not in service.post(ticket_body(url="https://desk/1", contact="kim")).json()


def test_a_missing_field_is_told_with_what_was_perhaps_written_instead(service: Service) -> None:
    body = {**ticket_body(), "impcat": "urgent"}
    del body["impact"]
    problem(service.post(body), 422, 'impact: missing; "impcat" is not known, did you mean impact?')


def test_an_impact_that_its_own_triage_contradicts_holds_and_is_flagged(service: Service) -> None:
    answer = service.post({**ticket_body(impact="normal"), "triage": {"down": True, "dwon": True}}).json()
    assert answer["warnings"] == [
        '"triage.dwon" is not a known field and was left out; did you mean "triage.down"?',
        "The impact normal is used, although the triage points to urgent: "
        "The product is down or cannot be worked with.",
    ]
    answer = service.post({**ticket_body("T-2", impact="urgent"), "triage": {"users": "some"}}).json()
    assert answer["warnings"] == [
        "The impact urgent is used; its triage cannot be used: users: write how many are hit, or many or few."
    ]


def test_each_bad_answer_of_a_triage_is_a_field_of_the_ticket(service: Service) -> None:
    body = {**ticket_body(), "triage": {"down": "yes", "users": "some"}}
    del body["impact"]
    words = "triage.users: write how many are hit, or many or few; triage.down: write true or false"
    found = problem(service.post(body), 422, words)
    assert [error["field"] for error in found["errors"]] == ["triage.users", "triage.down"]


@pytest.mark.parametrize(
    ("path", "body", "warnings"),
    [
        (
            "/v1/tickets/T-1/events",
            {"kind": "acknowledged", "impact": "high", "bye": 1},
            [
                '"bye" is not a known field and was left out; did you mean "by"?',
                '"impact" is only for impact_changed and was ignored.',
            ],
        ),
        ("/v1/triage", {"dwon": True}, ['"dwon" is not a known field and was left out; did you mean "down"?']),
        (
            "/v1/explain",
            {"plan": "standard", "impact": "high", "when": 1},
            ['"when" is not a known field and was left out.'],
        ),
    ],
)
def test_every_call_names_the_fields_that_it_left_out(
    service: Service, path: str, body: dict[str, Any], warnings: list[str]
) -> None:
    service.post(ticket_body())
    assert service.post(body, path=path, by="mei").json()["warnings"] == warnings


@pytest.mark.parametrize(
    ("model", "fields"), [("TicketBody", TICKET_FIELDS), ("EventBody", EVENT_FIELDS), ("TriageBody", QUESTIONS)]
)
def test_the_fields_that_are_known_are_those_that_are_described(
    quiet: Service, model: str, fields: tuple[str, ...]
) -> None:
    schemas = quiet.call("GET", "/openapi.json").json()["components"]["schemas"]
    assert sorted(schemas[model]["properties"]) == sorted(fields)
