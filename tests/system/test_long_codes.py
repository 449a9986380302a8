"""When three-character codes run out, longer ones arrive and acknowledge their tickets."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest

from bench.victims import NIGHT, Process, environment, poster, publish
from doubles.loopback import free_port
from doubles.twilio import TwilioDouble
from oncall.paging.domain.ticket import StoredTicket, Ticket, TicketStatus
from oncall.paging.outgoing.codes import ALPHABET, is_code, room
from oncall.paging.ports.store import Transaction
from oncall.store.database import open_store
from tests.paging.world import ticket_body

ANA = "+13055550101"
RECEIVED_AT = datetime.fromisoformat(NIGHT).astimezone(UTC) - timedelta(days=1)
SHORT = [code for letters in itertools.product(ALPHABET, repeat=3) if is_code(code := "".join(letters))]


def holding(code: str) -> StoredTicket:
    """Return an owned ticket that holds this code."""
    ticket = Ticket(f"OLD-{code}", "Acme Ltd", "standard", "normal", "Slow")
    taken = TicketStatus.ACKNOWLEDGED
    return StoredTicket(ticket, None, code, RECEIVED_AT, taken, ticket.impact, "page", owner="ana")


def _add(tickets: Sequence[StoredTicket], tx: Transaction) -> None:
    for ticket in tickets:
        tx.add_ticket(ticket)


def take_every_short_code(url: str) -> None:
    with open_store(url) as store:
        store.write(partial(_add, [holding(code) for code in SHORT]))


@pytest.mark.slow
@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
def test_codes_of_four_characters_arrive_and_acknowledge_by_a_signed_reply(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    is_file = database == "SQLite"
    url = f"sqlite:///{tmp_path}/oncall.db" if is_file else str(request.getfixturevalue("empty_postgres"))
    assert len(SHORT) == room(3)
    with TwilioDouble() as twilio:
        settings = environment(url, twilio)
        token = publish(tmp_path, settings)
        take_every_short_code(url)
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        service = Process(["serve", "--port", str(port)], settings, tmp_path / "serve.log", address)
        service.start()
        try:
            with poster(address, token) as post:
                assert all(post(ticket_body(name)) for name in ("U-1", "U-2"))
            codes = [message.body.rsplit(" ", 1)[1] for message in twilio.wait_for_messages(2)]
            webhook = f"{address}/webhooks/twilio/sms"
            answers = [twilio.inbound(ANA, words, webhook) for words in (f"ACK {codes[0]}", codes[1].lower(), "WHO")]
            headers = {"Authorization": f"Bearer {token}"}
            unknown = twilio.inbound(ANA, "ACK 2222", webhook) if "2222" not in codes else None
            again = httpx.post(f"{address}/v1/tickets", json=ticket_body("U-1"), headers=headers)
        finally:
            service.stop()
    assert [len(code) for code in codes] == [4, 4]
    named = [message.body.split()[1] for message in twilio.messages[:2]]
    assert answers[0] == f"{named[0]} is yours. Still open: {named[1]} ({codes[1]})."
    assert answers[1] == f"{named[1]} is yours."
    assert again.json()["page"]["code"] in codes
    assert unknown is None or unknown.startswith("NOT acknowledged: no open ticket has the code 2222.")
    with open_store(url) as store:
        taken = store.read(lambda tx: [tx.ticket(name) for name in ("U-1", "U-2")])
    assert [(one.status, one.owner) for one in taken if one is not None] == [(TicketStatus.ACKNOWLEDGED, "ana")] * 2
