"""Debian's Alertmanager on loopback: its webhook, its PagerDuty receiver and its Opsgenie receiver."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.web.service import Service

pytestmark = pytest.mark.system_packages

RECEIVERS = {
    "am": """
    webhook_configs:
      - url: ADDRESS/webhooks/alertmanager
        http_config: {authorization: {type: Bearer, credentials: zendesk}}
""",
    "pd": """
    pagerduty_configs:
      - routing_key: zendesk
        url: ADDRESS/v2/enqueue
        severity: '{{ .CommonLabels.severity }}'
""",
    "og": """
    opsgenie_configs:
      - api_key: zendesk
        api_url: ADDRESS/
        priority: P1
        details: {customer: '{{ .CommonLabels.customer }}'}
""",
}
CONFIG = """
route: {receiver: oncall, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 4h}
receivers:
  - name: oncall
"""


class Alertmanager:
    """A running Alertmanager."""

    def __init__(self, address: str) -> None:
        self._address = address

    def send(self, name: str, *, is_over: bool = False) -> None:
        """Post an alert, as Prometheus does."""
        now = datetime.now(UTC)
        alert = {
            "labels": {"alertname": name, "severity": "critical", "customer": "Acme Ltd"},
            "annotations": {"summary": f"{name} fires"},
            "startsAt": (now - timedelta(minutes=2)).isoformat(),
            "endsAt": (now - timedelta(seconds=1) if is_over else now + timedelta(hours=1)).isoformat(),
        }
        assert httpx.post(f"{self._address}/api/v2/alerts", json=[alert]).status_code == 200


@contextmanager
def alertmanager(folder: Path, config: str, service: Service) -> Iterator[Alertmanager]:
    (folder / "config.yml").write_text(config, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["prometheus-alertmanager", f"--config.file={folder / 'config.yml'}", f"--storage.path={folder / 'data'}"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="]
    address = f"http://127.0.0.1:{port}"
    with (folder / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as running:
        try:
            service.until(lambda: _answers(address))
            yield Alertmanager(address)
        finally:
            running.terminate()


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/-/ready").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("receiver", RECEIVERS)
def test_an_alert_pages_once_and_its_end_resolves_the_ticket(receiver: str, tmp_path: Path, service: Service) -> None:
    config = CONFIG + RECEIVERS[receiver].strip("\n").replace("ADDRESS", service.address)
    with alertmanager(tmp_path, config, service) as sender:
        sender.send("CheckoutDown")
        service.until(lambda: len(_tickets(service)) == 1)
        ((ticket, state),) = _tickets(service)
        assert (ticket.startswith(f"{receiver}-"), state) == (True, "open")
        found = service.ticket(ticket)
        assert (found["ticket"]["customer"], found["ticket"]["impact"]) == ("Acme Ltd", "urgent")
        sender.send("CheckoutDown", is_over=True)
        service.until(lambda: _tickets(service) == [(ticket, "resolved")])
    assert sum(one["kind"] == "step_fired" for one in service.ticket(ticket)["events"]) == 1


def _tickets(service: Service) -> list[tuple[str, str]]:
    listed = service.call("GET", "/v1/tickets").json()["tickets"]
    return [(one["id"], one["state"]) for one in listed]
