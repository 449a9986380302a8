"""Programs that a bench runs, each in its own process: the service, the Twilio double, PostgreSQL."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from doubles.loopback import free_port
from doubles.postgres_servers import bundled_server, debian_server, has_debian_server

PATIENCE = 120.0


@contextmanager
def postgres() -> Iterator[str]:
    """Run a PostgreSQL server with one empty database: Debian's, with JIT on, or the Python package's without it."""
    if has_debian_server():
        with debian_server() as url:
            yield url
    else:
        with bundled_server() as server:
            yield server.url


def postgres_name() -> str:
    """Return which server `postgres` runs, for the table."""
    return "PostgreSQL" if has_debian_server() else "PostgreSQL (wheel, no JIT)"


@contextmanager
def program(
    command: Sequence[str], port: int, *, log: Path, environment: dict[str, str] | None = None
) -> Iterator[psutil.Process]:
    """Run a program until the context ends, and wait until it listens on `port`."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        wait_for_port(port, process)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def service(settings: dict[str, str], folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Run `oncall serve`. Yields its address and its process."""
    port = free_port()
    command = [sys.executable, "-m", "oncall.cli.main", "serve", "--port", str(port)]
    with program(command, port, log=folder / "serve.log", environment=settings) as process:
        yield f"http://127.0.0.1:{port}", process


class TwilioProcess:
    """The Twilio double in its own process, so that it does not share an interpreter with the load."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def ask(self, what: str) -> dict[str, Any]:
        """Return the double's answer to one of its control requests."""
        answer = httpx.post(f"{self.base_url}/_double/{what}", json={}, timeout=PATIENCE)
        return dict(answer.raise_for_status().json())

    def wait_for(self, messages: int, *, callbacks: int = 0, patience: float = PATIENCE) -> bool:
        """Wait until this many messages have arrived and this many callbacks ended. Return False when patience ends."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            counts = self.ask("counts")
            ended = counts["callbacks_taken"] + counts["callbacks_lost"]
            if counts["messages"] >= messages and ended >= callbacks:
                return True
            time.sleep(0.1)
        return False


@contextmanager
def twilio(folder: Path, *, receipts: bool, delivery_seconds: float = 0.2) -> Iterator[TwilioProcess]:
    """Run the double. receipts: it reports each message as sent and then delivered, `delivery_seconds` apart."""
    port = free_port()
    command = [sys.executable, "-m", "doubles.twilio", "--port", str(port)]
    if receipts:
        command += ["--auto-deliver", "--delivery-seconds", str(delivery_seconds)]
    with program(command, port, log=folder / "twilio.log"):
        yield TwilioProcess(f"http://127.0.0.1:{port}")


def cpu_seconds(process: psutil.Process) -> float:
    """Return the processor time that a process has used, in user mode and in the kernel."""
    times = process.cpu_times()
    return float(times.user + times.system)


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a program listens on the port. Raises RuntimeError when the program ends before."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"it ended with {process.returncode} before it listened")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"it does not listen after {PATIENCE:g} s")
