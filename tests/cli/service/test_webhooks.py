"""`oncall webhooks`: waiting and sent messages, on this machine and through a server."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oncall.paging.ports.relay import RelayMessage
from oncall.store.database import open_store
from tests.cli.conftest import Oncall
from tests.store.migrated_databases import write_migrated_file
from tests.web.service import Service

NOW = datetime(2027, 1, 9, 8, 12, tzinfo=UTC)
WAITS = RelayMessage("msg_b", "channel:team", "breaches", "T-1", 2, "secret body", NOW, NOW + timedelta(days=9999))
GIVEN_UP = RelayMessage("msg_a", "webhook:desk", "ticket.paged", "T-1", 1, "{}", NOW, None, sends=7, error="HTTP 500")
SENT = RelayMessage("msg_c", "webhook:desk", "ticket.accepted", "T-2", 3, "{}", NOW, None, sends=1, sent_at=NOW)


@pytest.fixture
def filled(oncall: Oncall, tmp_path: Path) -> Oncall:
    write_migrated_file(tmp_path / "oncall.db")
    with open_store(f"sqlite:///{tmp_path / 'oncall.db'}") as store:
        store.write(lambda tx: tx.add_relay_messages([WAITS, GIVEN_UP, SENT]))
    return oncall


def test_messages_are_listed_with_what_keeps_them_and_without_their_text(filled: Oncall) -> None:
    ran = filled("webhooks")
    assert "quarantined, sent 7 times: HTTP 500" in " ".join(ran.out.split())
    assert "secret body" not in ran.out
    found = json.loads(filled("webhooks", "--state", "waiting,quarantined", "--json").out)["webhooks"]
    assert [(each["id"], each["state"]) for each in found] == [("msg_b", "waiting"), ("msg_a", "quarantined")]
    assert json.loads(filled("webhooks", "--to", "webhook:desk", "--limit", "1", "--json").out)["webhooks"] == [
        {
            "id": "msg_c",
            "to": "webhook:desk",
            "type": "ticket.accepted",
            "state": "sent",
            "written_at": "2027-01-09T08:12:00+00:00",
            "sends": 1,
            "ticket": "T-2",
            "sent_at": "2027-01-09T08:12:00+00:00",
        }
    ]


def test_a_retried_message_waits_again(filled: Oncall) -> None:
    assert filled("webhooks", "retry", "msg_a").out == "msg_a to webhook:desk is sent again now.\n"
    found = json.loads(filled("webhooks", "--state", "quarantined", "--json").out)
    assert found == {"webhooks": [], "next": None}


def test_a_listing_goes_on_after_a_page(filled: Oncall) -> None:
    page = json.loads(filled("webhooks", "--limit", "1", "--json").out)
    assert filled("webhooks", "--limit", "1").err == f"There are more: --after {page['next']}\n"
    older = json.loads(filled("webhooks", "--limit", "9", "--after", page["next"], "--json").out)
    assert page["webhooks"][0]["id"] not in [each["id"] for each in older["webhooks"]]
    assert (len(older["webhooks"]) > 0, older["next"]) == (True, None)


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (("--after", "x"), 2, '"x" is no page; write the `next` of the page before'),
        (("retry", "msg_c"), 1, "msg_c has arrived already; it is not sent again"),
        (("retry", "nope"), 1, 'there is no message "nope"; `oncall webhooks` lists them'),
        (("--state", "late"), 2, '"late" is not a state; write waiting, sent or quarantined'),
    ],
)
def test_what_cannot_be_listed_or_retried_is_refused(
    filled: Oncall, command: tuple[str, ...], code: int, words: str
) -> None:
    ran = filled("webhooks", *command)
    assert (ran.code, ran.out) == (code, "")
    assert words in " ".join(ran.err.split())


def test_a_server_answers_the_same(tmp_path: Path, oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    with Service(tmp_path) as service:
        service.store.write(lambda tx: tx.add_relay_messages([GIVEN_UP, SENT]))
        monkeypatch.setenv("ONCALL_SERVER", service.address)
        monkeypatch.setenv("ONCALL_TOKEN", "mei")
        found = json.loads(oncall("webhooks", "--state", "quarantined", "--to", "webhook:desk", "--json").out)
        assert [each["id"] for each in found["webhooks"]] == ["msg_a"]
        assert json.loads(oncall("webhooks", "retry", "msg_a", "--json").out)["state"] == "waiting"
        assert "has arrived already" in oncall("webhooks", "retry", "msg_c").err


def test_an_empty_list_says_so(oncall: Oncall, tmp_path: Path) -> None:
    write_migrated_file(tmp_path / "oncall.db")
    ran = oncall("webhooks")
    assert (ran.code, ran.out, ran.err) == (0, "", "No messages to webhooks or team channels.\n")
