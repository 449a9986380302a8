"""Durations and calls for an operator, as Prometheus reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from doubles.twilio_faults import refuse
from oncall.paging.sending.engine import Engine
from oncall.web.server.metrics import Metrics
from tests.paging.world import World, ticket_body
from tests.web.api.test_probes import metrics
from tests.web.service import Service


@pytest.fixture
def prompt_service(tmp_path: Path) -> Iterator[Service]:
    """A service whose policy sends each urgent page at once and alone."""
    with Service(tmp_path, is_each_urgent_page_alone=True) as running:
        yield running


def test_the_times_to_acceptance_delivery_and_acknowledgement_are_measured(prompt_service: Service) -> None:
    service = prompt_service
    service.post(ticket_body())
    (message,) = service.twilio.wait_for_messages(1)
    service.until(lambda: service.ticket()["attempts"][0]["status"] == "accepted")
    service.twilio.deliver(message.sid, "delivered")
    service.twilio.inbound(message.to, "ACK", f"{service.address}/webhooks/twilio/sms")
    service.post(ticket_body("T-2"))
    service.call("POST", "/v1/tickets/T-2/events", json={"kind": "acknowledged"})
    service.until(lambda: metrics(service)["oncall_page_accepted_seconds_count",] == 2)
    counted = metrics(service)
    assert counted["oncall_page_delivered_seconds_count",] == 1
    assert counted["oncall_ticket_acknowledged_seconds_count",] == 2
    assert 0 <= counted["oncall_ticket_acknowledged_seconds_sum",] < 60
    # Each pass of the engine measures it again.
    service.until(lambda: metrics(service)["oncall_queue_age_seconds",] == 0)


def test_an_account_that_the_provider_refuses_is_counted_as_an_alarm(service: Service) -> None:
    service.twilio.rule(refuse(401, 20003))
    service.post(ticket_body())
    service.until(lambda: metrics(service)["oncall_alarms_total", "operator"] >= 1)
    ready = service.call("GET", "/readyz")
    assert ready.status_code == 503
    assert "the credentials are wrong or revoked" in ready.json()["problems"][0]


def test_pages_that_go_in_one_message_are_counted(tmp_path: Path) -> None:
    world, registry = World(tmp_path), CollectorRegistry()
    world.publish()
    for name in ("T-1", "T-2", "T-3"):
        world.post(name, impact="high", plan="business-critical")

    async def look() -> None:
        engine = Engine(
            store=world.store,
            channels={"sms": world.phones},
            clock=world.clock,
            worker="test",
            observer=Metrics(registry),
        )
        await engine.run_once()
        await engine.settle()

    asyncio.run(look())
    world.expect_page("ana", containing=" And 2 more: ")
    world.close()
    assert registry.get_sample_value("oncall_bundles_total") == 1
    assert registry.get_sample_value("oncall_bundled_pages_total") == 3
