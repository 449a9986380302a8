"""A service that is killed: every alert that it accepted is stored, and no ticket is opened twice."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest

from bench.victims import Process, environment, publish
from doubles.twilio import TwilioDouble
from oncall.paging.ports.records import TicketFilter
from oncall.store.database import open_store
from tests.intake.test_alertmanager import alert, body


@pytest.mark.slow
def test_no_alert_is_lost_and_none_opens_two_tickets_when_the_service_is_killed(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'oncall.db'}"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address, twilio = f"http://127.0.0.1:{port}", TwilioDouble()
    twilio.start()
    settings = environment(database, twilio)
    token = publish(tmp_path, settings)
    service = Process(["serve", "--port", str(port)], settings, tmp_path / "serve.log", address)
    accepted = set()
    try:
        for life in range(2):
            service.start()
            for number in range(30):
                # Each alert comes twice, the second time after the crash.
                key = f"k{number}"
                answer = httpx.post(
                    f"{address}/webhooks/alertmanager",
                    json=body(alert(key, severity="info"), alert(f"{life}-{key}", severity="info")),
                    headers={"Authorization": f"Bearer {token}"},
                )
                assert answer.status_code == 202
                accepted |= {one["ticket"] for one in answer.json()["signals"]}
            service.kill()
    finally:
        service.kill()
        twilio.close()
    with open_store(database) as store:
        stored = [one.ticket.id for one in store.read(lambda tx: tx.tickets(TicketFilter(limit=1000)))]
    assert len(accepted) == 90
    assert sorted(stored) == sorted(accepted)
