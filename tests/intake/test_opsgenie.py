"""Opsgenie's alert API: its own client on loopback."""

from __future__ import annotations

from typing import Any

import httpx
import opsgenie_sdk
import pytest

from oncall.paging.ports.callers import CallerRole
from tests.web.access.test_permissions import add_token
from tests.web.service import Service


def alerts(service: Service, key: str = "zendesk") -> Any:
    """Opsgenie's client; it has no types."""
    settings = opsgenie_sdk.configuration.Configuration()
    settings.host, settings.retry_enabled = service.address, False
    settings.api_key["Authorization"] = key
    return opsgenie_sdk.AlertApi(opsgenie_sdk.api_client.ApiClient(configuration=settings))


def create(service: Service, alias: str, **more: Any) -> Any:
    body = opsgenie_sdk.CreateAlertPayload(message="Acme: checkout down", alias=alias, priority="P1", **more)
    return alerts(service).create_alert(create_alert_payload=body)


def test_the_real_client_opens_a_ticket_once_and_closes_it(shared: Service) -> None:
    for _ in range(2):
        answer = create(shared, "og-1", details={"customer": "Acme Ltd"}, tags=["vip", "db"])
        assert answer.result == "Request will be processed"
    ticket = shared.ticket("og-og-1")
    assert (ticket["ticket"]["impact"], ticket["ticket"]["customer"]) == ("urgent", "Acme Ltd")
    assert sum(one["kind"] == "step_fired" for one in ticket["events"]) == 1
    closing = opsgenie_sdk.CloseAlertPayload(user="ana", note="restarted")
    alerts(shared).close_alert(identifier="og-1", identifier_type="alias", close_alert_payload=closing)
    ticket = shared.ticket("og-og-1")
    assert ticket["state"] == "resolved"
    assert ticket["events"][-1]["why"] == "closed in Opsgenie by ana: restarted"


def test_the_real_client_reads_what_became_of_its_request_and_closes_by_id(shared: Service) -> None:
    answer = create(shared, "og-2")
    status = alerts(shared).get_request_status(request_id=answer.request_id)
    assert (status.data.is_success, status.data.alert_id) == (True, "og-og-2")
    alerts(shared).close_alert(identifier="og-og-2", identifier_type="id")
    assert shared.ticket("og-og-2")["state"] == "resolved"
    with pytest.raises(opsgenie_sdk.exceptions.ApiException) as refused:
        alerts(shared, "mei").get_request_status(request_id=answer.request_id)
    assert refused.value.status == 404


def test_an_acknowledgement_takes_the_ticket_only_with_the_right_and_a_person(shared: Service) -> None:
    add_token(shared, "geniebridge", CallerRole.INTAKE, may_acknowledge=True)
    create(shared, "og-3")
    payload = opsgenie_sdk.AcknowledgeAlertPayload(user="ana@example.com")
    alerts(shared).acknowledge_alert(identifier="og-3", identifier_type="alias", acknowledge_alert_payload=payload)
    assert shared.ticket("og-og-3")["state"] == "open"
    body = opsgenie_sdk.CreateAlertPayload(message="Down", alias="og-4", priority="P1")
    bridge = alerts(shared, "geniebridge")
    bridge.create_alert(create_alert_payload=body)
    person = shared.store.read(lambda tx: tx.schedule()).people["ana"]
    payload = opsgenie_sdk.AcknowledgeAlertPayload(user=person.email or person.name)
    bridge.acknowledge_alert(identifier="og-4", identifier_type="alias", acknowledge_alert_payload=payload)
    assert shared.ticket("og-og-4")["state"] == "acknowledged"


@pytest.mark.parametrize(
    "alias", ["a/b", "what?", "50%", "100%2F", "x#y", " two  words ", "Zürich", "/", "a/close", "line\nbreak"]
)
def test_an_alias_with_any_letters_names_its_alert(shared: Service, alias: str) -> None:
    create(shared, alias)
    payload = opsgenie_sdk.AcknowledgeAlertPayload(user="ana")
    alerts(shared).acknowledge_alert(identifier=alias, identifier_type="alias", acknowledge_alert_payload=payload)
    (opened,) = shared.store.read(lambda tx: tx.arrivals(limit=2))[1].tickets
    assert shared.ticket(opened)["state"] == "open"
    assert shared.ticket(opened)["events"][-1]["kind"] == "noted"
    alerts(shared).close_alert(identifier=alias, identifier_type="alias")
    assert shared.ticket(opened)["state"] == "resolved"


def test_an_alias_that_a_client_does_not_escape_names_its_alert(shared: Service) -> None:
    create(shared, "disk /var/log")
    answer = shared.call("POST", "/v2/alerts/disk%20/var/log/close?identifierType=ALIAS", by="zendesk", json={})
    status = shared.call("GET", f"/v2/alerts/requests/{answer.json()['requestId']}", by="zendesk").json()["data"]
    assert shared.ticket(status["alertId"])["state"] == "resolved"


def test_an_alias_of_control_characters_is_logged_as_the_client_wrote_it(shared: Service) -> None:
    answer = shared.call("POST", "/v2/alerts/a%00b/close?identifierType=alias", by="zendesk", json={})
    assert answer.status_code == 202
    kept = shared.store.read(lambda tx: tx.arrivals(limit=1))[0]
    assert kept.path == "/v2/alerts/a%00b/close?identifierType=alias"


def test_a_text_that_alertmanager_updates_is_noted(shared: Service) -> None:
    create(shared, "og-texts")
    client = alerts(shared)
    for _ in range(2):
        body = opsgenie_sdk.UpdateAlertMessagePayload(message="[FIRING:2] checkout down")
        client.update_alert_message(identifier="og-texts", identifier_type="alias", update_alert_message_payload=body)
    text = opsgenie_sdk.UpdateAlertDescriptionPayload(description="two hosts")
    client.update_alert_description(
        identifier="og-texts", identifier_type="alias", update_alert_description_payload=text
    )
    notes = [one["why"] for one in shared.ticket("og-og-texts")["events"] if one["kind"] == "noted"]
    assert notes == [
        "Opsgenie reports the message: [FIRING:2] checkout down",
        "Opsgenie reports the description: two hosts",
    ]


def test_a_changed_priority_changes_the_impact_both_ways(shared: Service) -> None:
    client = alerts(shared)

    def change(priority: str, alias: str = "og-priority") -> str:
        body = opsgenie_sdk.UpdateAlertPriorityPayload(priority=priority)
        path = f"/v2/alerts/{alias}/priority?identifierType=alias"
        answer = shared.call("PUT", path, by="zendesk", json=body.to_dict())
        status = client.get_request_status(request_id=answer.json()["requestId"])
        return str(status.data.status)

    body = opsgenie_sdk.CreateAlertPayload(message="Slow", alias="og-priority", priority="P4")
    client.create_alert(create_alert_payload=body)
    assert change("P1") == "og-og-priority updated: the impact is urgent now"
    assert change("P1") == "og-og-priority updated: it is open already, so nobody is paged again"
    assert change("P3") == "og-og-priority updated: the impact is normal now"
    assert change("P1", "og-nothing") == "ignored: no ticket has this key"
    answer = shared.call("PUT", "/v2/alerts/og-priority/priority?identifierType=alias", by="zendesk", json={})
    assert answer.status_code == 422
    assert 'the body has no "priority" from P1 to P5' in answer.json()["detail"]


def test_an_alert_that_is_deleted_resolves_its_ticket(shared: Service) -> None:
    create(shared, "og/deleted")
    answer = alerts(shared).delete_alert(identifier="og/deleted", identifier_type="alias", user="ana")
    status = alerts(shared).get_request_status(request_id=answer.request_id).data
    ticket = shared.ticket(status.alert_id)
    assert (ticket["state"], ticket["events"][-1]["why"]) == ("resolved", "deleted in Opsgenie by ana")
    assert status.action == "Delete"


def test_an_assignment_is_noted_because_the_person_has_not_taken_the_ticket(shared: Service) -> None:
    create(shared, "og-assigned")
    payload = opsgenie_sdk.AssignAlertPayload(owner={"username": "ben@example.com"}, user="ana")
    alerts(shared).assign_alert(identifier="og-assigned", identifier_type="alias", assign_alert_payload=payload)
    ticket = shared.ticket("og-og-assigned")
    assert ticket["state"] == "open"
    assert ticket["events"][-1]["why"] == "Opsgenie reports assign to ben@example.com by ana"


def test_a_note_is_noted(shared: Service) -> None:
    create(shared, "og-5")
    note = opsgenie_sdk.AddNoteToAlertPayload(user="ana", note="looking")
    alerts(shared).add_note(identifier="og-5", identifier_type="alias", add_note_to_alert_payload=note)
    assert shared.ticket("og-og-5")["events"][-1]["why"] == "Opsgenie reports notes by ana: looking"


def test_a_wrong_key_is_refused(shared: Service) -> None:
    with pytest.raises(opsgenie_sdk.exceptions.AuthenticationException) as refused:
        alerts(shared, "wrong").create_alert(create_alert_payload=opsgenie_sdk.CreateAlertPayload(message="x"))
    assert refused.value.status == 401


def genie(service: Service, path: str, **more: Any) -> httpx.Response:
    return service.http.post(path, headers={"Authorization": "GenieKey zendesk"}, **more)


def test_an_alert_without_a_message_is_refused_and_kept(shared: Service) -> None:
    answer = genie(shared, "/v2/alerts", json={"priority": "P1"})
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        'the alert has no "message"; it is logged, and a person is told',
    )
    assert shared.store.read(lambda tx: tx.arrivals(limit=1))[0].status.value == "failed"


def test_an_unknown_action_and_an_unknown_alert(shared: Service) -> None:
    answer = genie(shared, "/v2/alerts/og-9/explode?identifierType=alias", json={})
    assert answer.status_code == 404
    assert genie(shared, "/v2/alerts/og-9/close?identifierType=alias").status_code == 202
