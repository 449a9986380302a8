"""Help desks over HTTP: Zendesk's triggers and events, and JSON by mapping files, from the request to the page."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from oncall.wiring.intake_settings import IntakeSettings
from tests.intake.test_zendesk import event, trigger
from tests.web.service import Service, problem

SAMPLES = Path(__file__).parents[2] / "mappings" / "samples"
SECRET, JIRA_SECRET = "zendesk-signing-secret", "jira-signing-secret"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service without signing secrets: every help desk needs a token."""
    with Service(tmp_path_factory.mktemp("desk"), is_each_urgent_page_alone=True) as running:
        yield running


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that has the signing secrets of Zendesk and Jira."""
    folder = tmp_path_factory.mktemp("signing")
    secrets = {"zendesk": (SECRET,), "jira": ("old", JIRA_SECRET)}
    with Service(folder, is_each_urgent_page_alone=True, intake=IntakeSettings(signing_secrets=secrets)) as running:
        yield running


def post(service: Service, raw: bytes, path: str = "/webhooks/zendesk", **headers: str) -> httpx.Response:
    return service.call("POST", path, by="zendesk", content=raw, headers=headers)


def became(answer: httpx.Response) -> list[tuple[str | None, str]]:
    assert answer.status_code == 202, answer.text
    return [(one["ticket"], one["became"]) for one in answer.json()["signals"]]


def kinds(service: Service, ticket: str) -> list[str]:
    return [one["kind"] for one in service.ticket(ticket)["events"]]


def impact(service: Service, ticket: str) -> str:
    """Return the present impact of a ticket."""
    found = service.store.read(lambda tx: tx.ticket(ticket))
    assert found is not None
    return found.impact


def test_a_trigger_of_zendesk_pages_once(desk: Service) -> None:
    assert became(post(desk, trigger(id="1"))) == [("zd-1", "opened")]
    assert became(post(desk, trigger(id="1"))) == [("zd-1", "updated")]
    assert kinds(desk, "zd-1").count("step_fired") == 1
    found = desk.ticket("zd-1")["ticket"]
    assert (found["customer"], found["plan"], found["impact"]) == ("Acme Ltd", "business-critical", "urgent")


def test_a_lower_priority_of_zendesk_lowers_the_impact(desk: Service) -> None:
    post(desk, trigger(id="2"))
    assert became(post(desk, trigger(id="2", priority="Low"))) == [("zd-2", "updated")]
    assert impact(desk, "zd-2") == "low"


def test_an_engineers_impact_stays_when_zendesk_repeats_its_own(desk: Service) -> None:
    post(desk, trigger(id="3", priority="High"))
    desk.call("POST", "/v1/tickets/zd-3/events", by="ana", json={"kind": "impact_changed", "impact": "urgent"})
    post(desk, trigger(id="3", priority="High"))
    assert impact(desk, "zd-3") == "urgent"


def test_a_trigger_without_a_priority_has_the_policys_impact_and_says_so(desk: Service) -> None:
    post(desk, trigger(id="4", priority="-"))
    reasons = desk.ticket("zd-4")["verdict"]["reasons"]
    assert any("No known severity is given" in reason for reason in reasons)


def test_the_plan_of_an_unknown_customer_may_be_a_tag(desk: Service) -> None:
    post(desk, trigger(id="5", plan="-", organization="Nobody Inc", tags="vip business_critical"))
    assert desk.ticket("zd-5")["ticket"]["plan"] == "business-critical"


def test_a_solved_ticket_is_resolved_and_opens_again_with_a_later_state(desk: Service) -> None:
    post(desk, trigger(id="6", updated_at="2027-01-09T08:12:00Z"))
    assert became(post(desk, trigger(id="6", status="Solved", updated_at="2027-01-09T08:14:00Z"))) == [
        ("zd-6", "resolved")
    ]
    assert became(post(desk, trigger(id="6", updated_at="2027-01-09T08:13:00Z"))) == [("zd-6", "ignored")]
    assert desk.ticket("zd-6")["state"] == "resolved"
    assert became(post(desk, trigger(id="6", updated_at="2027-01-09T08:15:00Z"))) == [("zd-6", "updated")]
    assert "reopened" in kinds(desk, "zd-6")


def test_a_title_that_breaks_the_json_pages_and_is_kept_for_a_person(desk: Service) -> None:
    answer = post(
        desk, b'{"ticket": {"id": "7", "title": "say "hello" now", "priority": "Urgent", "plan": "standard"}}'
    )
    assert became(answer) == [("zd-7", "opened")]
    assert answer.json()["status"] == "kept"
    assert "step_fired" in kinds(desk, "zd-7")


@pytest.mark.parametrize("raw", [b"", b"hello", b"[1]", b'{"ticket": {}}', b"\xff\xfe", b"[" * 50_000])
def test_a_body_that_names_no_ticket_is_kept_and_not_sent_again(desk: Service, raw: bytes) -> None:
    answer = post(desk, raw)
    assert (answer.status_code, answer.json()["status"], answer.json()["signals"]) == (202, "kept", [])


def test_events_of_zendesk_follow_the_ticket(desk: Service) -> None:
    assert became(post(desk, event("created", priority="NORMAL", id="81"))) == [("zd-81", "opened")]
    assert became(post(desk, event("priority_changed", id="81"))) == [("zd-81", "updated")]
    assert impact(desk, "zd-81") == "urgent"
    comment = {
        "comment": {"body": "any news?", "is_public": True, "author": {"id": "8447388090494", "is_staff": False}}
    }
    assert became(post(desk, event("comment_added", comment, id="81"))) == [("zd-81", "recorded")]
    assert became(post(desk, event("comment_added", comment, id="81"))) == [("zd-81", "ignored")]
    assert kinds(desk, "zd-81").count("customer_replied") == 1
    assert became(post(desk, event("soft_deleted", id="81", status="DELETED"))) == [("zd-81", "resolved")]


def test_an_older_event_that_comes_later_changes_nothing(desk: Service) -> None:
    post(desk, event("priority_changed", id="82", priority="LOW", updated_at="2027-01-09T08:20:00Z"))
    late = event("created", id="82", priority="URGENT", updated_at="2027-01-09T08:10:00Z")
    assert became(post(desk, late)) == [("zd-82", "ignored")]
    assert impact(desk, "zd-82") == "low"


def test_a_ticket_that_was_solved_before_its_creation_came_pages_nobody(desk: Service) -> None:
    solved = event("status_changed", {"current": "SOLVED"}, id="83", status="SOLVED", updated_at="2027-01-09T08:20:00Z")
    post(desk, solved)
    late = event("created", id="83", updated_at="2027-01-09T08:10:00Z")
    assert became(post(desk, late)) == [(None, "ignored")]


def test_a_comment_on_a_ticket_that_is_not_known_opens_none(desk: Service) -> None:
    assert became(post(desk, event("comment_added", {"comment": {"body": "hi"}}, id="84"))) == [(None, "ignored")]


def test_a_merged_ticket_goes_into_the_other_one(desk: Service) -> None:
    post(desk, event("created", id="85"))
    post(desk, event("created", id="86"))
    answer = post(desk, event("merged", {"target_ticket_id": "85"}, id="86"))
    assert became(answer)[0] == ("zd-86", "recorded")
    assert (desk.ticket("zd-86")["state"], desk.ticket("zd-85")["state"]) == ("resolved", "open")


def test_an_event_of_an_unknown_kind_is_taken_and_ignored(desk: Service) -> None:
    answer = post(desk, event("tags_changed", id="87"))
    assert (answer.status_code, answer.json()["status"], answer.json()["signals"]) == (202, "accepted", [])


def test_a_second_request_with_the_same_invocation_changes_nothing(desk: Service) -> None:
    once = {"X-Zendesk-Webhook-Invocation-Id": "01F1KRFQ6BG29CNWFR60NK5FNY"}
    post(desk, trigger(id="9", status="Solved"), **once)
    post(desk, trigger(id="9"))
    answer = post(desk, trigger(id="9", status="Solved"), **once)
    assert became(answer) == [(None, "ignored")]
    assert desk.ticket("zd-9")["state"] == "open"


@pytest.mark.parametrize(
    "path", ["/webhooks/zendesk", "/webhooks/json/jira", "/webhooks/json/freshdesk", "/webhooks/json/x"]
)
def test_a_help_desk_without_a_token_is_refused(desk: Service, path: str) -> None:
    with httpx.Client(base_url=desk.address) as client:
        assert client.post(path, content=trigger()).status_code == 401
        assert client.post(path, content=trigger(), headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_zendesk_may_use_basic_authentication(desk: Service) -> None:
    with httpx.Client(base_url=desk.address, auth=("anything", "zendesk")) as client:
        assert became(client.post("/webhooks/zendesk", content=trigger(id="10"))) == [("zd-10", "opened")]


def test_a_body_of_ten_mib_is_refused_and_its_beginning_kept(desk: Service) -> None:
    answer = post(desk, b" " * (2 * 1024 * 1024))
    assert answer.status_code == 413


def signed(service: Service, raw: bytes, *, secret: str = SECRET, at: datetime | None = None) -> httpx.Response:
    timestamp = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hmac.new(secret.encode(), timestamp.encode() + raw, hashlib.sha256).digest()
    headers = {
        "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": timestamp,
    }
    with httpx.Client(base_url=service.address) as client:
        return client.post("/webhooks/zendesk", content=raw, headers=headers)


def test_a_signature_of_zendesk_needs_no_token(signing: Service) -> None:
    assert became(signed(signing, trigger(id="20"))) == [("zd-20", "opened")]
    assert signing.ticket("zd-20")["events"][0]["by"] == "zendesk"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"secret": "other"}, "the signature does not match"),
        (
            {"at": datetime(2021, 3, 25, 5, 9, 27, tzinfo=UTC)},
            "the request was signed more than 15 minutes ago, or its sender's clock is wrong",
        ),
    ],
)
def test_a_wrong_or_old_signature_is_refused(signing: Service, changes: dict[str, Any], said: str) -> None:
    problem(signed(signing, trigger(id="21"), **changes), 401, said)


def test_a_token_does_not_replace_a_signature_that_the_server_can_check(signing: Service) -> None:
    problem(
        post(signing, trigger(id="22")), 401, "the signature in x-zendesk-webhook-signature is missing or malformed"
    )


def test_a_mapping_checks_its_senders_signature(signing: Service) -> None:
    raw = (SAMPLES / "jira-created.json").read_bytes()
    digest = hmac.new(JIRA_SECRET.encode(), raw, hashlib.sha256).hexdigest()
    with httpx.Client(base_url=signing.address) as client:
        good = client.post("/webhooks/json/jira", content=raw, headers={"X-Hub-Signature": f"sha256={digest}"})
        bad = client.post("/webhooks/json/jira", content=raw + b" ", headers={"X-Hub-Signature": f"sha256={digest}"})
    assert became(good) == [("SUP-42", "opened")]
    problem(bad, 401, "the signature does not match")
    assert signing.ticket("SUP-42")["ticket"]["impact"] == "urgent"


def test_a_mapped_webhook_opens_comments_on_and_ends_its_ticket(desk: Service) -> None:
    answers = [
        became(post(desk, (SAMPLES / f"jira-{name}.json").read_bytes(), "/webhooks/json/jira"))
        for name in ("created", "comment", "comment", "done")
    ]
    assert answers == [[("SUP-42", one)] for one in ("opened", "recorded", "ignored", "resolved")]
    assert kinds(desk, "SUP-42").count("customer_replied") == 1


def test_a_mapping_that_is_not_there_is_not_found(desk: Service) -> None:
    answer = post(desk, b"{}", "/webhooks/json/nothing")
    problem(answer, 404, "no mapping has this name; see `oncall intake test --help`")


@pytest.mark.parametrize("raw", [b"hello", b"{}", b"[]", json.dumps({"issue": {"key": "a b"}}).encode()])
def test_a_body_that_no_mapping_understands_is_kept(desk: Service, raw: bytes) -> None:
    answer = post(desk, raw, "/webhooks/json/freshdesk")
    assert (answer.status_code, answer.json()["status"]) == (202, "kept")
