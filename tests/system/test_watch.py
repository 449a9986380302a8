"""A running service that watches itself: /readyz turns red, an alarm is posted, and the heartbeat falls silent."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from oncall.channels.alarm import AlarmPost
from oncall.paging.actions.intake import accept
from oncall.paging.actions.posted_ticket import parse_ticket
from oncall.paging.domain.pager_events import StepFired
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.store.database import open_store
from tests.paging.world import SATURDAY_NIGHT, ticket_body
from tests.system.listener import Listener
from tests.web.service import PATIENCE_SECONDS, Service


def metrics(service: Service) -> dict[tuple[str, ...], float]:
    """Every sample by its name and label values."""
    answer = service.call("GET", "/metrics", by=None)
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_a_pager_that_is_well_beats_for_the_dead_mans_switch_and_complains_of_nothing(tmp_path: Path) -> None:
    with capture_logs() as logs, Listener() as switch, Service(tmp_path, heartbeat_url=switch.url):
        switch.wait(beats=1)
        assert switch.beats == 1
    assert [each for each in logs if each.get("action") == "heartbeat_withheld"] == []


def test_a_step_that_nobody_fires_turns_readyz_red_and_calls_an_operator(tmp_path: Path) -> None:
    with Listener() as operator:
        service = Service(tmp_path, alarm_url=operator.url)
        store_a_late_ticket(service.file)
        with service:
            operator.wait(posted=1)
            (alarm,) = operator.posted
            assert (alarm["alarm"], alarm["count"], alarm["overdue"][0]["ticket"]) == ("audit_overdue", 1, "T-1")
            ready = service.call("GET", "/readyz", by=None)
            assert ready.status_code == 503
            (problem,) = ready.json()["problems"]
            assert problem.startswith("overdue: T-1: its next step has been due for ")
            counted = metrics(service)
            assert (counted["oncall_audit_overdue",], counted["oncall_alarms_total", "audit"]) == (1, 1)
            service.until(lambda: metrics(service)["oncall_audit_pages", "accepted"] == 1)


def store_a_late_ticket(file: Path) -> None:
    """A ticket whose row says by mistake that nothing is owed, though its log has been owed a step since yesterday."""
    with open_store(f"sqlite:///{file}") as store:
        context = ActionContext("zendesk", SATURDAY_NIGHT, datetime.now(UTC))
        store.write(lambda tx: accept(tx, parse_ticket(ticket_body(), tx.policy(), context.now), context))
        fired = store.read(lambda tx: tx.events("T-1"))[-1]
        assert isinstance(fired, StepFired) and fired.following is not None
        late = replace(fired, following=replace(fired.following, due_at=SATURDAY_NIGHT - timedelta(days=1)))
        row = store.read(lambda tx: tx.ticket("T-1"))
        assert row is not None
        store.write(lambda tx: tx.append([late]))
        store.write(lambda tx: tx.update_ticket(replace(row, due_at=None)))


def test_an_alarm_that_nobody_takes_is_logged_and_never_stops_the_pager(capsys: pytest.CaptureFixture[str]) -> None:
    async def story(url: str) -> bool:
        post = AlarmPost(url)
        await post({"alarm": "audit_overdue"})
        heard = await post.beat()
        await post.close()
        return heard

    with Listener(status=500) as broken:
        assert asyncio.run(story(broken.url)) is False
        assert broken.posted == [{"alarm": "audit_overdue"}]
    assert asyncio.run(story("http://127.0.0.1:1/a-secret-path")) is False
    assert asyncio.run(story("http://127.0.0.1:none/a-secret-path")) is False
    logged = capsys.readouterr().out
    assert "HTTP 500" in logged
    assert "ConnectError" in logged
    assert "InvalidURL" in logged
    assert "a-secret-path" not in logged


def test_a_service_that_is_told_to_stop_does_not_wait_for_a_silent_dead_mans_switch(tmp_path: Path) -> None:
    with capture_logs() as logs, socket.create_server(("127.0.0.1", 0)) as switch:
        switch.settimeout(PATIENCE_SECONDS)
        with Service(tmp_path, heartbeat_url=f"http://127.0.0.1:{switch.getsockname()[1]}/a-secret-path"):
            connection, _ = switch.accept()
            assert connection.recv(4) == b"GET "
        connection.close()
    # Its deadline would have been logged as a failed heartbeat.
    assert [each["action"] for each in logs if str(each.get("action")).startswith("heartbeat")] == []
