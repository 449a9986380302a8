"""Debian's prometheus-blackbox-exporter on loopback: a target that answers, one that does not, and no exporter."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from oncall.channels.blackbox import probe_all
from oncall.status.observations import Seen

pytestmark = pytest.mark.system_packages

CONFIG = """
modules:
  tcp: {prober: tcp, timeout: 2s}
  http_2xx: {prober: http, timeout: 2s, http: {preferred_ip_protocol: ip4}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def exporter(tmp_path: Path) -> Iterator[str]:
    """Start the exporter; return its address."""
    config, address = tmp_path / "blackbox.yml", f"127.0.0.1:{free_port()}"
    config.write_text(CONFIG)
    command = ["prometheus-blackbox-exporter", f"--config.file={config}", f"--web.listen-address={address}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            with httpx.Client(transport=httpx.HTTPTransport(retries=10)) as client:
                assert client.get(f"http://{address}/-/healthy").status_code == 200
            yield f"http://{address}"
        finally:
            running.terminate()


def test_the_exporter_sees_what_is_up_and_what_is_down_and_an_absent_one_sees_nothing(exporter: str) -> None:
    closed = f"127.0.0.1:{free_port()}"
    host = exporter.removeprefix("http://")
    addresses = {
        "up": f"{exporter}/probe?target={host}&module=tcp",
        "web": f"{exporter}/probe?target={quote(f'{exporter}/-/healthy', safe='')}&module=http_2xx",
        "down": f"{exporter}/probe?target={closed}&module=tcp",
        "no-module": f"{exporter}/probe?target={host}&module=nope",
        "absent": f"http://{closed}/probe?target={host}&module=tcp",
    }
    assert asyncio.run(probe_all(addresses)) == {
        "up": Seen.UP,
        "web": Seen.UP,
        "down": Seen.DOWN,
        "no-module": Seen.SILENT,
        "absent": Seen.SILENT,
    }
